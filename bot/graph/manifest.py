"""What the app may do at Microsoft: the app roles it asks for, as the Entra app manifest writes them.

Sources: Microsoft Graph permissions reference; Microsoft Entra, "Understand the app manifest (Microsoft Graph format)".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"


@dataclass(frozen=True, slots=True)
class AppRole:
    """One application permission of Microsoft Graph."""

    name: str
    id: str
    is_optional: bool = False
    """Whether the main job, to see a surge and to clear it, is done without."""
    writes: bool = False
    """It changes users: best on a second app registration, so that the watching one can change nothing."""


APP_ROLES = (
    AppRole("IdentityRiskEvent.Read.All", "6e472fd1-ad78-48da-a0f0-97ab2c6b769e"),
    AppRole("IdentityRiskyUser.Read.All", "dc5007c0-2d7d-4c42-879c-2dab87571379"),
    AppRole("User.Read.All", "df021288-bdef-4463-88db-98f22de89214"),
    AppRole("AuditLog.Read.All", "b0afded3-3588-46d8-8b3d-9842eff778da"),
    AppRole("Domain.Read.All", "dbb9058a-0e50-45d7-ae91-66909b5d4664"),
    AppRole("Domain-InternalFederation.Read.All", "c0e5a7b0-e8b7-40a7-b8e0-8249e6ea81d5"),
    AppRole("RoleManagement.Read.Directory", "483bed4a-2ad3-4361-a73b-c83ccdbdc53c"),
    AppRole("ServiceHealth.Read.All", "79c261e0-fe76-4144-aad5-bdc68fbe4037"),
    AppRole("ServiceMessage.Read.All", "1b620472-6534-4fe6-9df2-4680e8aa28ec"),
    AppRole("Application.Read.All", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"),
    AppRole("IdentityRiskyUser.ReadWrite.All", "656f6061-f9fe-4807-9708-6a2e0934df76", writes=True),
    AppRole("User.RevokeSessions.All", "77f3a031-c388-4f99-b373-dc68676a979e", is_optional=True, writes=True),
    AppRole(
        "User-PasswordProfile.ReadWrite.All", "cc117bb9-00cf-4eb8-b580-ea2a878fe8f7", is_optional=True, writes=True
    ),
    AppRole("Policy.Read.All", "246dd0d5-5bd0-4def-940b-0421030a5b68", is_optional=True),
    AppRole("Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61", is_optional=True),
    AppRole("GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6", is_optional=True),
)
"""Everything that can be of use. A reading that is not granted is shown as not available, with the role's name."""


def manifest(*, with_optional: bool = True) -> Mapping[str, Any]:
    """The part of the app's manifest that names its permissions. An administrator has to consent to them."""
    asked = [role for role in APP_ROLES if with_optional or not role.is_optional]
    return {
        "displayName": "Countersign",
        "signInAudience": "AzureADMyOrg",
        "notes": _notes(asked),
        "requiredResourceAccess": [
            {"resourceAppId": GRAPH_APP_ID, "resourceAccess": [{"id": role.id, "type": "Role"} for role in asked]}
        ],
    }


def _notes(asked: list[AppRole]) -> str:
    """What the ids don't say, in the app registration's own notes."""
    writing = ", ".join(role.name for role in asked if role.writes)
    optional = ", ".join(role.name for role in asked if role.is_optional)
    told = [
        f"Of these permissions some change users, and are best kept on a second app registration: {writing}.",
        "To require a password change the app also needs a directory role, such as User Administrator.",
    ]
    if optional:
        told.append(f"Can be left out; what they allow is then shown as not available: {optional}.")
    return " ".join(told)
