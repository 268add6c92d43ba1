"""Inventing people: a directory of one size and one seed, always the same."""

import random
import unicodedata
import uuid

from sim.tenant.directory import Domain, Federation, User
from sim.tenant.graph_time import SECOND
from sim.tenant.names import COUNTRIES, DEPARTMENTS, FIRST, LAST, TITLES

DAY = 86_400 * SECOND
MANAGED, INITIAL, CORPORATE = "contoso.example", "contoso.onmicrosoft.com", "corp.contoso.example"
AD_FS, OKTA, PING = "fabrikam.example", "northwind.example", "tailspin.example"
PROVIDERS = {AD_FS: "AD FS", OKTA: "Okta", PING: "Ping"}
DEMO_PEOPLE = (("Ada Admin", "ada"), ("Grace Approver", "grace"), ("Mallory Visitor", "mallory"))

_COHORTS = (  # domain, synced, weight
    (MANAGED, None, 41),
    (CORPORATE, True, 31),
    (AD_FS, True, 10),
    (OKTA, None, 12),
    (PING, None, 3),
)
_METHODS = (
    ((), 20),
    (("microsoftAuthenticatorPush",), 35),
    (("mobilePhone", "microsoftAuthenticatorPush", "softwareOneTimePasscode"), 25),
    (("mobilePhone",), 11),
    (("windowsHelloForBusiness", "microsoftAuthenticatorPush"), 4),
    (("fido2SecurityKey",), 2),
    (("microsoftAuthenticatorPasswordless", "microsoftAuthenticatorPush"), 2),
    (("passKeyDeviceBound", "mobilePhone"), 1),
)


def domains(chance: random.Random) -> tuple[Domain, ...]:
    """The tenant's domains: managed ones, and one for each of three identity providers."""
    return (
        Domain(INITIAL, is_initial=True),
        Domain(MANAGED, is_default=True),
        Domain(CORPORATE),
        Domain(AD_FS, federation=_federation(chance, "Fabrikam AD FS", "https://sts.fabrikam.example/adfs", "/ls/")),
        Domain(
            OKTA,
            federation=_federation(chance, "Northwind Okta", "https://northwind.okta.com/app/office365/exk1", "/sso"),
        ),
        Domain(
            PING, federation=_federation(chance, "Tailspin Ping", "https://sso.connect.pingidentity.com/sso", "/idp")
        ),
    )


class Registry:
    """Makes users, each with a name that nobody else has."""

    def __init__(self, chance: random.Random, now: int) -> None:
        self._chance = chance
        self._now = now
        self._number = 0
        self._cohort_weights = [weight for *_, weight in _COHORTS]
        self._method_weights = [weight for _, weight in _METHODS]

    def demo_person(self, name: str, local: str) -> User:
        """Somebody who has a part in the demo; UPN and mail are the same."""
        return self._user(name, f"{local}@{MANAGED}", ("microsoftAuthenticatorPush", "fido2SecurityKey"))

    def member(self) -> User:
        """An employee of one of the cohorts."""
        domain, synced, _ = self._chance.choices(_COHORTS, self._cohort_weights)[0]
        user = self._named(domain)
        user.synced = synced
        return user

    def internal_guest(self) -> User:
        """UserType Guest, but an identity of this tenant: its risk is here."""
        user = self._named(MANAGED)
        user.user_type = "Guest"
        return user

    def external(self, *, user_type: str = "Guest") -> User:
        """An identity of another tenant, invited here."""
        first, last, number = self._name()
        home = f"{_plain(first)}.{_plain(last)}{number}"
        user = self._user(f"{first} {last}", f"{home}_adatum.example#EXT#@{INITIAL}", ())
        user.mail = f"{home}@adatum.example"
        user.user_type = user_type
        user.external_user_state = self._chance.choice(("Accepted", "Accepted", "PendingAcceptance"))
        user.creation_type = "Invitation"
        user.password_changed_at = None
        return user

    def _named(self, domain: str) -> User:
        first, last, number = self._name()
        methods = self._chance.choices(_METHODS, self._method_weights)[0][0]
        return self._user(f"{first} {last}", f"{_plain(first)}.{_plain(last)}{number}@{domain}", methods)

    def _name(self) -> tuple[str, str, int]:
        self._number += 1
        return self._chance.choice(FIRST), self._chance.choice(LAST), self._number

    def _user(self, name: str, principal_name: str, methods: tuple[str, ...]) -> User:
        chance = self._chance
        created = self._now - chance.randrange(100 * DAY, 2500 * DAY)
        return User(
            id=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            user_principal_name=principal_name,
            display_name=name,
            created_at=created // SECOND * SECOND,
            mail=principal_name,
            password_changed_at=self._now - chance.randrange(20 * DAY, 100 * DAY),
            department=chance.choice(DEPARTMENTS),
            job_title=chance.choice(TITLES),
            company_name="Contoso",
            country=chance.choice(COUNTRIES),
            methods=methods,
        )


def _federation(chance: random.Random, name: str, host: str, passive: str) -> Federation:
    is_ad_fs = host.endswith("/adfs")
    trust = host.replace("https", "http") + "/services/trust" if is_ad_fs else host
    return Federation(
        id=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        display_name=name,
        issuer_uri=trust,
        passive_sign_in_uri=host + passive,
        active_sign_in_uri=host + ("/services/trust/2005/usernamemixed" if is_ad_fs else "/active"),
        metadata_exchange_uri=host + ("/services/trust/mex" if is_ad_fs else "/mex"),
        sign_out_uri=host + passive,
        preferred_authentication_protocol="saml" if "ping" in host else "wsFed",
    )


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
