"""GET /organization: the tenant itself, its domains and its plans (from which the licence can be read).

Source: learn.microsoft.com, "List organizations", "organization resource type".
"""

from typing import Any

from sim.tenant import odata
from sim.tenant.call import Call, Route
from sim.tenant.permissions import READ_ORGANIZATION
from sim.tenant.refusal import Answer

_PLANS = {"P2": "eec0eb4f-6444-4f95-aba0-50c24d67f998", "P1": "41781fb2-bc02-4b7c-bd55-b576c07bb09d"}
_BEGAN = "2014-09-01T08:00:00Z"


def list_organizations(call: Call) -> Answer:
    """The one organization."""
    options = call.options("$select")
    everything = _organization(call)
    selected = odata.select(
        options.get("$select"), known=everything, type_name="organization", default=tuple(everything)
    )
    context = call.context("organization", selected if "$select" in options else None)
    return Answer(200, {"@odata.context": context, "value": [{name: everything[name] for name in selected}]})


def _organization(call: Call) -> dict[str, Any]:
    tenant = call.tenant
    held = {"P2": ("P2", "P1"), "P1": ("P1",), "free": ()}[tenant.licence]
    return {
        "id": tenant.id,
        "deletedDateTime": None,
        "businessPhones": [],
        "city": "Redmond",
        "country": None,
        "countryLetterCode": "US",
        "createdDateTime": _BEGAN,
        "defaultUsageLocation": None,
        "displayName": tenant.display_name,
        "marketingNotificationEmails": [],
        "mobileDeviceManagementAuthority": "intune",
        "onPremisesLastSyncDateTime": None,
        "onPremisesSyncEnabled": True,
        "partnerTenantType": None,
        "postalCode": None,
        "preferredLanguage": "en",
        "privacyProfile": None,
        "provisionedPlans": [],
        "securityComplianceNotificationMails": [],
        "securityComplianceNotificationPhones": [],
        "state": None,
        "street": None,
        "technicalNotificationMails": [],
        "tenantType": "AAD",
        "assignedPlans": [
            {
                "assignedDateTime": _BEGAN,
                "capabilityStatus": "Enabled",
                "service": "AADPremiumService",
                "servicePlanId": _PLANS[plan],
            }
            for plan in held
        ],
        "verifiedDomains": [
            {
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": domain.is_default,
                "isInitial": domain.is_initial,
                "name": domain.name,
                "type": "Federated" if domain.federation else "Managed",
            }
            for domain in tenant.domains.values()
        ],
    }


ROUTES = (Route("GET", "organization", "directory", READ_ORGANIZATION, list_organizations),)
