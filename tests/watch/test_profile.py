"""How a user signs in, told by what the directory says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.watch.profile import Domain, Federation, IdentityProvider, SignInKind, kind_of, profiles, provider_of
from tests.values import directory_user

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
    made = profiles(users, None, {})
    assert (made["a"].kind, made["b"].kind) == (SignInKind.UNKNOWN, SignInKind.GUEST)


def test_a_user_whom_the_registration_report_lacks_is_not_called_passwordless_nor_the_contrary():
    users = [directory_user(each, f"{each}@contoso.example") for each in "abc"]
    made = profiles(users, [MANAGED], {"a": True, "b": False})
    assert [made[each].is_passwordless for each in "abc"] == [True, False, None]


def test_an_unread_registration_report_says_nothing_of_anybody():
    made = profiles([directory_user("a", "a@contoso.example")], [MANAGED], None)
    assert made["a"].is_passwordless is None
