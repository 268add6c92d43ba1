"""How a user signs in, told by what the directory says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.watch.profile import (
    Domain,
    Federation,
    IdentityProvider,
    SignInKind,
    has_mfa,
    is_risk_elsewhere,
    kind_of,
    passwordless_methods,
    profiles,
    provider_of,
    read_or_stated,
)
from bot.watch.registration import Registered, RegistrationReport
from tests.values import directory_user
from tests.watch.people import person

MANAGED = Domain("contoso.example", is_federated=False, federation=None)
FEDERATED = Domain("Fabrikam.Example", is_federated=True, federation=Federation(("https://fabrikam.okta.com/app/1",)))
DOMAINS = {domain.name.lower(): domain for domain in (MANAGED, FEDERATED)}


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("https://sts.contoso.example/adfs/services/trust", IdentityProvider.AD_FS),
        ("https://STS.CONTOSO.EXAMPLE/ADFS/LS/", IdentityProvider.AD_FS),
        ("https://contoso.okta.com/app/office365/sso/wsfed/passive", IdentityProvider.OKTA),
        ("https://contoso.okta-emea.com/app", IdentityProvider.OKTA),
        ("https://contoso.oktapreview.com:443/app", IdentityProvider.OKTA),
        ("https://auth.pingone.eu/1/saml20/idp/sso", IdentityProvider.PING),
        ("https://sso.contoso.example/idp/prp.wsf", IdentityProvider.PING),
        ("https://okta.contoso.example/app", IdentityProvider.OKTA),
        ("https://login.contoso.example/sso", IdentityProvider.OTHER),
        ("https://notokta.com/app", IdentityProvider.OTHER),
        ("https://login.contoso.example/?next=https://contoso.okta.com", IdentityProvider.OTHER),
        ("", IdentityProvider.OTHER),
    ],
)
def test_the_provider_is_told_by_host_and_path(address, provider):
    assert provider_of(Federation((address,))) is provider


def test_a_federated_domain_whose_configuration_could_not_be_read_has_another_provider():
    assert provider_of(None) is IdentityProvider.OTHER


@given(st.lists(st.text()))
def test_any_address_gives_some_provider(addresses):
    assert provider_of(Federation(tuple(addresses))) in IdentityProvider


@pytest.mark.parametrize(
    ("user", "kind", "provider"),
    [
        (directory_user("a", "a@contoso.example"), SignInKind.CLOUD_ONLY, None),
        (directory_user("a", "a@CONTOSO.example"), SignInKind.CLOUD_ONLY, None),
        (directory_user("a", "a@contoso.example", synced=True), SignInKind.HYBRID, None),
        (directory_user("a", "a@fabrikam.example"), SignInKind.FEDERATED, IdentityProvider.OKTA),
        (directory_user("a", "a@fabrikam.example", synced=True), SignInKind.FEDERATED, IdentityProvider.OKTA),
        (directory_user("a", "a@elsewhere.example"), SignInKind.UNKNOWN, None),
        (directory_user("a", ""), SignInKind.UNKNOWN, None),
        (directory_user("a", "a_other#EXT#@contoso.example"), SignInKind.GUEST, None),
        (directory_user("a", "a@contoso.example", external_state="Accepted"), SignInKind.GUEST, None),
    ],
)
def test_the_sign_in_kind_is_told_by_domain_and_synchronisation(user, kind, provider):
    assert kind_of(user, DOMAINS) == (kind, provider)


def test_the_word_guest_alone_makes_no_external_identity():
    user = directory_user("a", "a@contoso.example", user_type="Guest")
    assert kind_of(user, DOMAINS)[0] is SignInKind.CLOUD_ONLY


def test_without_the_domains_nobody_but_a_guest_is_guessed_at():
    users = [directory_user("a", "a@contoso.example"), directory_user("b", "b#EXT#@contoso.example")]
    made = profiles(users, None, RegistrationReport([]))
    assert (made["a"].kind, made["b"].kind) == (SignInKind.UNKNOWN, SignInKind.GUEST)


def test_a_user_whom_the_registration_report_lacks_is_not_called_passwordless_nor_the_contrary():
    users = [directory_user(each, f"{each}@contoso.example") for each in "abc"]
    report = RegistrationReport([("a", Registered.PASSWORDLESS), ("b", Registered.MFA)])
    made = profiles(users, [MANAGED], report)
    assert [made[each].is_passwordless for each in "abc"] == [True, False, None]


def test_an_unread_registration_report_says_nothing_of_anybody():
    made = profiles([directory_user("a", "a@contoso.example")], [MANAGED], None)
    assert made["a"].is_passwordless is None


STATED = {
    "fabrikam.example": IdentityProvider.PING,
    "contoso.example": IdentityProvider.OKTA,
    "unread.example": IdentityProvider.AD_FS,
}


@pytest.mark.parametrize(
    ("principal_name", "kind", "provider"),
    [
        ("a@fabrikam.example", SignInKind.FEDERATED, IdentityProvider.PING),
        ("a@contoso.example", SignInKind.CLOUD_ONLY, None),
        ("a@unread.example", SignInKind.FEDERATED, IdentityProvider.AD_FS),
        ("a@elsewhere.example", SignInKind.UNKNOWN, None),
        ("a_other#EXT#@fabrikam.example", SignInKind.GUEST, None),
    ],
)
def test_what_the_team_states_of_a_domain_goes_before_what_its_addresses_tell(principal_name, kind, provider):
    assert kind_of(directory_user("a", principal_name), DOMAINS, providers=STATED) == (kind, provider)


def test_staged_rollout_lets_a_user_of_a_federated_domain_sign_in_at_entra():
    users = [directory_user(each, f"{each}@fabrikam.example", synced=True) for each in "ab"]
    made = profiles(users, DOMAINS.values(), None, rolled_out={"a"})
    assert (made["a"].kind, made["a"].provider) == (SignInKind.HYBRID, None)
    assert made["b"].kind is SignInKind.FEDERATED


def test_what_was_read_stands_before_what_is_stated_and_nothing_is_not_no():
    assert [read_or_stated(read=read, stated=stated).value for read, stated in ((True, False), (None, False))] == [
        True,
        False,
    ]
    assert (read_or_stated(read=None, stated=None).value, read_or_stated(read=None, stated=None).by) == (
        None,
        "not known",
    )


@pytest.mark.parametrize(
    ("registered", "names"),
    [
        (None, ()),
        (Registered(0), ()),
        (Registered.MFA, ()),
        (Registered.PASSWORDLESS | Registered.PASSKEY, ("passkey",)),
        (
            Registered.PASSWORDLESS | Registered.WINDOWS_HELLO | Registered.AUTHENTICATOR,
            ("Windows Hello", "Authenticator"),
        ),
        (Registered.PASSWORDLESS, ("another passwordless method",)),
    ],
)
def test_passwordless_is_worded_as_the_method_that_it_is(registered, names):
    assert passwordless_methods(registered) == names


def test_a_second_factor_is_told_by_the_report_alone():
    assert [has_mfa(each) for each in (None, person("a", registered=None))] == [None, None]
    assert has_mfa(person("a", registered=Registered(0))) is False
    assert has_mfa(person("a")) is True


def test_a_guests_risk_is_elsewhere_only_where_none_is_listed_here():
    assert is_risk_elsewhere(SignInKind.GUEST, is_listed=False)
    assert not is_risk_elsewhere(SignInKind.GUEST, is_listed=True)
    assert not is_risk_elsewhere(SignInKind.CLOUD_ONLY, is_listed=False)


NASTY = [
    "",
    "@",
    "a",
    "x" * 5_000,
    "\u202ea@contoso.example",
    "<!channel>@contoso.example",
    "a@vanished.example",
    "\x00@",
]


def test_no_principal_name_crashes_a_profile_and_two_users_of_one_address_stay_two():
    users = [directory_user(f"u{n}", name) for n, name in enumerate(NASTY * 2)]
    made = profiles([*users, users[0]], [MANAGED], RegistrationReport([]), providers=STATED)
    assert len(made) == len(users)
    assert {made[f"u{n}"].kind for n in (0, 1, 2, 3, 6, 7)} == {SignInKind.UNKNOWN}
