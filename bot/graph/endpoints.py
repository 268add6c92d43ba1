"""What is called: the API family that limits it, and what the tenant must have granted.

Sources: Microsoft Graph v1.0 pages of each method (permissions, licence), and "Microsoft Graph service-specific
throttling limits" (limits, resource units).
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.watch.permission import Permission

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
    permission: Permission
    licence: str = ""
    """The licence without which it answers 403; empty where none is needed."""
    units: int = 1
    """What a call takes from the family's budget, as it is called here."""


RISK_DETECTIONS = Endpoint("riskDetections", Family.IDENTITY_PROTECTION, Permission.RISK_EVENT_READ, _P2)
RISKY_USERS = Endpoint("riskyUsers", Family.IDENTITY_PROTECTION, Permission.RISKY_USER_READ, _P2)
RISKY_USER_ACTIONS = Endpoint("riskyUsers", Family.IDENTITY_PROTECTION, Permission.RISKY_USER_WRITE, _P2)
ACCESS_POLICIES = Endpoint("conditionalAccess/policies", Family.IDENTITY_PROTECTION, Permission.POLICY_READ, _P1)

USERS = Endpoint("users", Family.DIRECTORY, Permission.USER_READ)
DELTA = Endpoint("users/delta", Family.DIRECTORY, Permission.USER_READ)
DOMAINS = Endpoint("domains", Family.DIRECTORY, Permission.DOMAIN_READ)
FEDERATION = Endpoint("federationConfiguration", Family.DIRECTORY, Permission.FEDERATION_READ)
ROLE_DEFINITIONS = Endpoint("roleDefinitions", Family.DIRECTORY, Permission.ROLE_READ)
ROLE_ASSIGNMENTS = Endpoint("roleAssignments", Family.DIRECTORY, Permission.ROLE_READ, units=2)
GROUP_MEMBERS = Endpoint("transitiveMembers", Family.DIRECTORY, Permission.GROUP_MEMBER_READ, units=4)
SERVICE_PRINCIPALS = Endpoint("servicePrincipals", Family.DIRECTORY, Permission.APPLICATION_READ)
SYNCHRONIZATION = Endpoint("onPremisesSynchronization", Family.DIRECTORY, Permission.SYNCHRONIZATION_READ)
ROLLOUTS = Endpoint("featureRolloutPolicies", Family.DIRECTORY, Permission.ROLLOUT_READ)
ORGANIZATION = Endpoint("organization", Family.DIRECTORY, Permission.DIRECTORY_READ)
SESSION_REVOCATION = Endpoint("revokeSignInSessions", Family.DIRECTORY_WRITES, Permission.SESSIONS_REVOKE)
PASSWORD_PROFILE = Endpoint("passwordProfile", Family.DIRECTORY_WRITES, Permission.PASSWORD_WRITE)

REGISTRATION = Endpoint("userRegistrationDetails", Family.REPORTS, Permission.AUDIT_LOG_READ, _P1)
SIGN_INS = Endpoint("signIns", Family.REPORTS, Permission.AUDIT_LOG_READ, _P1)
AUDITS = Endpoint("directoryAudits", Family.REPORTS, Permission.AUDIT_LOG_READ)

HEALTH_ISSUES = Endpoint("serviceAnnouncement/issues", Family.ANNOUNCEMENTS, Permission.SERVICE_HEALTH_READ)
MESSAGES = Endpoint("serviceAnnouncement/messages", Family.ANNOUNCEMENTS, Permission.SERVICE_MESSAGE_READ)

REPORTS_PER_SECOND = 0.5
"""5 requests in 10 seconds, for each app and tenant."""

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
