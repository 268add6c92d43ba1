"""Other tenants with the same surge confirm it, unless they share what could itself be the cause."""

from dataclasses import replace

import pytest

from bot.operations.briefing.gather_facts import gather_facts
from bot.operations.briefing.surges_elsewhere import other_tenants
from bot.store.watches import Watch
from bot.watch.briefing import Briefing, Cohort
from bot.watch.facts import Known, Missing, OtherTenants, Unasked
from bot.watch.profile import IdentityProvider, SignInKind
from bot.watch.tenant_facts import TenantFacts
from tests.values import DAY, END, LEAKED, NOW, SURGE, TENANT, profile, surge

OKTA = {Cohort.OKTA: 8, Cohort.CLOUD_ONLY: 2}
CLOUD = {Cohort.CLOUD_ONLY: 10}
MINE = [replace(profile(f"user{each}", SignInKind.FEDERATED), provider=IdentityProvider.OKTA) for each in range(3)]


@pytest.fixture
def house(store):
    """A database that several tenants share."""
    return House(store)


class House:
    def __init__(self, store) -> None:
        self.store = store
        self.watch(TENANT)

    def watch(self, *tenants) -> None:
        for tenant in tenants:
            self.store.transact_here(lambda tx, tenant=tenant: tx.watches.keep_watch(Watch(tenant, read_through=NOW)))

    def hit(self, tenant, cohorts=CLOUD, *, id_="", briefed=True, **changes) -> None:
        """A surge in another tenant, and what its briefing says of how its users sign in."""
        self.watch(tenant)
        found = replace(surge(tenant=tenant, id_=id_ or tenant.ljust(32, "0"), users=10), **changes)

        def keep(tx):
            tx.surges.keep_surge(found)
            if briefed:
                tx.briefings.add_briefing(tenant, Briefing(found.id, 1, NOW, 10, None, cohorts, None, 0, ()))

        self.store.transact_here(keep)

    def told(self, **tools):
        users = [each.user_id for each in MINE]
        profiles = {each.user_id: each for each in MINE}
        told = TenantFacts(management_tools={name.replace("_", "-"): tool for name, tool in tools.items()})
        return self.store.look_here(lambda tx: other_tenants(tx, surge(id_=SURGE), users, profiles, told, now=NOW))


def test_where_one_tenant_is_watched_nobody_asks(house):
    assert isinstance(house.told(), Unasked)


def test_tenants_with_a_type_in_common_and_windows_that_overlap_have_the_same_surge(house):
    house.hit("two")
    house.hit("three")
    house.hit("four", risk_event_types=("passwordSpray",))
    house.hit("five", window_start=END + 1, window_end=END + DAY)
    house.watch("six")
    assert house.told() == Known(OtherTenants(2, 5), NOW)


def test_a_tenant_with_two_such_surges_counts_once(house):
    house.hit("two")
    house.hit("two", OKTA, id_="f" * 32, users=3, risk_event_types=(LEAKED, "passwordSpray"), detector_key="other")
    assert house.told() == Known(OtherTenants(1, 1), NOW)


def test_an_identity_provider_that_all_of_them_share_is_named(house):
    house.hit("two", OKTA)
    house.hit("three", OKTA)
    assert house.told().value.shared == "the identity provider Okta"
    house.hit("four", CLOUD)
    assert house.told().value.shared == ""


def test_a_management_tool_that_all_of_them_share_is_named(house):
    house.hit("two", CLOUD)
    house.hit("three", None)
    shared = {"tenant_one": "Some RMM", "two": "some rmm"}
    assert house.told(**shared, three="Some RMM").value.shared == "the management tool Some RMM"
    assert house.told(**shared).value.shared == ""


def test_while_a_tenant_is_hit_and_not_yet_briefed_nothing_is_said_of_what_they_share(house):
    house.hit("two", OKTA)
    house.hit("three", briefed=False)
    assert isinstance(house.told(), Missing)


def test_it_reaches_the_evidence(house):
    house.hit("two", OKTA)
    told = TenantFacts(management_tools={})

    def gather(tx):
        tx.surges.keep_surge(surge())
        found = {each.user_id: each for each in MINE}
        return gather_facts(tx, surge(), tuple(found), found, told, now=NOW).other_tenants

    assert house.store.transact_here(gather) == Known(OtherTenants(1, 1, "the identity provider Okta"), NOW)
