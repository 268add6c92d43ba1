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
