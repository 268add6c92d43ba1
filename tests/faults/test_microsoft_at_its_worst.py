"""Microsoft at its worst: a fifth of all calls fail, writes change nothing, users change while a run goes on."""

import asyncio
import json

import pytest

from sim.tenant import Arrival, Fault
from tests.faults.accounts import everybody_is_accounted_for
from tests.faults.databases import BOTH, options_for
from tests.journeys.side_by_side import Stories
from tests.journeys.story import IDS_IN_A_WRITE, Story, quick

stories = Stories()
pytestmark = pytest.mark.asyncio(loop_scope="module")

EVERYTHING = (
    Fault.answer(429),
    Fault.answer(429, headers={"Retry-After": "1"}),
    Fault.answer(500),
    Fault.answer(502, "<html>bad gateway</html>"),
    Fault.answer(503, headers={"Retry-After": "1"}),
    Fault.answer(504),
    Fault.answer(504, carried_out=True),
    Fault.reset(),
    Fault.reset(carried_out=True),
    Fault.truncated(),
    Fault.malformed(),
    Fault.delay(2.0),
)


@stories.each(BOTH)
async def test_with_a_fifth_of_all_calls_failing_everybody_is_cleared_and_accounted_for(tell, database):
    story = await tell(quick(users=600), **options_for(database))
    request = await story.ask()
    story.faults.rate(0.2, EVERYTHING, seed=5)
    await story.sign(request)
    await story.done()
    story.faults.clear()
    failures = story.log.count('"batch_fate_unknown"')
    await everybody_is_accounted_for(story, repeated_at_most=failures * IDS_IN_A_WRITE)


@stories.each(BOTH)
async def test_users_whose_204_changed_nothing_are_sent_again_and_then_verified(tell, database):
    story = await tell(quick(resend_seconds=2), **options_for(database))
    request = await story.ask()
    victims = sorted(planned(story))[:7]
    story.tenant.ineffective_user_ids = set(victims)
    await story.sign(request)
    await story.done()
    await everybody_is_accounted_for(story)
    sends = dict(story.rows("SELECT user_id, sends FROM outcomes"))
    assert {sends[user] for user in victims} == {2}
    assert {sends[user] for user in sends.keys() - set(victims)} == {1}


@stories.each(BOTH)
async def test_users_whom_microsoft_never_stops_processing_stay_accepted_and_are_told_apart(tell, database):
    story = await tell(**options_for(database))
    request = await story.ask()
    stuck = frozenset(sorted(planned(story))[-3:])
    slow_down(story, stuck)
    await story.sign(request)

    def told() -> bool:
        return any(f"accepted (not yet visible) {len(stuck)}" in story.read(each) for each in story.thread())

    await story.seen("the card that tells them apart", told, patience=90)
    assert set(story.rows("SELECT DISTINCT state FROM outcomes")) == {("verified",), ("accepted (not yet visible)",)}
    await everybody_is_accounted_for(story, still_on_the_way=stuck)


@stories.each(BOTH)
async def test_users_who_change_while_a_run_goes_on_are_left_alone_and_listed(tell, database):
    """One is deleted, one closed by another admin, one flagged anew by an attack: none of them is written to."""
    story = await tell(quick(users=900), **options_for(database))
    request = await story.ask()
    deleted, closed, attacked = sorted(planned(story))[-3:]
    changed = asyncio.Event()

    async def change(arrival: Arrival) -> None:
        if arrival.method == "GET" and "riskyUsers" in arrival.path and not changed.is_set():
            changed.set()
            story.tenant.remove_user(deleted)
            story.tenant.close_risk(closed, state="remediated", detail="userPerformedSecuredPasswordReset")
            flag_anew(story, attacked)

    story.faults.on_request(change)
    await story.sign(request)
    await story.done()
    await everybody_is_accounted_for(story)
    told = dict(story.rows("SELECT user_id, state FROM outcomes"))
    assert (told[deleted], told[closed], told[attacked]) == ("skipped", "skipped", "skipped")
    assert story.tenant.state_of(attacked) == "atRisk"


def planned(story: Story) -> set[str]:
    """The users of the newest plan."""
    ((body,),) = story.rows("SELECT body FROM plans")
    return set(json.loads(bytes(body))["user_ids"])


def slow_down(story: Story, users: frozenset[str]) -> None:
    """What is accepted for these is processed for ever."""
    story.tenant.never_done_user_ids = set(users)


def flag_anew(story: Story, user_id: str) -> None:
    """An attacker at work: a high detection of another kind, now."""
    story.tenant.flag(user_id, "anomalousToken", level="high")
