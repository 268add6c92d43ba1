"""The life of the process: quiet while nothing is wrong, a clean end, one process a database, and going on."""

import time

import pytest

from sim.stage import Stage
from sim.tenant import Limits, Tenant, TenantServer
from sim.workspace.contoso import IDENTITY_ALERTS
from tests.journeys.side_by_side import Stories
from tests.journeys.story import quick, run_bot

stories = Stories()
pytestmark = pytest.mark.asyncio(loop_scope="module")


def all_quiet(stage: Stage) -> None:
    """The same tenant without the wave: what is left is the ordinary trickle."""
    story = stage.tenant
    calm = Tenant(users=list(story.users), domains=story.domains.values(), processing_seconds=0.5)
    wave = story.truth.surge_user_ids
    for detection in story.detections:
        if detection.user_id not in wave:
            calm.foresee(detection)
    stage.tenant = calm
    stage.graph = TenantServer(
        calm, limits=Limits(scale=stage.pace.scale), faults=stage.faults, access_token=stage.graph.access_token
    )


@stories.story
async def test_nothing_is_said_at_the_start_and_while_all_is_quiet(tell):
    story = await tell(before=all_quiet)
    await story.connected()
    await story.polled(4)
    assert story.rows("SELECT count(*) > 0 FROM detections") == [(1,)]
    assert story.slack.messages(IDENTITY_ALERTS) == []
    assert not [call for call in story.slack.calls if call.method.startswith("chat.")]
    listed = await story.command("surges")
    assert (listed.status, listed.out.strip()) == (0, "No surge was seen yet.")


@stories.story
async def test_sigterm_ends_it_cleanly_and_the_next_start_goes_on_without_a_second_card(tell):
    story = await tell()
    await story.ready()
    bot = story.stage.bot
    began = time.monotonic()
    bot.terminate()
    assert await bot.wait() == 0
    assert time.monotonic() - began < 9
    assert '"ended"' in story.log
    posted = story.card()
    await story.logged('"started"', times=2)
    await story.polled(2)
    assert story.rows("SELECT count(*) FROM surges") == [(1,)]
    assert [each["ts"] for each in story.slack.messages(IDENTITY_ALERTS)] == [posted["ts"]]
    await story.clear_everybody()
    await story.all_is_well(repeated_at_most=0)


@stories.story
async def test_sigterm_gives_the_leases_back_and_leaves_nothing_pending(tell):
    """In the middle of a run: the batch in flight gets its answer, and no other is begun."""
    story = await tell(quick(users=900))
    ended: list[object] = []

    async def end_it(arrival):
        if not ended and arrival.moment == "arrived" and "confirmSafe" in arrival.path:
            ended.append(arrival)
            story.stage._ending = True  # the host doesn't start it again
            story.stage.bot.terminate()

    story.faults.on_request(end_it)
    await story.sign(await story.ask())
    await story.true("the write", lambda: ended)
    assert await story.stage.bot.wait() == 0
    assert story.rows("SELECT count(*) FROM intents WHERE answered_at IS NULL") == [(0,)]
    assert story.rows("SELECT count(*) FROM intents") == [(1,)]
    assert story.rows("SELECT name FROM leases WHERE until > strftime('%s', 'now') * 1000000") == []
    assert story.rows("SELECT count(*) FROM clicks WHERE done_at IS NULL") == [(0,)]
    assert len(story.tenant.writes) == 1


@stories.story
async def test_a_second_process_on_the_same_data_is_refused(tell):
    story = await tell()
    await story.connected()
    second = await run_bot(story.stage.bot_environment(), "run")
    assert second.status == 2
    assert "another countersign run" in second.err
    assert "COUNTERSIGN_DATABASE_URL" in second.err
    assert "Traceback" not in second.err
    await story.card_saying("S-")
    assert len(story.slack.messages(IDENTITY_ALERTS)) == 1
