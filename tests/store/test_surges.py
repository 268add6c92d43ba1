"""Surges, who is in them, when they are to be briefed, and their briefings."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from bot.watch.briefing import Briefing, Cohort, Gap
from bot.watch.surge import SurgeState
from tests.values import NOW, SURGE, TENANT, surge

OTHER = "6" * 32


def test_a_surge_comes_back_as_it_was_kept(transact):
    kept = replace(
        surge(types=("a", "b")),
        state=SurgeState.REOPENED,
        ended_at=NOW,
        acknowledged_by="UANNA",
        acknowledged_at=NOW,
        snoozed_by="UBEN",
        snoozed_until=NOW,
        usual=0.1234,
    )
    transact(lambda tx: [tx.surges.keep_surge(surge()), tx.surges.keep_surge(kept)])
    assert transact(lambda tx: tx.surges.surge_by_id(TENANT, SURGE)) == kept
    assert transact(lambda tx: tx.surges.surge_by_id("other", SURGE)) is None


def test_two_surges_of_one_detectors_key_can_not_be(transact, with_surge):
    with pytest.raises(IntegrityError):
        transact(lambda tx: tx.surges.keep_surge(surge(id_=OTHER)))


def test_all_surges_are_given_newest_first_or_one_tenants_alone(transact):
    old, new = surge(), replace(surge(id_=OTHER, key="two"), opened_at=NOW)
    elsewhere = replace(surge(tenant="other"), opened_at=NOW + 1)
    transact(lambda tx: [tx.surges.keep_surge(each) for each in (old, new, elsewhere)])
    assert transact(lambda tx: tx.surges.all_surges()) == (elsewhere, new, old)
    assert transact(lambda tx: tx.surges.all_surges(TENANT)) == (new, old)


@pytest.mark.parametrize("name", ["S-7F3K", " s-7f3k ", SURGE])
def test_people_find_a_surge_by_its_name_or_id(transact, with_surge, name):
    assert transact(lambda tx: tx.surges.surges_named(name)) == (surge(),)
    assert transact(lambda tx: tx.surges.surges_named("S-0000")) == ()


def test_who_was_once_in_a_surge_stays_in_it(transact, with_surge):
    assert transact(lambda tx: tx.surges.add_users(TENANT, SURGE, ["bob", "ada"], NOW)) == 2
    assert transact(lambda tx: tx.surges.add_users(TENANT, SURGE, ["cy", "cy", "ada"], NOW + 1)) == 1
    assert transact(lambda tx: tx.surges.users_of_surge(TENANT, SURGE)) == ("ada", "bob", "cy")


def test_users_can_not_be_in_a_surge_that_is_not_there(transact):
    with pytest.raises(IntegrityError):
        transact(lambda tx: tx.surges.add_users(TENANT, SURGE, ["ada"], NOW))


def due(transact, now):
    return transact(lambda tx: tx.surges.briefing_due(TENANT, now))


def test_a_briefing_is_due_at_the_earliest_time_it_was_asked_for(transact, with_surge):
    assert transact(lambda tx: tx.surges.next_briefing(TENANT)) is None
    transact(lambda tx: [tx.surges.ask_briefing(TENANT, SURGE, NOW), tx.surges.ask_briefing(TENANT, SURGE, NOW + 9)])
    assert transact(lambda tx: tx.surges.next_briefing(TENANT)) == NOW
    assert (due(transact, NOW - 1), due(transact, NOW)) == ((), (SURGE,))


def test_a_kept_surge_does_not_forget_that_its_briefing_is_due(transact, with_surge):
    transact(lambda tx: tx.surges.ask_briefing(TENANT, SURGE, NOW))
    transact(lambda tx: tx.surges.keep_surge(surge(users=9)))
    assert due(transact, NOW) == (SURGE,)


def test_the_longest_due_briefing_comes_first(transact, with_surge):
    transact(lambda tx: tx.surges.keep_surge(surge(id_=OTHER, key="two")))
    transact(lambda tx: [tx.surges.ask_briefing(TENANT, SURGE, NOW), tx.surges.ask_briefing(TENANT, OTHER, NOW - 1)])
    assert due(transact, NOW) == (OTHER, SURGE)


def test_what_is_asked_for_while_a_briefing_is_made_is_not_lost(transact, with_surge):
    transact(lambda tx: tx.surges.take_briefing(TENANT, SURGE, NOW + 600))
    assert due(transact, NOW + 599) == ()
    transact(lambda tx: tx.surges.ask_briefing(TENANT, SURGE, NOW))
    transact(lambda tx: tx.surges.settle_briefing(TENANT, SURGE, taken_until=NOW + 600, again_at=None))
    assert due(transact, NOW) == (SURGE,)


@pytest.mark.parametrize("again_at", [None, NOW + 300])
def test_a_finished_briefing_is_due_again_when_it_says(transact, with_surge, again_at):
    transact(lambda tx: tx.surges.take_briefing(TENANT, SURGE, NOW + 600))
    transact(lambda tx: tx.surges.settle_briefing(TENANT, SURGE, taken_until=NOW + 600, again_at=again_at))
    assert transact(lambda tx: tx.surges.next_briefing(TENANT)) == again_at


def test_a_briefing_whose_process_died_is_due_again(transact, with_surge):
    transact(lambda tx: tx.surges.take_briefing(TENANT, SURGE, NOW + 600))
    assert due(transact, NOW + 600) == (SURGE,)


def briefing(revision, flagged=3):
    gaps = (Gap("passwordless", "needs AuditLog.Read.All"),)
    return Briefing(SURGE, revision, NOW, flagged, None, {Cohort.OKTA: 2, Cohort.GUEST: 1}, None, 0, gaps)


def test_the_newest_briefing_comes_back_with_its_gaps(transact, with_surge):
    assert transact(lambda tx: tx.briefings.latest_briefing(TENANT, SURGE)) is None
    transact(lambda tx: [tx.briefings.add_briefing(TENANT, briefing(number)) for number in (1, 10, 2)])
    assert transact(lambda tx: tx.briefings.latest_briefing(TENANT, SURGE)) == briefing(10)


def test_a_kept_briefing_is_never_changed(transact, with_surge):
    transact(
        lambda tx: [
            tx.briefings.add_briefing(TENANT, briefing(1)),
            tx.briefings.add_briefing(TENANT, briefing(1, flagged=9)),
        ]
    )
    assert transact(lambda tx: tx.briefings.latest_briefing(TENANT, SURGE)) == briefing(1)
