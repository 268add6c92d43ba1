"""Service principals: the apps that this tenant knows, Microsoft's own among them.

Source: learn.microsoft.com, "servicePrincipal resource type". When one was created v1.0 doesn't show.
"""

from dataclasses import dataclass

from sim.tenant.directory import Getters

MICROSOFT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
"""The tenant that owns Microsoft's first-party apps."""


@dataclass(slots=True)
class ServicePrincipal:
    """One app as this tenant holds it."""

    id: str
    app_id: str
    display_name: str
    owner_organization_id: str | None = MICROSOFT
    account_enabled: bool = True
    type: str = "Application"
    tags: tuple[str, ...] = ()


_EMPTY = (
    "addIns",
    "alternativeNames",
    "appRoles",
    "keyCredentials",
    "notificationEmailAddresses",
    "oauth2PermissionScopes",
    "passwordCredentials",
    "replyUrls",
    "resourceSpecificApplicationPermissions",
)
_NULL = (
    "deletedDateTime",
    "appDescription",
    "applicationTemplateId",
    "createdByAppId",
    "customSecurityAttributes",
    "description",
    "disabledByMicrosoftStatus",
    "homepage",
    "info",
    "isDisabled",
    "loginUrl",
    "logoutUrl",
    "notes",
    "preferredSingleSignOnMode",
    "preferredTokenSigningKeyThumbprint",
    "samlSingleSignOnSettings",
    "tokenEncryptionKeyId",
    "verifiedPublisher",
)

SERVICE_PRINCIPAL: Getters = {
    "id": lambda principal: principal.id,
    "accountEnabled": lambda principal: principal.account_enabled,
    "appDisplayName": lambda principal: principal.display_name,
    "appId": lambda principal: principal.app_id,
    "appOwnerOrganizationId": lambda principal: principal.owner_organization_id,
    "appRoleAssignmentRequired": lambda _: False,
    "displayName": lambda principal: principal.display_name,
    "servicePrincipalNames": lambda principal: [principal.app_id],
    "servicePrincipalType": lambda principal: principal.type,
    "signInAudience": lambda _: "AzureADMultipleOrgs",
    "tags": lambda principal: list(principal.tags),
    **{name: lambda _: [] for name in _EMPTY},
    **{name: lambda _: None for name in _NULL},
}
