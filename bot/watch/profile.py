"""What the directory says of a user, and how they sign in.

Sources: Microsoft Graph v1.0, resource types user, domain, internalDomainFederation, userRegistrationDetails.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.watch.registration import Registered, RegistrationReport


class SignInKind(StrEnum):
    """How a user proves who they are."""

    CLOUD_ONLY = "cloud-only"
    HYBRID = "hybrid"
    FEDERATED = "federated"
    GUEST = "guest"
    UNKNOWN = "unknown"


class IdentityProvider(StrEnum):
    """Who checks a federated user's password."""

    AD_FS = "AD FS"
    OKTA = "Okta"
    PING = "Ping"
    OTHER = "other provider"
    NOT_READ = "provider not read"

    @property
    def is_named(self) -> bool:
        """Whether it is known by name."""
        return self not in {IdentityProvider.OTHER, IdentityProvider.NOT_READ}


@dataclass(frozen=True, slots=True)
class DirectoryUser:
    """One Graph user, the properties a profile needs."""

    user_id: str
    user_principal_name: str
    display_name: str
    mail: str
    user_type: str
    external_user_state: str
    account_enabled: bool | None
    on_premises_sync_enabled: bool
    created_at: int | None = None
    """createdDateTime in microseconds UTC; None where it was not given."""
    password_changed_at: int | None = None
    """lastPasswordChangeDateTime in microseconds UTC. A federated user's is that of an old cloud hash, if any."""
    department: str = ""


@dataclass(frozen=True, slots=True)
class Federation:
    """A domain's federation configuration: the addresses it names."""

    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain of the tenant. federation is None where it is managed, has none, or could not be read."""

    name: str
    is_federated: bool
    federation: Federation | None
    problem: str = ""
    """Why its federation could not be read; empty when it could."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of one flagged user. None means: could not be read."""

    user_id: str
    user_principal_name: str
    display_name: str
    mail: str
    kind: SignInKind
    provider: IdentityProvider | None
    is_enabled: bool | None
    is_passwordless: bool | None
    """Has registered a passwordless method. Graph cannot say that a password is absent."""
    registered: Registered | None = None
    """What the registration report says of the user; None where it lacks them."""
    created_at: int | None = None
    password_changed_at: int | None = None
    department: str = ""


def provider_of(federation: Federation | None) -> IdentityProvider:
    """Tell the identity provider by the addresses of its federation: AD FS serves /adfs/, Okta and Ping by host."""
    for address in federation.addresses if federation else ():
        lowered = address.lower()
        host = lowered.partition("://")[2].partition("/")[0].partition(":")[0]
        if "/adfs/" in lowered:
            return IdentityProvider.AD_FS
        if host.endswith((".okta.com", ".oktapreview.com", ".okta-emea.com", ".okta-gov.com")) or host == "okta.com":
            return IdentityProvider.OKTA
        if host.endswith((".pingidentity.com", ".pingone.com", ".pingone.eu", ".pingone.asia", ".pingone.ca")):
            return IdentityProvider.PING
        if host.startswith(("okta.", "sso.okta")) or ".okta." in host:
            return IdentityProvider.OKTA
        if host.startswith(("ping.", "pingfederate.", "pf.")) or "/idp/prp.wsf" in lowered:
            return IdentityProvider.PING
    return IdentityProvider.OTHER


_METHODS = (
    (Registered.PASSKEY, "passkey"),
    (Registered.WINDOWS_HELLO, "Windows Hello"),
    (Registered.AUTHENTICATOR, "Authenticator"),
)


def passwordless_methods(registered: Registered | None) -> tuple[str, ...]:
    """Which passwordless methods are registered, by name; "another passwordless method" where none is known by name."""
    if registered is None:
        return ()
    named = tuple(name for method, name in _METHODS if method in registered)
    return named or (("another passwordless method",) if Registered.PASSWORDLESS in registered else ())


def has_mfa(profile: Profile | None) -> bool | None:
    """Whether a second factor is registered; None where the registration report lacks the user."""
    return None if profile is None or profile.registered is None else Registered.MFA in profile.registered


def is_risk_elsewhere(kind: SignInKind, *, is_listed: bool) -> bool:
    """Whether a user's risk lives in another tenant: an external identity of which no riskyUser exists here."""
    return kind is SignInKind.GUEST and not is_listed


@dataclass(frozen=True, slots=True)
class Stated:
    """A yes or no about the tenant, and by whom: "read", "stated by setting", or "not known"."""

    value: bool | None
    by: str


def read_or_stated(*, read: bool | None, stated: bool | None) -> Stated:
    """What was read stands; where nothing was, what the team states; else it is not known."""
    if read is not None:
        return Stated(read, "read")
    return Stated(stated, "not known" if stated is None else "stated by setting")


def is_external(user: DirectoryUser) -> bool:
    """An external identity: its risk lives in its home tenant. userType Guest alone does not tell."""
    return "#ext#" in user.user_principal_name.lower() or bool(user.external_user_state)


def kind_of(
    user: DirectoryUser,
    domains: Mapping[str, Domain],
    *,
    providers: Mapping[str, IdentityProvider] | None = None,
    is_rolled_out: bool = False,
) -> tuple[SignInKind, IdentityProvider | None]:
    """Sign-in kind, and the identity provider of a federated user. `domains` is keyed by lower-case name.

    providers: what the team states of its domains, by lower-case name. It overrides which provider a federated domain
    has, and makes one that could not be read federated; a domain that the directory calls managed stays so.
    is_rolled_out: staged rollout lets this user of a federated domain sign in at Entra.
    """
    if is_external(user):
        return SignInKind.GUEST, None
    name = user.user_principal_name.rpartition("@")[2].lower()
    domain, stated = domains.get(name), (providers or {}).get(name)
    if domain is None:
        return (SignInKind.UNKNOWN, None) if stated is None else (SignInKind.FEDERATED, stated)
    if domain.is_federated and not is_rolled_out:
        read = IdentityProvider.NOT_READ if domain.problem else provider_of(domain.federation)
        return SignInKind.FEDERATED, stated or read
    return (SignInKind.HYBRID if user.on_premises_sync_enabled else SignInKind.CLOUD_ONLY), None


def profiles(
    users: Iterable[DirectoryUser],
    domains: Iterable[Domain] | None,
    report: RegistrationReport | None,
    *,
    providers: Mapping[str, IdentityProvider] | None = None,
    rolled_out: Collection[str] = frozenset(),
) -> dict[str, Profile]:
    """Join what was read into profiles by user id. domains and report are None where they could not be read.

    providers: the identity provider of a domain where the team states it (see kind_of); rolled_out: ids of users whom
    staged rollout lets sign in at Entra.

    A user whom the registration report lacks (it lags, and leaves out disabled users) has
    is_passwordless and registered None.
    """
    by_name = {domain.name.lower(): domain for domain in domains or ()}
    made: dict[str, Profile] = {}
    for user in users:
        kind, provider = kind_of(user, by_name, providers=providers, is_rolled_out=user.user_id in rolled_out)
        registered = None if report is None else report.get(user.user_id)
        made[user.user_id] = Profile(
            user_id=user.user_id,
            user_principal_name=user.user_principal_name,
            display_name=user.display_name,
            mail=user.mail,
            kind=kind,
            provider=provider,
            is_enabled=user.account_enabled,
            is_passwordless=None if registered is None else Registered.PASSWORDLESS in registered,
            registered=registered,
            created_at=user.created_at,
            password_changed_at=user.password_changed_at,
            department=user.department,
        )
    return made
