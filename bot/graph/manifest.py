"""What the app may do at Microsoft: the app roles it asks for, as the Entra app manifest writes them.

Source: Microsoft Graph permissions reference; learn.microsoft.com/entra/identity-platform/reference-app-manifest.
"""

from collections.abc import Mapping
from typing import Any

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"

READS = {
    "IdentityRiskEvent.Read.All": "6e472fd1-ad78-48da-a0f0-97ab2c6b769e",
    "IdentityRiskyUser.Read.All": "dc5007c0-2d7d-4c42-879c-2dab87571379",
    "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
    "AuditLog.Read.All": "b0afded3-3588-46d8-8b3d-9842eff778da",
    "Domain.Read.All": "dbb9058a-0e50-45d7-ae91-66909b5d4664",
    "Domain-InternalFederation.Read.All": "c0e5a7b0-e8b7-40a7-b8e0-8249e6ea81d5",
}
WRITES = {"IdentityRiskyUser.ReadWrite.All": "656f6061-f9fe-4807-9708-6a2e0934df76"}


def manifest() -> Mapping[str, Any]:
    """The part of the app's manifest that names its permissions. An administrator has to consent to them."""
    roles = [{"id": role, "type": "Role"} for role in (*READS.values(), *WRITES.values())]
    return {
        "displayName": "Countersign",
        "signInAudience": "AzureADMyOrg",
        "requiredResourceAccess": [{"resourceAppId": GRAPH_APP_ID, "resourceAccess": roles}],
    }
