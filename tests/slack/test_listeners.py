import asyncio
import copy
import logging

import pytest

from bot.ports.slack import Click, ClickKind, RequestDialog
from bot.slack.action_ids import BUTTONS
from bot.slack.connection import SlackConnection
from bot.slack.door import SlackDoor
from sim.workspace import NotAcknowledged, WorkspaceServer
from sim.workspace.contoso import ADA, GRACE, IDENTITY_ALERTS, TEAM
from tests.slack.accounts import REQUEST, RUN, SURGE, request_account, run_account, surge_account
from tests.slack.conftest import Inbox
from tests.slack.test_other_cards import dialog

pytestmark = pytest.mark.usefixtures("listening")
CARD = "0c" * 16


async def posted(door: SlackDoor, account, thread_ts: str | None = None) -> str:
    return (await door.post(account, channel=IDENTITY_ALERTS, thread_ts=thread_ts, card_id=CARD)).ts


@pytest.mark.parametrize(
    ("account", "button", "kind", "subject"),
    [
        (surge_account(), "Request remediation", ClickKind.OPEN_REQUEST, SURGE),
        (surge_account(), "Acknowledge", ClickKind.ACKNOWLEDGE, SURGE),
        (surge_account(), "Snooze", ClickKind.SNOOZE, SURGE),
        (surge_account(), "Details", ClickKind.DETAILS, SURGE),
        (request_account(), "Approve", ClickKind.APPROVE, REQUEST),
        (request_account(), "Reject", ClickKind.REJECT, REQUEST),
        (request_account(), "Withdraw", ClickKind.WITHDRAW, REQUEST),
        (run_account(), "Pause", ClickKind.PAUSE, RUN),
        (run_account(), "Stop", ClickKind.STOP, RUN),
    ],
)
async def test_each_button_becomes_its_click(
    account, button: str, kind: ClickKind, subject: str, door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    ts = await posted(door, account)
    await server.press(GRACE, None, ts, button)
    click = await inbox.next()
    assert (click.kind, click.subject_id, click.user_id, click.team_id) == (kind, subject, GRACE, TEAM)
    assert (click.channel, click.message_ts, click.thread_ts) == (IDENTITY_ALERTS, ts, "")
    assert click.trigger_id
    assert click.response_url


async def test_a_click_in_a_thread_knows_its_thread(door: SlackDoor, server: WorkspaceServer, inbox: Inbox):
    parent = await posted(door, surge_account())
    reply = await posted(door, request_account(), parent)
    await server.press(GRACE, None, reply, "Approve")
    click = await inbox.next()
    assert (click.message_ts, click.thread_ts) == (reply, parent)


async def test_the_same_payload_twice_is_one_click_and_is_acknowledged_twice(
    door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    ts = await posted(door, request_account())
    await server.press(GRACE, None, ts, "Approve")
    await server.replay(server.envelopes[-1])
    assert len(inbox.arrivals) == 2
    assert len(inbox.taken) == 1


async def test_two_presses_are_two_clicks(door: SlackDoor, server: WorkspaceServer, inbox: Inbox):
    ts = await posted(door, request_account())
    await server.press(GRACE, None, ts, "Approve")
    await server.press(GRACE, None, ts, "Approve")
    await server.press(ADA, None, ts, "Approve")
    assert len(inbox.taken) == 3


async def test_a_click_that_can_not_be_kept_is_not_acknowledged(
    door: SlackDoor, server: WorkspaceServer, inbox: Inbox, caplog: pytest.LogCaptureFixture
):
    ts = await posted(door, request_account())
    inbox.broken = True
    with pytest.raises(NotAcknowledged):
        await server.press(GRACE, None, ts, "Approve")
    assert inbox.carried_out == []
    assert GRACE not in caplog.text


async def test_nothing_is_acknowledged_before_it_is_kept(door: SlackDoor, server: WorkspaceServer, inbox: Inbox):
    go_on = asyncio.Event()
    take = inbox.take

    async def slowly(click: Click) -> None:
        await go_on.wait()
        await take(click)

    inbox.take = slowly
    ts = await posted(door, request_account())
    press = asyncio.create_task(server.press(GRACE, None, ts, "Approve"))
    done, _ = await asyncio.wait({press}, timeout=0.3)
    assert not done
    assert inbox.carried_out == []
    go_on.set()
    await press
    assert len(inbox.carried_out) == 1


async def forged(server: WorkspaceServer, door: SlackDoor, change) -> None:
    """A press as it was, with something in it that no card of ours has."""
    ts = await posted(door, request_account())
    await server.press(GRACE, None, ts, "Approve")
    payload = copy.deepcopy(server.envelopes[-1].payload)
    change(payload)
    await server.forge(payload)


@pytest.mark.parametrize(
    "change",
    [
        lambda payload: payload["actions"][0].update(action_id="button-of-an-older-version"),
        lambda payload: payload["actions"][0].update(value="1; drop table request"),
        lambda payload: payload["actions"][0].update(value=None),
        lambda payload: payload["actions"][0].pop("value"),
        lambda payload: payload["actions"][0].update(value="A1" * 16),
    ],
)
async def test_an_unknown_button_or_a_malformed_value_is_out_of_date_and_never_silent(
    change, door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    await forged(server, door, change)
    click = inbox.carried_out[-1]
    assert click.kind is ClickKind.OUT_OF_DATE
    assert (click.user_id, click.channel) == (GRACE, IDENTITY_ALERTS)


@pytest.mark.parametrize(
    "change",
    [
        lambda payload: payload.update(container=None, message=[], trigger_id=None),
        lambda payload: payload.update(channel={"id": 3}, response_url={"a": 1}, state=None),
        lambda payload: payload["actions"][0].update(action_ts={"not": "a time"}),
    ],
)
async def test_a_payload_of_any_shape_is_taken_without_a_crash(
    change, door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    await forged(server, door, change)
    assert len(inbox.carried_out) == 2


async def open_dialog(door: SlackDoor, server: WorkspaceServer, facts: RequestDialog) -> str:
    view_id = await door.open_dialog(server.new_trigger(ADA))
    loading = server.dialog(ADA)
    assert loading is not None
    assert "Loading" in server.plain(loading)
    await door.fill_dialog(view_id, facts)
    return view_id


async def test_a_dialog_opens_as_loading_is_filled_and_submitted(
    door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    await open_dialog(door, server, dialog())
    chosen = {"Action": "Dismiss risk", "Cohorts": ["Ping"], "Reason": "Microsoft says so"}
    assert await server.fill_and_submit(ADA, chosen) == {}
    click = await inbox.next()
    assert (click.kind, click.subject_id, click.channel) == (ClickKind.SUBMIT_REQUEST, SURGE, IDENTITY_ALERTS)
    assert (click.action, click.cohorts, click.reason) == ("Dismiss risk", ("Ping",), "Microsoft says so")
    assert server.dialog(ADA) is None


async def test_what_is_preselected_is_submitted(door: SlackDoor, server: WorkspaceServer, inbox: Inbox):
    await open_dialog(door, server, dialog())
    await server.fill_and_submit(ADA, {"Reason": "Microsoft says so"})
    click = await inbox.next()
    assert (click.action, click.cohorts) == ("Confirm safe", ("cloud-only", "Ping"))


async def test_faults_are_shown_below_their_fields_and_the_dialog_stays(
    door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    await open_dialog(door, server, dialog())
    inbox.errors = {"reason": "Say what makes you sure.", "cohorts": "Nobody is left.", "elsewhere": "And this."}
    errors = await server.fill_and_submit(ADA, {"Reason": "x"})
    assert errors == {"Reason": "Say what makes you sure. And this.", "Cohorts": "Nobody is left."}
    assert inbox.taken == {}
    inbox.errors = {}
    assert await server.fill_and_submit(ADA, {"Reason": "Microsoft says so"}) == {}
    assert (await inbox.next()).reason == "Microsoft says so"


async def test_a_submission_delivered_twice_is_one_click(door: SlackDoor, server: WorkspaceServer, inbox: Inbox):
    await open_dialog(door, server, dialog())
    await server.fill_and_submit(ADA, {"Reason": "Microsoft says so"})
    await server.replay(server.envelopes[-1])
    assert len(inbox.arrivals) == 2
    assert len(inbox.taken) == 1


@pytest.mark.parametrize("metadata", ["", "{", "[]", '{"surge": 3}', '{"surge": "../x"}', "[" * 3000])
async def test_a_forged_dialog_is_out_of_date(metadata: str, door: SlackDoor, server: WorkspaceServer, inbox: Inbox):
    await open_dialog(door, server, dialog())
    await server.fill_and_submit(ADA, {"Reason": "Microsoft says so"})
    payload = copy.deepcopy(server.envelopes[-1].payload)
    payload["view"] |= {"private_metadata": metadata, "id": "V0OTHER0001"}
    payload["view"]["state"] = {"values": {"cohorts": {"cohorts": {"selected_options": [1, {"value": None}]}}}}
    await server.forge(payload)
    assert inbox.carried_out[-1].kind is ClickKind.OUT_OF_DATE


async def test_a_dialog_of_an_older_version_is_out_of_date(door: SlackDoor, server: WorkspaceServer, inbox: Inbox):
    await open_dialog(door, server, dialog())
    await server.fill_and_submit(ADA, {"Reason": "Microsoft says so"})
    payload = copy.deepcopy(server.envelopes[-1].payload)
    payload["view"]["callback_id"] = "dialog-of-an-older-version"
    await server.forge(payload)
    assert inbox.carried_out[-1].kind is ClickKind.OUT_OF_DATE
    assert len(inbox.taken) == 1 or inbox.carried_out[-1].key in inbox.taken


async def test_a_command_gets_an_answer(server: WorkspaceServer):
    answer = await server.command(ADA, IDENTITY_ALERTS, "/countersign", "help")
    assert answer is not None
    assert "Use the buttons" in answer["text"]


async def test_events_are_acknowledged_and_change_nothing(server: WorkspaceServer, inbox: Inbox):
    await server.open_home(ADA)
    await server.send_message(ADA, IDENTITY_ALERTS, "@countersign hello")
    await server.wait_for(lambda: [each.acknowledged for each in server.envelopes] == [True, True])
    assert inbox.arrivals == []


async def test_no_payload_token_or_name_reaches_a_log(
    door: SlackDoor, server: WorkspaceServer, caplog: pytest.LogCaptureFixture, listening: SlackConnection
):
    caplog.set_level(logging.DEBUG)
    ts = await posted(door, request_account())
    await server.press(GRACE, None, ts, "Approve")
    with pytest.raises(NotAcknowledged):
        await server.forge({"type": "block_actions", "actions": [], "user": {"id": GRACE}, "secret": "S3CRET"})
    assert "Slack's library: async_client.run_message_listeners (IndexError)" in caplog.text
    workspace = server.workspace
    for secret in (workspace.bot_token, workspace.app_token, "S3CRET", GRACE, "Microsoft's own log", "ticket="):
        assert secret not in caplog.text


def test_every_button_has_a_name_of_its_own():
    assert len(set(BUTTONS.values())) == len(BUTTONS)
