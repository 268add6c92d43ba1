"""The application permissions that the bot uses, and what stays away without each.

Source: Microsoft Graph permissions reference, and the page of each method.
"""

from dataclasses import dataclass

from bot.ports.examination import Trial


@dataclass(frozen=True, slots=True)
class Permission:
    """One application permission."""

    name: str
    without: str
    """What the bot can't do without it."""
    trial: Trial | None = None
    """How it can be tried; None: it allows writing, and nobody writes for a trial."""
    is_essential: bool = False
    included_in: frozenset[str] = frozenset()
    """Other permissions that allow the same and more."""


_DIRECTORY = frozenset({"Directory.Read.All"})

PERMISSIONS = (
    Permission("IdentityRiskEvent.Read.All", "no surge is noticed", Trial.RISK_DETECTIONS, is_essential=True),
    Permission(
        "IdentityRiskyUser.Read.All",
        "nobody's risk can be read",
        Trial.RISKY_USERS,
        is_essential=True,
        included_in=frozenset({"IdentityRiskyUser.ReadWrite.All"}),
    ),
    Permission(
        "User.Read.All",
        "nobody is matched to the directory, so nobody can sign",
        Trial.USERS,
        is_essential=True,
        included_in=_DIRECTORY,
    ),
    Permission("IdentityRiskyUser.ReadWrite.All", "nobody's risk can be cleared", is_essential=True),
    Permission("Domain.Read.All", "federated users can't be told from others", Trial.DOMAINS, included_in=_DIRECTORY),
    Permission("Domain-InternalFederation.Read.All", "identity providers are not known", Trial.FEDERATION),
    Permission(
        "AuditLog.Read.All", "sign-ins, registered methods and mass revocations are not available", Trial.AUDITS
    ),
    Permission(
        "RoleManagement.Read.Directory",
        "privileged users are not known, so nobody is held back for it",
        Trial.ROLES,
        included_in=_DIRECTORY,
    ),
    Permission(
        "GroupMember.Read.All",
        "who holds a role by a group is not known",
        Trial.GROUP_MEMBERS,
        included_in=_DIRECTORY,
    ),
    Permission("Application.Read.All", "new Microsoft apps are not seen", Trial.APPS, included_in=_DIRECTORY),
    Permission("ServiceHealth.Read.All", "Microsoft's advisories are not seen", Trial.HEALTH),
    Permission("ServiceMessage.Read.All", "Microsoft's messages are not seen", Trial.MESSAGES),
    Permission("Policy.Read.All", "whom Conditional Access blocks can't be foretold", Trial.POLICIES),
    Permission(
        "Directory.Read.All",
        "the tenant's plans are not read: its licence shows by what Microsoft refuses",
        Trial.ORGANIZATION,
        included_in=frozenset({"Organization.Read.All"}),
    ),
    Permission("User.RevokeSessions.All", "the action Revoke sessions is refused"),
    Permission("User-PasswordProfile.ReadWrite.All", "the action Require password change is refused"),
)
"""Those without which the bot can't do its main job first."""
