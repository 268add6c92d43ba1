"""Tenants that share what could be the cause don't confirm one another."""

import pytest

from bot.watch.briefing import BY_PROVIDER, Cohort
from bot.watch.profile import IdentityProvider
from bot.watch.tenant_traits import TenantTraits, what_is_shared

OKTA = TenantTraits({Cohort.OKTA: 80, Cohort.CLOUD_ONLY: 20})
HALF = TenantTraits({Cohort.OKTA: 50, Cohort.CLOUD_ONLY: 50})
CLOUD = TenantTraits({Cohort.CLOUD_ONLY: 100})
MANAGED = TenantTraits({Cohort.CLOUD_ONLY: 100}, "Some RMM ")


@pytest.mark.parametrize(
    ("mine", "others", "shared"),
    [
        (OKTA, [OKTA, OKTA], "the identity provider Okta"),
        (OKTA, [OKTA, HALF], ""),
        (OKTA, [CLOUD], ""),
        (CLOUD, [CLOUD, CLOUD], ""),
        (MANAGED, [TenantTraits({}, "some rmm")], "the management tool Some RMM"),
        (MANAGED, [CLOUD], ""),
        (OKTA, [], ""),
        (TenantTraits({}), [TenantTraits({})], ""),
    ],
)
def test_what_all_of_them_share_is_named(mine, others, shared):
    assert what_is_shared(mine, others) == shared


@pytest.mark.parametrize("provider", [each for each in IdentityProvider if each is not IdentityProvider.NOT_READ])
def test_whatever_checks_the_passwords_of_all_of_them_is_named(provider):
    hit = TenantTraits({BY_PROVIDER[provider]: 8, Cohort.CLOUD_ONLY: 1})
    assert what_is_shared(hit, [hit]) == f"the identity provider {provider.value}"


def test_no_identity_provider_is_left_without_a_cohort():
    assert set(BY_PROVIDER) == set(IdentityProvider)
