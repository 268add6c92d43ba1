"""Many processes on one PostgreSQL: any takes clicks, one does the work, and a dead or frozen one is replaced."""

import signal

import pytest

from sim.tenant import Arrival
from sim.workspace.contoso import IDENTITY_ALERTS
from tests.faults.accounts import everybody_is_accounted_for
from tests.faults.databases import options_for
from tests.journeys.side_by_side import Stories
from tests.journeys.story import IDS_IN_A_WRITE, Story, quick

TAKEN_OVER_WITHIN = 30.0
"""Seconds: what operators are promised."""

stories = Stories()
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def second_replica(story: Story) -> None:
    """A second process beside the one that holds everything."""
    before = story.log.count('"notices_heard"')
    story.stage.add_replica()
    await story.logged('"notices_heard"', times=before + 1)
    await story.seen("both processes' connections", lambda: story.slack.connections >= 4)


@stories.story
async def test_clicks_reach_any_replica_and_one_alone_talks_to_microsoft(tell):
    """Slack gives each click to a connection by lot: over the story both processes take some."""
    story = await tell(quick(users=600), **options_for("postgresql"))
    await story.ready()
    await second_replica(story)
    await story.clear_everybody()
    await everybody_is_accounted_for(story)
    assert len(story.slack.messages(IDENTITY_ALERTS)) == 1
    assert {row[0] for row in story.rows("SELECT epoch FROM leases WHERE name <> 'slack-sender'")} == {1}
    assert story.log.count('"tenant_held"') == 1


@stories.story
async def test_a_click_that_another_replica_took_is_carried_out_at_once(tell):
    """The first process holds the work; its own connections are cut, so that the second takes the clicks."""
    story = await tell(**options_for("postgresql"))
    await story.ready()
    await second_replica(story)
    request = await story.ask()
    await story.sign(request)
    await story.done()
    waited = story.rows("SELECT max(done_at - taken_at) FROM clicks")[0][0] / 1_000_000
    assert waited < 10, "nobody waited for a sweep that is only for what was left behind"
    await everybody_is_accounted_for(story)


@stories.each(
    {"reading": ("GET", "arrived"), "writing": ("POST", "arrived"), "with the answer": ("POST", "carried out")}
)
async def test_the_work_of_a_frozen_replica_is_taken_over_and_when_it_wakes_it_sends_nothing_more(tell, method, moment):
    story = await tell(quick(users=900), **options_for("postgresql"))
    request = await story.ask()
    await second_replica(story)
    frozen: list[int] = []

    async def freeze(arrival: Arrival) -> None:
        if not frozen and arrival.method == method and "riskyUsers" in arrival.path and arrival.moment == moment:
            frozen.append(len(story.tenant.writes))
            story.stage.signal_bot(signal.SIGSTOP, 0)

    story.faults.on_request(freeze)
    await story.sign(request)
    await story.true("the freeze", lambda: frozen)
    await story.logged('"tenant_held"', times=2, patience=TAKEN_OVER_WITHIN)
    await story.done()
    writes = len(story.tenant.writes)
    story.stage.signal_bot(signal.SIGCONT, 0)
    await story.polled(3)
    assert len(story.tenant.writes) == writes, "the one that woke up sent nothing"
    await everybody_is_accounted_for(story, repeated_at_most=IDS_IN_A_WRITE)
    assert len(story.slack.messages(IDENTITY_ALERTS)) == 1


@stories.story
async def test_the_work_of_a_dead_replica_is_taken_over(tell):
    story = await tell(quick(users=900), **options_for("postgresql"))
    request = await story.ask()
    await second_replica(story)
    killed: list[str] = []

    async def kill(arrival: Arrival) -> None:
        if not killed and arrival.method == "POST" and "riskyUsers" in arrival.path:
            killed.append(arrival.path)
            story.stage.kill_bot(0)

    story.faults.on_request(kill)
    await story.sign(request)
    await story.true("the death", lambda: killed)
    await story.logged('"tenant_held"', times=2, patience=TAKEN_OVER_WITHIN)
    await story.done()
    await everybody_is_accounted_for(story, repeated_at_most=IDS_IN_A_WRITE)


@stories.story
async def test_sigterm_hands_the_work_over_at_once(tell):
    story = await tell(quick(users=900), **options_for("postgresql"))
    request = await story.ask()
    await second_replica(story)
    asked: list[str] = []

    async def end(arrival: Arrival) -> None:
        if not asked and arrival.method == "POST" and "riskyUsers" in arrival.path:
            asked.append(arrival.path)
            story.stage.signal_bot(signal.SIGTERM, 0)

    story.faults.on_request(end)
    await story.sign(request)
    await story.done()
    await everybody_is_accounted_for(story)
    assert '"ended"' in story.log
