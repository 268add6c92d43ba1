"""Who holds which directory role. Source: Microsoft Graph v1.0, unifiedRoleAssignment, unifiedRoleDefinition."""

from collections.abc import Mapping
from dataclasses import dataclass

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
DIRECTORY_SYNCHRONIZATION = "d29b2b05-8046-44ba-8758-1e26182fcf32"
"""Template ids, the same in every tenant (Microsoft Entra built-in roles)."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role somebody holds, directly or through a role-assignable group."""

    template_id: str
    name: str


ORDINARY_ROLES = frozenset(
    {
        DIRECTORY_SYNCHRONIZATION,
        "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",  # Directory Readers
        "95e79109-95c0-4d8e-aee3-d01accf2d47b",  # Guest Inviter
        "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b",  # Message Center Reader
        "ac16e43d-7b2d-40e0-ac05-243ff356ab5b",  # Message Center Privacy Reader
        "4a5d8f65-41da-4de4-8968-e035b65339cf",  # Reports Reader
        "75934031-6c7e-415a-99d7-48dbd49e875e",  # Usage Summary Reports Reader
        "fdd7a751-b60b-444a-984c-02652fe8fa1c",  # Groups Administrator
        "4d6ac14f-3453-41d0-bef9-a3e0c569773a",  # License Administrator
        "b0f54661-2d74-4c50-afa3-1ec803f12efe",  # Billing Administrator
        "f023fd81-a637-4b56-95fd-791ac0226033",  # Service Support Administrator
        "29232cdf-9323-42fd-ade2-1d097af3e4de",  # Exchange Administrator
        "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",  # SharePoint Administrator
        "69091246-20e8-4a56-aa4d-066075b2a7a8",  # Teams Administrator
        "11648597-926c-4cf3-9c36-bcebb0ba8dcc",  # Power Platform Administrator
        "a9ea8996-122f-4c74-9520-8edcd192826c",  # Fabric Administrator
        "44367163-eba1-44c3-98af-f5787879f96a",  # Dynamics 365 Administrator
        "644ef478-e28f-4e28-b9dc-3fdde9aa0b1f",  # Printer Administrator
        "0964bb5e-9bdb-4d7b-ac29-58e794862a40",  # Search Administrator
        "8835291a-918c-4fd7-a9ce-faa49f0cf7d9",  # Search Editor
    }
)
"""Roles that Microsoft does not mark as privileged, by template id (Microsoft Entra built-in roles). v1.0 of Graph does
not serve the mark. The account of the directory synchronization is told by its role, not by its privilege."""


def is_privileged(role: Role) -> bool:
    """Whether a role gives power over the directory. One that is not known here, such as a custom one, counts so."""
    return role.template_id not in ORDINARY_ROLES


@dataclass(frozen=True, slots=True)
class RoleReport:
    """Every holder of a directory role, groups expanded."""

    roles: Mapping[str, tuple[Role, ...]]
    """By user id."""
    problem: str = ""
    """Why groups could not be expanded; empty when they were: then some holders may be missing."""

    def of(self, user_id: str) -> tuple[Role, ...]:
        """The roles of a user; none for most."""
        return self.roles.get(user_id, ())

    def holders(self, template_id: str) -> frozenset[str]:
        """User ids of everybody who holds a role."""
        return frozenset(
            user_id for user_id, roles in self.roles.items() if any(role.template_id == template_id for role in roles)
        )
