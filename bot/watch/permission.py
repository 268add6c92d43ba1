"""The application permissions of Microsoft Graph, one row each.

They stand in `bot.watch` because it is the first floor: doors, doctor, manifest and actions may all import it.

Sources: Microsoft Graph permissions reference, and the page of each method.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum, auto
from types import MappingProxyType


class Permission(StrEnum):
    """Each permission that a call needs. The value is Microsoft's name. In the order of the app's manifest."""

    RISK_EVENT_READ = "IdentityRiskEvent.Read.All"
    RISKY_USER_READ = "IdentityRiskyUser.Read.All"
    USER_READ = "User.Read.All"
    AUDIT_LOG_READ = "AuditLog.Read.All"
    DOMAIN_READ = "Domain.Read.All"
    FEDERATION_READ = "Domain-InternalFederation.Read.All"
    ROLE_READ = "RoleManagement.Read.Directory"
    SERVICE_HEALTH_READ = "ServiceHealth.Read.All"
    SERVICE_MESSAGE_READ = "ServiceMessage.Read.All"
    APPLICATION_READ = "Application.Read.All"
    RISKY_USER_WRITE = "IdentityRiskyUser.ReadWrite.All"
    SESSIONS_REVOKE = "User.RevokeSessions.All"
    PASSWORD_WRITE = "User-PasswordProfile.ReadWrite.All"  # noqa: S105 - a name
    POLICY_READ = "Policy.Read.All"
    DIRECTORY_READ = "Directory.Read.All"
    GROUP_MEMBER_READ = "GroupMember.Read.All"
    SYNCHRONIZATION_READ = "OnPremDirectorySynchronization.Read.All"
    """Named by Microsoft for signed-in people, like the next, and nothing for apps: it can't be asked for."""
    ROLLOUT_READ = "Policy.Read.HybridAuthentication"


class Need(IntEnum):
    """How much the bot needs a permission. The members stand in the order in which a missing one should be mended."""

    ESSENTIAL = auto()
    """Without it the main job can't be done: to see a surge, and to clear it."""
    USUAL = auto()
    """A reading is not available without it."""
    OPTIONAL = auto()
    """As above, and it can be left out of the app's manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRole:
    """What an app that asks for a permission must know of it."""

    id: str
    need: Need = Need.USUAL
    without: str = ""
    """What the bot can't do without it; empty where the actions that need it say so."""
    writes: bool = False
    """It changes users: best on a second app registration, so that the watching one can change nothing."""
    included_in: frozenset[str] = frozenset()
    """Other permissions that allow the same and more."""


_DIRECTORY = frozenset({Permission.DIRECTORY_READ})

APP_ROLES: Mapping[Permission, AppRole] = MappingProxyType(
    {
        Permission.RISK_EVENT_READ: AppRole(
            id="6e472fd1-ad78-48da-a0f0-97ab2c6b769e",
            need=Need.ESSENTIAL,
            without="no surge is noticed",
        ),
        Permission.RISKY_USER_READ: AppRole(
            id="dc5007c0-2d7d-4c42-879c-2dab87571379",
            need=Need.ESSENTIAL,
            without="nobody's risk can be read",
            included_in=frozenset({Permission.RISKY_USER_WRITE}),
        ),
        Permission.USER_READ: AppRole(
            id="df021288-bdef-4463-88db-98f22de89214",
            need=Need.ESSENTIAL,
            without="nobody is matched to the directory, so nobody can sign",
            included_in=_DIRECTORY,
        ),
        Permission.AUDIT_LOG_READ: AppRole(
            id="b0afded3-3588-46d8-8b3d-9842eff778da",
            without="sign-ins, registered methods and mass revocations are not available",
        ),
        Permission.DOMAIN_READ: AppRole(
            id="dbb9058a-0e50-45d7-ae91-66909b5d4664",
            without="federated users can't be told from others",
            included_in=_DIRECTORY,
        ),
        Permission.FEDERATION_READ: AppRole(
            id="c0e5a7b0-e8b7-40a7-b8e0-8249e6ea81d5",
            without="identity providers are not known",
        ),
        Permission.ROLE_READ: AppRole(
            id="483bed4a-2ad3-4361-a73b-c83ccdbdc53c",
            without="privileged users are not known, so nobody is held back for it",
            included_in=_DIRECTORY,
        ),
        Permission.SERVICE_HEALTH_READ: AppRole(
            id="79c261e0-fe76-4144-aad5-bdc68fbe4037",
            without="Microsoft's advisories are not seen",
        ),
        Permission.SERVICE_MESSAGE_READ: AppRole(
            id="1b620472-6534-4fe6-9df2-4680e8aa28ec",
            without="Microsoft's messages are not seen",
        ),
        Permission.APPLICATION_READ: AppRole(
            id="9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
            without="new Microsoft apps are not seen",
            included_in=_DIRECTORY,
        ),
        Permission.RISKY_USER_WRITE: AppRole(
            id="656f6061-f9fe-4807-9708-6a2e0934df76",
            need=Need.ESSENTIAL,
            without="nobody's risk can be cleared",
            writes=True,
        ),
        Permission.SESSIONS_REVOKE: AppRole(
            id="77f3a031-c388-4f99-b373-dc68676a979e",
            need=Need.OPTIONAL,
            writes=True,
        ),
        Permission.PASSWORD_WRITE: AppRole(
            id="cc117bb9-00cf-4eb8-b580-ea2a878fe8f7",
            need=Need.OPTIONAL,
            writes=True,
        ),
        Permission.POLICY_READ: AppRole(
            id="246dd0d5-5bd0-4def-940b-0421030a5b68",
            need=Need.OPTIONAL,
            without="whom Conditional Access blocks can't be foretold",
        ),
        Permission.DIRECTORY_READ: AppRole(
            id="7ab1d382-f21e-4acd-a863-ba3e13f7da61",
            need=Need.OPTIONAL,
            without="the tenant's plans are not read: its licence shows by what Microsoft refuses",
            included_in=frozenset({"Organization.Read.All"}),
        ),
        Permission.GROUP_MEMBER_READ: AppRole(
            id="98830695-27a2-44f7-8c18-0c3ebc9698f6",
            need=Need.OPTIONAL,
            without="who holds a role by a group is not known",
            included_in=_DIRECTORY,
        ),
    }
)
"""Everything that an app can be granted and that is of use."""
