"""Slack fails, forgets, repeats, or somebody lies: each press gets an answer or a changed card, and counts once."""

import asyncio
import copy

import pytest

from sim.workspace import NotAcknowledged, buttons
from sim.workspace.contoso import ADA, GRACE, IDENTITY_ALERTS, MALLORY
from tests.journeys.side_by_side import Stories
from tests.journeys.story import REASON, Json, Story
from tests.journeys.test_main_story import the_log_holds_nothing_that_it_must_not

stories = Stories()
pytestmark = pytest.mark.asyncio(loop_scope="module")


def last_press(story: Story, person: str, kind: str = "block_actions") -> Json:
    """The payload of what this person did last."""
    found = [
        each.payload
        for each in story.slack.envelopes
        if each.payload.get("user", {}).get("id") == person and each.payload["type"] == kind
    ]
    return copy.deepcopy(found[-1])


async def told_of_forgery(story: Story, payload: Json, person: str, words: str) -> None:
    """Send a payload that no click has made; the person is told these words, privately or by direct message."""

    def answers() -> int:
        shown = [*story.slack.ephemerals(person), *story.slack.direct_messages(person)]
        return sum(words in story.read(each) for each in shown)

    before = answers()
    await story.slack.forge(payload)
    await story.seen(f"an answer with {words!r}", lambda: answers() > before)


def nothing_counted(story: Story) -> None:
    assert story.rows("SELECT count(*) FROM votes") == [(0,)]
    assert story.rows("SELECT state FROM requests") == [("pending",)]
    assert not story.tenant.writes


@stories.each(
    {
        "refused": ("internal_error",),
        "taken or not": ("http_500", "fatal_error"),
    }
)
async def test_a_card_that_slack_does_not_take_is_posted_later_and_once(tell, *errors):
    """Also where Slack's answer leaves open whether it was taken, and where the search for it fails."""

    def before(stage):
        for each in errors:
            stage.slack.fail("chat.postMessage", each)
        stage.slack.fail("conversations.history", "http_500")

    story = await tell(before=before)
    await story.clear_everybody()
    await story.all_is_well(repeated_at_most=0)
    assert story.stage.restarts == 0
    the_log_holds_nothing_that_it_must_not(story)


@stories.story
async def test_updates_that_slack_does_not_take_come_later_with_the_present(tell):
    def before(stage):
        for error in ("internal_error", "http_500"):
            stage.slack.fail("chat.update", error)

    story = await tell(before=before)
    await story.clear_everybody()
    await story.card_saying(f"verified {len(story.tenant.truth.eligible_user_ids)}")
    await story.all_is_well(repeated_at_most=0)


@stories.story
async def test_lost_connections_lose_no_press(tell):
    """Asked to renew, cut off without a word, and refused at the door, in the middle of the story."""
    story = await tell()
    await story.ready()
    await story.slack.disconnect("warning")
    await story.open_dialog()
    await story.slack.disconnect("refresh_requested")
    await story.connected()
    assert await story.slack.fill_and_submit(ADA, {"Reason": REASON}) == {}
    request = await story.request()
    story.slack.refuse_handshakes(2)
    story.slack.cut()
    await story.seen("the cut", lambda: not story.slack.connections)
    await story.connected()
    await story.sign(request)
    await story.done()
    await story.all_is_well(repeated_at_most=0)
    assert story.stage.restarts == 0
    the_log_holds_nothing_that_it_must_not(story)


@stories.story
async def test_an_envelope_that_comes_twice_counts_once(tell):
    story = await tell()
    request = await story.ask()
    submitted = next(each for each in story.slack.envelopes if each.payload["type"] == "view_submission")
    await asyncio.gather(story.slack.replay(submitted), story.slack.replay(submitted), return_exceptions=True)
    await story.sign(request)
    signed = story.slack.envelopes[-1]
    await asyncio.gather(*(story.slack.replay(signed) for _ in range(3)))
    await story.done()
    await story.slack.replay(signed)
    assert story.rows("SELECT count(*) FROM requests") == [(1,)]
    assert story.rows("SELECT count(*) FROM votes") == [(1,)]
    assert story.rows("SELECT count(*) FROM runs") == [(1,)]
    await story.all_is_well(repeated_at_most=0)


@stories.story
async def test_forged_presses_are_refused_with_a_reason_and_count_nothing(tell):
    story = await tell()
    request = await story.ask()
    await story.press_and_be_told(MALLORY, request["ts"], "Approve")
    genuine = last_press(story, MALLORY)
    number = 0

    def by_grace() -> Json:
        nonlocal number
        number += 1
        payload = copy.deepcopy(genuine)
        payload["user"]["id"] = GRACE
        payload["trigger_id"] = story.slack.new_trigger(GRACE)
        payload["actions"][0]["action_ts"] = f"17.{number:06}"
        return payload

    elsewhere = by_grace()
    elsewhere["container"]["message_ts"] = story.card()["ts"]
    await told_of_forgery(story, elsewhere, GRACE, "never posted")

    unknown = by_grace()
    unknown["actions"][0]["value"] = "0" * 32
    await told_of_forgery(story, unknown, GRACE, "out of date")

    rubbish = by_grace()
    rubbish["actions"][0]["value"] = "'; DROP TABLE votes; --"
    await told_of_forgery(story, rubbish, GRACE, "out of date")

    old = by_grace()
    old["actions"][0]["action_id"] = "a_button_of_an_older_version"
    await told_of_forgery(story, old, GRACE, "out of date")

    foreign = by_grace()
    foreign["user"]["team_id"] = "T0OTHER"
    foreign["team"]["id"] = "T0OTHER"
    await told_of_forgery(story, foreign, GRACE, "another workspace")

    nothing_counted(story)
    story.slack.change_person(GRACE, is_restricted=True)
    assert "Guests" in await story.press_and_be_told(GRACE, request["ts"], "Approve")
    story.slack.change_person(GRACE, is_restricted=False)
    nothing_counted(story)
    await story.sign(request)
    await story.done()
    await story.all_is_well(repeated_at_most=0)
    the_log_holds_nothing_that_it_must_not(story)


@stories.story
async def test_a_person_who_cannot_be_read_is_told_so_and_may_press_again(tell):
    story = await tell()
    request = await story.ask()
    story.slack.fail("users.info", "internal_error", 3)
    assert "did not tell who you are" in await story.press_and_be_told(GRACE, request["ts"], "Approve")
    nothing_counted(story)
    await story.true("the end of it", lambda: True)
    for _ in range(4):
        await story.press(GRACE, request["ts"], "Approve")
        if await story.seen("it counts or is answered", lambda: story.rows("SELECT count(*) FROM votes")) == [(1,)]:
            break
    await story.done()
    assert story.rows("SELECT count(*) FROM votes") == [(1,)]


@stories.story
async def test_where_no_private_answer_can_be_given_a_direct_message_is(tell):
    story = await tell()
    request = await story.ask()
    story.slack.fail("chat.postEphemeral", "user_not_in_channel", 5)
    before = len(story.slack.direct_messages(MALLORY))
    await story.press(MALLORY, request["ts"], "Approve")
    found = await story.seen("a direct message", lambda: story.slack.direct_messages(MALLORY)[before:])
    assert "not on the list" in story.read(found[-1])


@stories.story
async def test_a_dialog_that_does_not_open_is_told_privately(tell):
    story = await tell()
    card = await story.ready()
    story.slack.fail("views.open", "internal_error", 5)
    await story.press(ADA, card["ts"], "Request remediation")
    assert "press again" in await story.told(ADA)


@stories.story
async def test_a_submission_of_an_old_dialog_is_answered_and_asks_for_nothing(tell):
    """Both had the dialog open: the second is told privately, and an old one with another surge's id in the dialog."""
    story = await tell()
    await story.open_dialog(ADA)
    await story.open_dialog(GRACE)
    assert await story.slack.fill_and_submit(ADA, {"Reason": REASON}) == {}
    request = await story.request()
    assert await story.slack.fill_and_submit(GRACE, {"Reason": REASON}) == {}
    assert "waiting for its signature" in await story.told(GRACE)

    forgery = last_press(story, GRACE, "view_submission")
    forgery["view"]["id"] = "V0NEW"
    forgery["view"]["private_metadata"] = '{"surge": "' + "0" * 32 + '", "channel": "' + IDENTITY_ALERTS + '"}'
    answer = await story.slack.forge(forgery)
    assert "out of date" in str(answer)
    forgery["view"]["private_metadata"] = "rubbish"
    forgery["view"]["id"] = "V0OLD"
    await told_of_forgery(story, forgery, GRACE, "out of date")
    assert story.rows("SELECT count(*) FROM requests") == [(1,)]

    by_a_stranger = last_press(story, ADA, "view_submission")
    by_a_stranger["user"]["id"] = MALLORY
    by_a_stranger["view"]["id"] = "V0STRANGER"
    await story.sign(request)
    await story.done()
    await told_of_forgery(story, by_a_stranger, MALLORY, "not on the list of people who may ask")
    assert story.rows("SELECT count(*) FROM requests") == [(1,)]


@stories.story
async def test_a_stranger_can_neither_ask_nor_submit_what_an_admin_has_open(tell):
    story = await tell()
    card = await story.ready()
    assert "not on the list of people who may ask" in await story.press_and_be_told(
        MALLORY, card["ts"], "Request remediation"
    )
    assert story.slack.dialog(MALLORY) is None
    await story.open_dialog(ADA)
    errors = await story.slack.fill_and_submit(ADA, {"Reason": "   "})
    assert errors
    attempt = last_press(story, ADA, "view_submission")
    attempt["user"]["id"] = MALLORY
    reason = attempt["view"]["state"]["values"]
    for block in reason.values():
        for element in block.values():
            if element["type"] == "plain_text_input":
                element["value"] = REASON
    await told_of_forgery(story, attempt, MALLORY, "not on the list of people who may ask")
    assert story.rows("SELECT count(*) FROM requests") == [(0,)]


@stories.story
async def test_rejected_and_withdrawn_requests_change_their_cards_and_nothing_runs(tell):
    story = await tell()
    request = await story.ask()
    await story.press(GRACE, request["ts"], "Reject")
    await story.seen("the rejection", lambda: "rejected" in story.read(story.slack.message(request["ts"])))
    await story.seen("no button", lambda: buttons(story.slack.message(request["ts"])) == ["Ask again"])
    again = await story.ask()
    assert "Only" in await story.press_and_be_told(GRACE, again["ts"], "Withdraw")
    await story.press(ADA, again["ts"], "Withdraw")
    await story.seen("the withdrawal", lambda: "withdrawn" in story.read(story.slack.message(again["ts"])))
    assert not story.tenant.writes
    assert story.rows("SELECT count(*) FROM runs") == [(0,)]


@stories.story
async def test_without_a_connection_slack_shows_an_error_and_the_press_may_be_made_again(tell):
    story = await tell()
    request = await story.ask()
    story.slack.refuse_handshakes(3)
    story.slack.cut()
    await story.seen("the cut", lambda: not story.slack.connections)
    with pytest.raises(NotAcknowledged):
        await story.slack.press(GRACE, IDENTITY_ALERTS, request["ts"], "Approve")
    await story.connected()
    await story.sign(request)
    await story.done()
    await story.all_is_well(repeated_at_most=0)
