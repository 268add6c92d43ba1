"""Outages: the database away or lost, its disk full, Microsoft or Slack out of reach. Nothing is lost."""

import asyncio
import os
import resource
import signal

import pytest

from sim.tenant import Arrival, Fault
from sim.workspace.contoso import IDENTITY_ALERTS
from tests.databases import start_postgresql
from tests.faults.accounts import everybody_is_accounted_for
from tests.faults.databases import BOTH, options_for
from tests.journeys.side_by_side import Stories
from tests.journeys.story import IDS_IN_A_WRITE, Story, quick

OUTAGE_SECONDS = 3600.0 if os.environ.get("COUNTERSIGN_NIGHTLY") else 12.0
"""An hour in the nightly size."""

stories = Stories()
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def at_the_first_write(story: Story) -> None:
    """Waits until the run's first batch has been carried out at Microsoft."""
    await story.true("the first write", lambda: story.tenant.writes)


@stories.story
async def test_a_postgresql_that_stops_and_starts_again_in_the_middle_of_a_run_loses_nothing(tell):
    server = start_postgresql()
    story = await tell(quick(users=900), environment={"COUNTERSIGN_DATABASE_URL": server.get_uri()})
    request = await story.ask()
    await story.sign(request)
    await at_the_first_write(story)
    await asyncio.to_thread(server.stop)
    await story.logged("loop_failed")
    await asyncio.to_thread(server.ensure_postgres_running)
    await story.done()
    await everybody_is_accounted_for(story, repeated_at_most=IDS_IN_A_WRITE)
    assert story.stage.restarts == 0
    assert len(story.slack.messages(IDENTITY_ALERTS)) == 1


@stories.story
async def test_a_full_disk_stops_the_writing_to_microsoft_and_all_goes_on_when_there_is_room(tell):
    """The kernel refuses this process every byte beyond what its files hold, as a full disk does."""
    story = await tell(quick(users=900))
    request = await story.ask()
    full: list[int] = []

    async def fill(arrival: Arrival) -> None:
        if not full and arrival.method == "POST" and "riskyUsers" in arrival.path and arrival.moment == "arrived":
            full.append(story.stage.bot.pid)
            resource.prlimit(full[0], resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))

    story.faults.on_request(fill)
    await story.sign(request)
    await story.true("the full disk", lambda: full)
    await story.true("a batch at Microsoft", lambda: story.tenant.writes)
    written = len(story.tenant.writes)
    await asyncio.sleep(3)  # there is nothing to wait for: the promise is that nothing more is sent
    assert len(story.tenant.writes) <= written + 1
    assert story.stage.restarts == 0
    assert story.rows("SELECT count(*) FROM intents WHERE answered_at IS NULL") == [(1,)], "the disk is full"
    resource.prlimit(full[0], resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await story.done()
    await everybody_is_accounted_for(story, repeated_at_most=IDS_IN_A_WRITE)


@stories.story
async def test_with_a_lost_database_nothing_runs_on_without_new_signatures(tell):
    story = await tell(quick(users=900))
    request = await story.ask()
    await story.sign(request)
    await at_the_first_write(story)
    for name in ("countersign.sqlite3", "countersign.sqlite3-wal", "countersign.sqlite3-shm"):
        (story.stage.folder / name).unlink(missing_ok=True)
    story.stage.kill_bot()
    await story.true("the new bot", lambda: story.stage.restarts == 1)
    writes = len(story.tenant.writes)
    await story.polled(3)
    assert len(story.tenant.writes) == writes, "what was signed is gone, and with it the right to write"
    await story.seen("a new card", lambda: len(story.slack.messages(IDENTITY_ALERTS)) >= 2)
    assert story.rows("SELECT count(*) FROM runs") == [(0,)]


@stories.each(BOTH)
async def test_an_outage_of_microsoft_in_the_middle_of_a_run_is_waited_out(tell, database):
    story = await tell(quick(users=900), **options_for(database))
    request = await story.ask()
    await story.sign(request)
    await at_the_first_write(story)
    story.faults.always(("GET", "."), Fault.answer(503))
    story.faults.always(("POST", "."), Fault.reset())
    await asyncio.sleep(OUTAGE_SECONDS)
    story.faults.clear()
    await story.done()
    await everybody_is_accounted_for(story)
    assert story.stage.restarts == 0


@stories.each(BOTH)
async def test_an_outage_of_slack_in_the_middle_of_a_run_does_not_stop_it_and_the_cards_are_right_after_it(
    tell, database
):
    story = await tell(quick(users=900), **options_for(database))
    request = await story.ask()
    await story.sign(request)
    await at_the_first_write(story)
    port = int(story.slack.url.rpartition(":")[2])
    await story.slack.stop()
    await story.true("the end of the run", lambda: story.rows("SELECT state FROM runs") == [("done",)], patience=90)
    await asyncio.sleep(OUTAGE_SECONDS if OUTAGE_SECONDS > 60 else 0)
    await story.slack.start(port=port)
    await story.done()
    await story.card_saying("verified", patience=90)
    await everybody_is_accounted_for(story)
    assert len(story.slack.messages(IDENTITY_ALERTS)) == 1


@stories.each(BOTH)
async def test_sigterm_in_the_middle_of_a_run_keeps_the_answer_in_flight_and_the_next_start_goes_on(tell, database):
    story = await tell(quick(users=900), **options_for(database))
    request = await story.ask()
    told: list[str] = []

    async def end(arrival: Arrival) -> None:
        if not told and arrival.method == "POST" and "riskyUsers" in arrival.path:
            told.append(arrival.path)
            story.stage.signal_bot(signal.SIGTERM)

    story.faults.on_request(end)
    await story.sign(request)
    await story.done()
    assert story.stage.restarts == 1
    assert '"ended"' in story.log
    await everybody_is_accounted_for(story, repeated_at_most=0)
