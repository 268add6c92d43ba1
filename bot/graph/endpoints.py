"""What is called: the API family that limits it, and what the tenant must have granted.

Sources: Microsoft Graph v1.0 pages of each method (permissions, licence), and "Microsoft Graph service-specific
throttling limits".
"""

from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """The API families that Microsoft limits separately."""

    IDENTITY_PROTECTION = "identity protection"
    REPORTS = "reports"
    DIRECTORY = "directory"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One resource of Graph."""

    name: str
    family: Family
    permission: str
    licence: str = ""
    """The licence without which it answers 403; empty where none is needed."""


RISK_DETECTIONS = Endpoint(
    "riskDetections", Family.IDENTITY_PROTECTION, "IdentityRiskEvent.Read.All", "Microsoft Entra ID P2"
)
RISKY_USERS = Endpoint("riskyUsers", Family.IDENTITY_PROTECTION, "IdentityRiskyUser.Read.All", "Microsoft Entra ID P2")
RISKY_USER_ACTIONS = Endpoint(
    "riskyUsers", Family.IDENTITY_PROTECTION, "IdentityRiskyUser.ReadWrite.All", "Microsoft Entra ID P2"
)
USERS = Endpoint("users", Family.DIRECTORY, "User.Read.All")
DOMAINS = Endpoint("domains", Family.DIRECTORY, "Domain.Read.All")
FEDERATION = Endpoint("federationConfiguration", Family.DIRECTORY, "Domain-InternalFederation.Read.All")
REGISTRATION = Endpoint("userRegistrationDetails", Family.REPORTS, "AuditLog.Read.All", "Microsoft Entra ID P1")

REPORTS_PER_SECOND = 0.5
"""5 requests in 10 seconds, for each app and tenant."""

SMALL_TENANT, MEDIUM_TENANT = 50, 500


def directory_units_per_second(tenant_users: int | None) -> float:
    """Resource units that the directory grants an app in this tenant: 3,500, 5,000 or 8,000 in 10 seconds, by size."""
    if tenant_users is None or tenant_users < SMALL_TENANT:
        return 350.0
    return 500.0 if tenant_users <= MEDIUM_TENANT else 800.0
