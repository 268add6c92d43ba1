"""App roles: what the calling app must have been granted, endpoint by endpoint."""

from collections.abc import Iterable

from sim.tenant.refusal import GraphError

EVERYTHING = frozenset(
    {
        "IdentityRiskEvent.Read.All",
        "IdentityRiskyUser.Read.All",
        "IdentityRiskyUser.ReadWrite.All",
        "User.Read.All",
        "AuditLog.Read.All",
        "Domain.Read.All",
        "Domain-InternalFederation.Read.All",
        "RoleManagement.Read.Directory",
        "ServiceHealth.Read.All",
        "ServiceMessage.Read.All",
        "Application.Read.All",
        "User.RevokeSessions.All",
        "User-PasswordProfile.ReadWrite.All",
        "Policy.Read.All",
        "Directory.Read.All",
        "GroupMember.Read.All",
    }
)
"""All app roles that a tenant grants unless a test takes some away."""

READ_DETECTIONS = frozenset({"IdentityRiskEvent.Read.All"})
READ_RISKY_USERS = frozenset({"IdentityRiskyUser.Read.All", "IdentityRiskyUser.ReadWrite.All"})
WRITE_RISKY_USERS = frozenset({"IdentityRiskyUser.ReadWrite.All"})
READ_USERS = frozenset({"User.Read.All", "Directory.Read.All"})
READ_DOMAINS = frozenset({"Domain.Read.All", "Directory.Read.All"})
READ_FEDERATION = frozenset({"Domain-InternalFederation.Read.All"})
READ_REPORTS = frozenset({"AuditLog.Read.All"})
READ_POLICIES = frozenset({"Policy.Read.All"})
READ_APPLICATIONS = frozenset({"Application.Read.All", "Directory.Read.All"})
READ_HEALTH = frozenset({"ServiceHealth.Read.All"})
READ_MESSAGES = frozenset({"ServiceMessage.Read.All"})
READ_ORGANIZATION = frozenset({"Organization.Read.All", "Directory.Read.All"})
READ_ROLES = frozenset({"RoleManagement.Read.Directory", "Directory.Read.All"})
READ_MEMBERS = frozenset({"GroupMember.Read.All", "Directory.Read.All"})
READ_SYNCHRONIZATION = frozenset({"OnPremDirectorySynchronization.Read.All"})
READ_ROLLOUTS = frozenset({"Policy.Read.HybridAuthentication"})
"""The last two exist for signed-in admins only: no app has them unless a test says so."""
REVOKE_SESSIONS = frozenset({"User.RevokeSessions.All"})
WRITE_PASSWORDS = frozenset({"User-PasswordProfile.ReadWrite.All"})


def require_p1(licence: str) -> None:
    """Refuse as reports refuse where a tenant has no premium licence."""
    if licence == "free":
        raise GraphError(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",
        )


def require(granted: Iterable[str], any_of: frozenset[str], family: str) -> None:
    """Refuse as the family of the endpoint refuses when none of these app roles was granted."""
    if not any_of.isdisjoint(granted):
        return
    if family == "identityProtection":
        raise GraphError(403, "Forbidden", "You cannot perform the requested operation, required scopes are missing.")
    if family == "reports":
        raise GraphError(
            403,
            "Authentication_MSGraphPermissionMissing",
            f"Calling principal does not have required MSGraph permissions {','.join(sorted(any_of))}",
        )
    raise GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
