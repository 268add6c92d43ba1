"""kill -9 at each point where it could hurt: the story ends as if nothing had happened."""

import sqlite3
from collections.abc import Callable

import pytest

from sim.tenant import Arrival, Fault
from sim.workspace.contoso import ADA, IDENTITY_ALERTS
from tests.journeys.side_by_side import Stories
from tests.journeys.story import CONFIRM_SAFE, REASON, Story, quick
from tests.journeys.test_microsoft_fails import every_detection_is_kept_once

stories = Stories()
pytestmark = pytest.mark.asyncio(loop_scope="module")


def kill_once(story: Story, moment: str, at: Callable[[Arrival], bool]) -> Callable[[], int]:
    """Kill the bot at the first such moment of such a request; how often that happened."""
    killed = []

    async def hook(arrival: Arrival) -> None:
        if not killed and arrival.moment == moment and at(arrival):
            killed.append(arrival)
            story.stage.kill_bot()

    story.faults.on_request(hook)
    return lambda: len(killed)


def is_write(arrival: Arrival) -> bool:
    return arrival.method == "POST" and "confirmSafe" in arrival.path


@stories.story
async def test_a_kill_at_an_intent_before_microsoft_has_it_changes_nothing(tell):
    story = await tell()
    story.faults.script(("POST", CONFIRM_SAFE), Fault.reset())
    killed = kill_once(story, "arrived", is_write)
    await story.clear_everybody()
    assert killed() == 1
    assert story.stage.restarts == 1
    assert [write.status for write in story.tenant.writes].count(0) == 1
    await story.all_is_well(repeated_at_most=0)


@stories.story
async def test_a_kill_after_the_post_before_its_answer_changes_nothing(tell):
    story = await tell()
    killed = kill_once(story, "carried out", is_write)
    await story.clear_everybody()
    assert killed() == 1
    assert story.stage.restarts == 1
    await story.all_is_well(repeated_at_most=0)


@stories.story
async def test_a_kill_with_the_answer_in_hand_and_not_yet_kept_changes_nothing(tell):
    """The test holds the database's write lock, so that the answer can't be kept; then the bot is killed."""
    story = await tell()
    held: list[sqlite3.Connection] = []

    async def hold_the_database(arrival: Arrival) -> None:
        if not held and arrival.moment == "carried out" and is_write(arrival):
            lock = sqlite3.connect(story.stage.folder / "countersign.sqlite3", isolation_level=None, timeout=30)
            lock.execute("BEGIN IMMEDIATE")
            held.append(lock)

    story.faults.on_request(hold_the_database)
    await story.sign(await story.ask())
    await story.logged('"batch_sent"')
    assert '"batch_answer_kept"' not in story.log
    story.stage.kill_bot()
    await story.true("the new bot", lambda: story.stage.restarts == 1)
    held[0].execute("ROLLBACK")
    held[0].close()
    await story.done()
    await story.all_is_well(repeated_at_most=0)


@stories.story
async def test_a_kill_between_two_pages_of_the_first_poll_loses_no_detection(tell):
    """1,800 users give 600 detections: two pages."""
    killed: list[str] = []

    def before(stage):
        async def hook(arrival: Arrival) -> None:
            if not killed and "riskDetections" in arrival.path and "skiptoken" in arrival.path.lower():
                killed.append(arrival.path)
                stage.kill_bot()

        stage.faults.on_request(hook)

    story = await tell(quick(users=1800), before=before)
    await story.card_saying("flagged 600")
    assert killed
    assert story.stage.restarts == 1
    await every_detection_is_kept_once(story)
    assert len(story.slack.messages(IDENTITY_ALERTS)) == 1


@stories.story
async def test_a_kill_right_after_approve_was_acknowledged_loses_no_signature(tell):
    story = await tell()
    request = await story.ask()
    await story.sign(request)
    story.stage.kill_bot()
    await story.done()
    assert story.rows("SELECT count(*) FROM votes") == [(1,)]
    await story.all_is_well(repeated_at_most=0)


@stories.story
async def test_a_kill_while_a_submission_is_carried_out_loses_no_request(tell):
    story = await tell()
    await story.open_dialog()
    assert await story.slack.fill_and_submit(ADA, {"Reason": REASON}) == {}
    story.stage.kill_bot()
    await story.sign(await story.request())
    await story.done()
    assert story.rows("SELECT count(*) FROM requests") == [(1,)]
    await story.all_is_well(repeated_at_most=0)


class KillingList(list):
    """A channel's messages that kill the bot as one of its messages is added: Slack has it, the bot has no answer."""

    def __init__(self, kill: Callable[[], None], number: int) -> None:
        super().__init__()
        self._kill = kill
        self._left = number

    def append(self, message: object) -> None:
        super().append(message)
        self._left -= 1
        if self._left == 0:
            self._kill()


@stories.each({"the surge's card": (1,), "the request": (2,), "the run's card": (3,)})
async def test_a_kill_after_a_card_was_posted_posts_no_second_one(tell, number):
    def before(stage):
        channel = stage.workspace.channels[IDENTITY_ALERTS]
        channel.messages = KillingList(stage.kill_bot, number)

    story = await tell(before=before)
    request = await story.ask()
    await story.logged('"subject": "request", "event": "card_posted"')
    await story.sign(request)
    await story.done()
    assert story.stage.restarts == 1
    assert len(story.slack.messages(IDENTITY_ALERTS)) == 1
    assert len(story.thread()) == 2
    await story.all_is_well(repeated_at_most=0 if number < 3 else 60)


@stories.story
async def test_four_kills_at_any_moment_end_in_the_same_result(tell):
    """Killed as the third, seventh, eleventh and fifteenth call of the run arrives, whichever that is."""
    story = await tell(quick(users=900))
    moments = iter((3, 7, 11, 15))
    due = next(moments)
    seen = 0

    async def hook(arrival: Arrival) -> None:
        nonlocal due, seen
        if arrival.moment != "arrived" or arrival.family != "identityProtection":
            return
        seen += 1
        if seen >= due > 0:
            due = next(moments, 0)
            story.stage.kill_bot()

    await story.sign(await story.ask())
    story.faults.on_request(hook)
    await story.done()
    assert due == 0
    assert story.stage.restarts == 4
    await story.all_is_well(repeated_at_most=240)
