"""A sample of the flagged is asked about in the background, and only whose answer can be judged."""

from dataclasses import replace

import pytest

from bot.operations.briefing.brief_surge import brief_surge
from bot.operations.briefing.gather_facts import gather_facts
from bot.operations.reading.ask_breaches import LEAST_ASKED, SAMPLE_SIZE, ask_breaches
from bot.operations.reading.keep_directory import keep_directory
from bot.ports.breaches import BreachError, BreachProblem
from bot.store.leases import LeaseLostError
from bot.watch.breach import Leak, sample
from bot.watch.facts import Breach, Known, Missing, Share, Unasked
from bot.watch.profile import SignInKind
from bot.watch.rows.row import RowName, RowState
from bot.watch.surge import SurgeState
from bot.watch.tenant_facts import TenantFacts
from tests.operations.breaches import FakeBreaches
from tests.values import DAY, NOW, START, SURGE, TENANT, directory_user, profile, surge

OLD = START - 100 * DAY
"""When everybody's password was set, unless a test says otherwise."""
ADOBE = Leak("Adobe", START - 400 * DAY)
FRESH = Leak("Fresh", START - 50 * DAY)


def address(user):
    return f"{user}@contoso.example"


@pytest.fixture
def service(scene):
    service = FakeBreaches()
    scene.tenant.breaches = service
    scene.tenant.tenant_facts = TenantFacts(asks_breach_service=True)
    return service


@pytest.fixture
def hold(scene):
    return scene.look(lambda tx: tx.leases.claim_lease("breach-service", "this process", 600.0))


def flagged(scene, *users, **changes):
    """Users with a profile, whose password is older than the surge."""
    scene.flag(*users)
    put(scene, *(replace(profile(user), password_changed_at=OLD, **changes) for user in users))


def put(scene, *profiles):
    scene.look(lambda tx: tx.directory.keep_profiles(TENANT, profiles, NOW))


def many(number):
    return [f"user{each:03}" for each in range(number)]


def facts(scene):
    def gather(tx):
        users = tx.surges.users_of_surge(TENANT, SURGE)
        found = tx.directory.profiles_of(TENANT, users)
        return gather_facts(tx, tx.surges.surge_by_id(TENANT, SURGE), users, found, scene.tenant.tenant_facts, now=NOW)

    return scene.look(gather)


async def test_whoever_brought_no_key_has_nobody_asked_about(scene, hold):
    flagged(scene, "ada")
    await ask_breaches(scene.tenant, hold)
    assert facts(scene).breach == Unasked("no breach service is set up")


async def test_a_breach_counts_when_it_is_newer_than_the_password(scene, service, hold):
    flagged(scene, "ada", "bob", "cy")
    service.known = {address("ada"): (ADOBE, FRESH), address("bob"): (ADOBE,)}
    assert facts(scene).breach == Missing("it is being read")
    await ask_breaches(scene.tenant, hold)
    assert facts(scene).breach == Known(Breach(3, 1), NOW)


async def test_nobody_is_asked_about_twice(scene, service, hold):
    flagged(scene, "ada", "bob")
    await ask_breaches(scene.tenant, hold)
    flagged(scene, "ada", "bob", "cy")
    await ask_breaches(scene.tenant, hold)
    assert sorted(service.asked) == [address("ada"), address("bob"), address("cy")]


async def test_only_a_sample_is_asked_about_however_many_are_flagged(scene, service, hold):
    users = many(3 * SAMPLE_SIZE)
    flagged(scene, *users)
    await ask_breaches(scene.tenant, hold)
    assert set(service.asked) == {address(user) for user in sample(users, SAMPLE_SIZE)}
    assert facts(scene).breach == Known(Breach(SAMPLE_SIZE, 0), NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": SignInKind.FEDERATED},
        {"kind": SignInKind.GUEST},
        {"kind": SignInKind.UNKNOWN},
        {"is_enabled": False},
        {"password_changed_at": None},
        {"password_changed_at": START + 1},
        {"mail": "", "user_principal_name": "no address"},
    ],
    ids=["federated", "guest", "unknown", "disabled", "password of no date", "changed since", "no address"],
)
async def test_no_address_leaves_the_house_whose_answer_could_not_be_judged(scene, service, hold, changes):
    flagged(scene, "ada")
    put(scene, replace(profile("ada"), **({"password_changed_at": OLD} | changes)))
    await ask_breaches(scene.tenant, hold)
    assert service.asked == []
    assert isinstance(facts(scene).breach, Missing)
    assert "older than the surge" in facts(scene).breach.why


async def test_mail_goes_before_the_principal_name_and_that_stands_in_where_there_is_none(scene, service, hold):
    flagged(scene, "ada", "bob")
    put(
        scene,
        replace(profile("ada"), password_changed_at=OLD, mail="a.lovelace@contoso.example"),
        replace(profile("bob"), password_changed_at=OLD, mail=""),
    )
    await ask_breaches(scene.tenant, hold)
    assert sorted(service.asked) == ["a.lovelace@contoso.example", "bob@contoso.example"]


async def test_a_password_that_the_lock_out_made_change_is_judged_as_it_was_before(scene, service, hold):
    flagged(scene, "ada")
    service.known = {address("ada"): (FRESH,)}
    await ask_breaches(scene.tenant, hold)
    put(scene, replace(profile("ada"), password_changed_at=NOW))
    assert facts(scene).breach == Known(Breach(1, 1), NOW)


async def test_what_was_told_stands_when_the_service_fails_and_the_rest_is_asked_later(scene, service, hold):
    users = many(LEAST_ASKED + 5)
    flagged(scene, *users)
    unlucky = sample(users, SAMPLE_SIZE)[LEAST_ASKED - 1]
    service.failing = {address(unlucky): BreachError(BreachProblem.UNAVAILABLE)}
    await ask_breaches(scene.tenant, hold)
    assert facts(scene).breach == Missing("the breach service did not answer")
    service.failing = {}
    await ask_breaches(scene.tenant, hold)
    assert len(service.asked) == LEAST_ASKED
    scene.clock.pass_(600)
    await ask_breaches(scene.tenant, hold)
    assert sorted(set(service.asked)) == sorted(address(user) for user in users)
    assert len(service.asked) == len(users) + 1
    assert facts(scene).breach.value == Breach(len(users), 0)


async def test_a_few_answers_are_not_told_of_while_more_are_to_come(scene, service, hold):
    users = many(SAMPLE_SIZE)
    flagged(scene, *users)
    service.failing = {address(sample(users, SAMPLE_SIZE)[LEAST_ASKED]): BreachError(BreachProblem.THROTTLED)}
    await ask_breaches(scene.tenant, hold)
    assert facts(scene).breach == Known(Breach(LEAST_ASKED, 0), NOW)


async def test_an_address_that_the_service_will_not_look_for_is_left_out(scene, service, hold):
    flagged(scene, "ada", "bob")
    service.failing = {address("ada"): BreachError(BreachProblem.ADDRESS_REFUSED)}
    await ask_breaches(scene.tenant, hold)
    assert facts(scene).breach == Known(Breach(1, 0), NOW)


async def test_a_refused_key_is_named_in_the_row_with_its_mend(scene, service, hold):
    flagged(scene, "ada")
    service.failing = {address("ada"): BreachError(BreachProblem.KEY_REFUSED)}
    await ask_breaches(scene.tenant, hold)
    await brief_surge(scene.tenant, SURGE)
    briefing = scene.look(lambda tx: tx.briefings.latest_briefing(TENANT, SURGE))
    row = next(each for each in briefing.evidence.rows if each.name is RowName.BREACH)
    assert row.reading is RowState.NOT_AVAILABLE
    assert "COUNTERSIGN_BREACH_KEY" in row.finding


async def test_an_answer_asks_for_a_briefing_and_no_answer_asks_for_none(scene, service, hold):
    flagged(scene, "ada")
    await ask_breaches(scene.tenant, hold)
    assert scene.look(lambda tx: tx.surges.next_briefing(TENANT)) == NOW
    assert scene.tenant.bells.brief.is_set()
    scene.look(lambda tx: tx.surges.settle_briefing(TENANT, SURGE, taken_until=NOW, again_at=NOW + DAY))
    scene.clock.pass_(300)
    await ask_breaches(scene.tenant, hold)
    assert scene.look(lambda tx: tx.surges.next_briefing(TENANT)) == NOW + DAY


async def test_profiles_that_come_late_are_asked_about_at_the_next_look(scene, service, hold):
    scene.flag("ada")
    scene.look(
        lambda tx: (tx.surges.keep_surge(surge(users=3)), tx.surges.add_users(TENANT, SURGE, ["bob", "cy"], NOW))
    )
    await ask_breaches(scene.tenant, hold)
    assert service.asked == []
    flagged(scene, "ada", "bob", "cy")
    await ask_breaches(scene.tenant, hold)
    assert len(service.asked) == 3


async def test_a_sample_that_was_asked_about_is_looked_at_again_after_five_minutes(scene, service, hold):
    flagged(scene, "ada", "bob")
    put(scene, profile("bob"))
    await ask_breaches(scene.tenant, hold)
    flagged(scene, "ada", "bob")
    await ask_breaches(scene.tenant, hold)
    assert service.asked == [address("ada")]
    scene.clock.pass_(300)
    await ask_breaches(scene.tenant, hold)
    assert service.asked == [address("ada"), address("bob")]


async def test_a_closed_surge_is_asked_about_no_more(scene, service, hold):
    flagged(scene, "ada")
    scene.look(lambda tx: tx.surges.keep_surge(surge(state=SurgeState.CLOSED)))
    await ask_breaches(scene.tenant, hold)
    assert service.asked == []


async def test_whoever_lost_the_lease_on_the_service_writes_nothing_and_stops(scene, service, hold):
    flagged(scene, "ada", "bob")
    scene.look(lambda tx: tx.leases.clear_leases())
    scene.look(lambda tx: tx.leases.claim_lease("breach-service", "another", 600.0))
    with pytest.raises(LeaseLostError):
        await ask_breaches(scene.tenant, hold)
    assert len(service.asked) <= 1


async def test_what_is_kept_holds_no_address(scene, service, hold):
    flagged(scene, "ada")
    await ask_breaches(scene.tenant, hold)
    kept = scene.look(lambda tx: tx.readings.reading_named(TENANT, f"breaches of {SURGE}"))
    assert b"ada" in kept.body
    assert b"contoso" not in kept.body


# The last leak known before the surge, and what the team states of its passwords.


@pytest.fixture
async def directory(scene):
    """The whole directory was read: two who are flagged, and four times as many who are not."""
    flagged(scene, "ada", "bob")
    newer, older = START - 10 * DAY, START - 30 * DAY
    changed = {"ada": newer, "bob": older} | {user: newer if user < "user004" else older for user in many(8)}
    scene.graph.directory = {
        user: replace(directory_user(user, address(user)), password_changed_at=at) for user, at in changed.items()
    }
    await keep_directory(scene.tenant)
    return scene


async def test_passwords_are_held_against_the_leak_that_the_team_states(directory):
    assert isinstance(facts(directory).newer_passwords, Missing)
    directory.tenant.tenant_facts = TenantFacts(last_leak_at=START - 20 * DAY)
    assert facts(directory).newer_passwords == Known(Share(1, 2, 0.5), NOW)
    directory.tenant.tenant_facts = TenantFacts(last_leak_at=START - 40 * DAY)
    assert facts(directory).newer_passwords == Known(Share(2, 2, 1.0), NOW)


async def test_a_leak_after_the_surge_began_is_none_that_was_known_before(directory):
    directory.tenant.tenant_facts = TenantFacts(last_leak_at=START + DAY)
    assert isinstance(facts(directory).newer_passwords, Missing)


async def test_else_against_the_newest_leak_that_the_service_lists_of_this_tenant(directory, service, hold):
    listed = Leak("Listed", START - 20 * DAY)
    service.known = {address("ada"): (listed, Leak("Later", START + DAY)), address("bob"): (ADOBE,)}
    await ask_breaches(directory.tenant, hold)
    assert facts(directory).newer_passwords == Known(Share(1, 2, 0.5), NOW)


@pytest.mark.parametrize("stated", [True, False])
async def test_what_the_team_states_of_its_passwords_reaches_the_evidence(scene, stated):
    flagged(scene, "ada")
    scene.tenant.tenant_facts = TenantFacts(passwords_are_random=stated)
    assert facts(scene).passwords_are_random is stated
