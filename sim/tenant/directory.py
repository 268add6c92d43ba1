"""The directory: users, domains and what each shows through Graph v1.0.

The getters name exactly the properties of Microsoft's v1.0 metadata that this tenant serves.
Instants are ticks (see graph_time).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sim.tenant.graph_time import optional, written

PASSWORDLESS_METHODS = frozenset(
    {
        "passKeyDeviceBound",
        "passKeyDeviceBoundAuthenticator",
        "passKeyDeviceBoundWindowsHello",
        "microsoftAuthenticatorPasswordless",
        "windowsHelloForBusiness",
        "fido2SecurityKey",
    }
)
_SECOND_FACTORS = PASSWORDLESS_METHODS | {"microsoftAuthenticatorPush", "softwareOneTimePasscode", "mobilePhone"}


@dataclass(slots=True)
class User:
    """One account of the directory."""

    id: str
    user_principal_name: str
    display_name: str
    created_at: int
    mail: str | None = None
    user_type: str = "Member"
    account_enabled: bool = True
    synced: bool | None = None
    """onPremisesSyncEnabled: null, not false, for accounts that never were synced."""
    password_changed_at: int | None = None
    sessions_valid_from: int | None = None
    external_user_state: str | None = None
    creation_type: str | None = None
    department: str | None = None
    job_title: str | None = None
    company_name: str | None = None
    country: str | None = None
    is_resource_account: bool | None = None
    methods: tuple[str, ...] = ()
    """methodsRegistered of the registration report."""
    password_profile: dict[str, Any] | None = None

    @property
    def is_external(self) -> bool:
        """Whether this is an identity of another tenant, whose risk isn't here."""
        return "#EXT#" in self.user_principal_name or self.external_user_state is not None

    @property
    def domain(self) -> str:
        """The domain of the userPrincipalName."""
        return self.user_principal_name.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class Federation:
    """How a federated domain is bound to its identity provider."""

    id: str
    display_name: str
    issuer_uri: str
    passive_sign_in_uri: str
    active_sign_in_uri: str
    metadata_exchange_uri: str
    sign_out_uri: str
    preferred_authentication_protocol: str = "wsFed"


@dataclass(frozen=True, slots=True)
class Domain:
    """One verified domain of the tenant; federated when it has a federation."""

    name: str
    is_default: bool = False
    is_initial: bool = False
    federation: Federation | None = None


Getters = Mapping[str, Callable[[Any], object]]

USER: Getters = {
    "id": lambda user: user.id,
    "accountEnabled": lambda user: user.account_enabled,
    "assignedLicenses": lambda _: [],
    "companyName": lambda user: user.company_name,
    "country": lambda user: user.country,
    "createdDateTime": lambda user: written(user.created_at),
    "creationType": lambda user: user.creation_type,
    "deletedDateTime": lambda _: None,
    "department": lambda user: user.department,
    "displayName": lambda user: user.display_name,
    "externalUserState": lambda user: user.external_user_state,
    "identities": lambda user: [
        {
            "signInType": "federated" if user.is_external else "userPrincipalName",
            "issuer": "ExternalAzureAD" if user.is_external else user.domain,
            "issuerAssignedId": None if user.is_external else user.user_principal_name,
        }
    ],
    "isResourceAccount": lambda user: user.is_resource_account,
    "jobTitle": lambda user: user.job_title,
    "lastPasswordChangeDateTime": lambda user: optional(user.password_changed_at),
    "mail": lambda user: user.mail,
    "onPremisesDomainName": lambda user: "corp.contoso.example" if user.synced else None,
    "onPremisesImmutableId": lambda user: user.id[:24] if user.synced else None,
    "onPremisesLastSyncDateTime": lambda user: written(user.created_at) if user.synced else None,
    "onPremisesSyncEnabled": lambda user: user.synced,
    "passwordPolicies": lambda _: None,
    "passwordProfile": lambda user: user.password_profile,
    "proxyAddresses": lambda user: [f"SMTP:{user.mail}"] if user.mail else [],
    "signInSessionsValidFromDateTime": lambda user: optional(user.sessions_valid_from or user.password_changed_at),
    "usageLocation": lambda user: user.country,
    "userPrincipalName": lambda user: user.user_principal_name,
    "userType": lambda user: user.user_type,
}
USER_DEFAULT = ("displayName", "jobTitle", "mail", "userPrincipalName", "id")
"""What a GET of users returns without `$select`, as far as the metadata at hand knows the properties."""

DOMAIN: Getters = {
    "authenticationType": lambda domain: "Federated" if domain.federation else "Managed",
    "availabilityStatus": lambda _: None,
    "id": lambda domain: domain.name,
    "isAdminManaged": lambda _: True,
    "isDefault": lambda domain: domain.is_default,
    "isInitial": lambda domain: domain.is_initial,
    "isRoot": lambda _: True,
    "isVerified": lambda _: True,
    "manufacturer": lambda _: None,
    "model": lambda _: None,
    "passwordNotificationWindowInDays": lambda domain: None if domain.federation else 14,
    "passwordValidityPeriodInDays": lambda domain: None if domain.federation else 2147483647,
    "state": lambda _: None,
    "supportedServices": lambda _: ["Email", "OfficeCommunicationsOnline"],
}

FEDERATION: Getters = {
    "id": lambda federation: federation.id,
    "displayName": lambda federation: federation.display_name,
    "issuerUri": lambda federation: federation.issuer_uri,
    "metadataExchangeUri": lambda federation: federation.metadata_exchange_uri,
    "signingCertificate": lambda _: "MIIC0jCCAbqgAwIBAgIQ",
    "passiveSignInUri": lambda federation: federation.passive_sign_in_uri,
    "preferredAuthenticationProtocol": lambda federation: federation.preferred_authentication_protocol,
    "activeSignInUri": lambda federation: federation.active_sign_in_uri,
    "signOutUri": lambda federation: federation.sign_out_uri,
    "passwordResetUri": lambda _: None,
    "promptLoginBehavior": lambda _: "nativeSupport",
    "isSignedAuthenticationRequestRequired": lambda _: None,
    "nextSigningCertificate": lambda _: None,
    "federatedIdpMfaBehavior": lambda _: "acceptIfMfaDoneByFederatedIdp",
    "signingCertificateUpdateStatus": lambda _: None,
}


def is_passwordless(user: User) -> bool:
    """Whether a passwordless method is registered; that a password is absent, nobody can say."""
    return not PASSWORDLESS_METHODS.isdisjoint(user.methods)


REGISTRATION: Getters = {  # isAdmin is the tenant's to say
    "id": lambda user: user.id,
    "userPrincipalName": lambda user: user.user_principal_name,
    "userDisplayName": lambda user: user.display_name,
    "isAdmin": lambda _: False,
    "isSsprRegistered": lambda user: "mobilePhone" in user.methods,
    "isSsprEnabled": lambda user: not user.is_external,
    "isSsprCapable": lambda user: "mobilePhone" in user.methods and not user.is_external,
    "isMfaRegistered": lambda user: not _SECOND_FACTORS.isdisjoint(user.methods),
    "isMfaCapable": lambda user: not _SECOND_FACTORS.isdisjoint(user.methods),
    "isPasswordlessCapable": is_passwordless,
    "lastUpdatedDateTime": lambda user: written(user.password_changed_at or user.created_at),
    "methodsRegistered": lambda user: list(user.methods),
    "isSystemPreferredAuthenticationMethodEnabled": lambda _: True,
    "systemPreferredAuthenticationMethods": lambda user: (
        ["push"] if "microsoftAuthenticatorPush" in user.methods else []
    ),
    "userPreferredMethodForSecondaryAuthentication": lambda user: (
        "push" if "microsoftAuthenticatorPush" in user.methods else "none"
    ),
    "userType": lambda user: user.user_type.lower(),
}


def shown(thing: object, properties: tuple[str, ...], getters: Getters) -> dict[str, Any]:
    """The JSON object of a thing with exactly these properties, in this order."""
    return {name: getters[name](thing) for name in properties}
