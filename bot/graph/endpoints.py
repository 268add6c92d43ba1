"""What is called: the API family that limits it, and what the tenant must have granted.

Sources: Microsoft Graph v1.0 pages of each method (permissions, licence), and "Microsoft Graph service-specific
throttling limits" (limits, resource units).
"""

from dataclasses import dataclass
from enum import StrEnum

_P1, _P2 = "Microsoft Entra ID P1", "Microsoft Entra ID P2"


class Family(StrEnum):
    """The API families that Microsoft limits separately."""

    IDENTITY_PROTECTION = "identity protection"
    """Conditional Access policies among them."""
    REPORTS = "reports"
    DIRECTORY = "directory"
    DIRECTORY_WRITES = "directory writes"
    ANNOUNCEMENTS = "service announcements"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One resource of Graph."""

    name: str
    family: Family
    permission: str
    licence: str = ""
    """The licence without which it answers 403; empty where none is needed."""
    units: int = 1
    """What a call takes from the family's budget, as it is called here."""


RISK_DETECTIONS = Endpoint("riskDetections", Family.IDENTITY_PROTECTION, "IdentityRiskEvent.Read.All", _P2)
RISKY_USERS = Endpoint("riskyUsers", Family.IDENTITY_PROTECTION, "IdentityRiskyUser.Read.All", _P2)
RISKY_USER_ACTIONS = Endpoint("riskyUsers", Family.IDENTITY_PROTECTION, "IdentityRiskyUser.ReadWrite.All", _P2)
ACCESS_POLICIES = Endpoint("conditionalAccess/policies", Family.IDENTITY_PROTECTION, "Policy.Read.All", _P1)

USERS = Endpoint("users", Family.DIRECTORY, "User.Read.All")
DELTA = Endpoint("users/delta", Family.DIRECTORY, "User.Read.All")
DOMAINS = Endpoint("domains", Family.DIRECTORY, "Domain.Read.All")
FEDERATION = Endpoint("federationConfiguration", Family.DIRECTORY, "Domain-InternalFederation.Read.All")
ROLE_DEFINITIONS = Endpoint("roleDefinitions", Family.DIRECTORY, "RoleManagement.Read.Directory")
ROLE_ASSIGNMENTS = Endpoint("roleAssignments", Family.DIRECTORY, "RoleManagement.Read.Directory", units=2)
GROUP_MEMBERS = Endpoint("transitiveMembers", Family.DIRECTORY, "GroupMember.Read.All", units=4)
SERVICE_PRINCIPALS = Endpoint("servicePrincipals", Family.DIRECTORY, "Application.Read.All")
SYNCHRONIZATION = Endpoint("onPremisesSynchronization", Family.DIRECTORY, "OnPremDirectorySynchronization.Read.All")
ROLLOUTS = Endpoint("featureRolloutPolicies", Family.DIRECTORY, "Policy.Read.HybridAuthentication")
ORGANIZATION = Endpoint("organization", Family.DIRECTORY, "Directory.Read.All")
SESSION_REVOCATION = Endpoint("revokeSignInSessions", Family.DIRECTORY_WRITES, "User.RevokeSessions.All")
PASSWORD_PROFILE = Endpoint("passwordProfile", Family.DIRECTORY_WRITES, "User-PasswordProfile.ReadWrite.All")

REGISTRATION = Endpoint("userRegistrationDetails", Family.REPORTS, "AuditLog.Read.All", _P1)
SIGN_INS = Endpoint("signIns", Family.REPORTS, "AuditLog.Read.All", _P1)
AUDITS = Endpoint("directoryAudits", Family.REPORTS, "AuditLog.Read.All")

HEALTH_ISSUES = Endpoint("serviceAnnouncement/issues", Family.ANNOUNCEMENTS, "ServiceHealth.Read.All")
MESSAGES = Endpoint("serviceAnnouncement/messages", Family.ANNOUNCEMENTS, "ServiceMessage.Read.All")

REPORTS_PER_SECOND = 0.5
"""5 requests in 10 seconds, for each app and tenant."""

DIRECTORY_WRITES_PER_SECOND = 20.0
"""3,000 in 150 seconds, for each app and tenant."""

ANNOUNCEMENTS_PER_SECOND = 4.0
"""240 in a minute. That there are 800 in an hour is left to Retry-After: a reading takes a handful."""

IN_RESERVE = 0.04
"""Part of a counted window's budget that is left alone: calls keep their distance when they are sent, but Microsoft
counts them as they arrive. At 5 in 10 seconds it bears 0.4 s of difference."""

GUARD = 0.004
"""Part of Identity Protection's slot that is left between two: the distance at which calls arrive varies on the way,
and a refusal costs more than a slot."""

SMALL_TENANT, MEDIUM_TENANT = 50, 500


def directory_units_per_second(tenant_users: int | None) -> float:
    """Resource units that the directory grants an app in this tenant: 3,500, 5,000 or 8,000 in 10 seconds, by size."""
    if tenant_users is None or tenant_users < SMALL_TENANT:
        return 350.0
    return 500.0 if tenant_users <= MEDIUM_TENANT else 800.0
