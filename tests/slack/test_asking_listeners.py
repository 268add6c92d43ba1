"""From the dialogs of requests to their clicks, over a real socket."""

import copy

import pytest

from bot.decide.action import Action
from bot.decide.request import RequestState
from bot.ports.slack import ClickKind, DetailsDialog
from bot.record.account import Shortage
from bot.slack.door import SlackDoor
from sim.workspace import WorkspaceServer
from sim.workspace.contoso import ADA, GRACE, IDENTITY_ALERTS
from tests.slack.accounts import REQUEST, RUN, SURGE, request_account, surge_account
from tests.slack.conftest import Inbox
from tests.slack.test_asking_cards import recovery, release, way_back
from tests.slack.test_listeners import open_dialog, posted
from tests.slack.test_other_cards import dialog

pytestmark = pytest.mark.usefixtures("listening")
SHORT = Shortage(able=0, needed=1, flagged=1, break_glass=2, is_asked_for=False)


@pytest.mark.parametrize(
    ("account", "button", "kind", "subject"),
    [
        (request_account(RequestState.EXPIRED, may_ask_again=True), "Ask again", ClickKind.ASK_AGAIN, REQUEST),
        (surge_account(shortage=SHORT), "Request recovery", ClickKind.OPEN_RECOVERY, SURGE),
    ],
)
async def test_each_new_button_becomes_its_click(account, button, kind, subject, door: SlackDoor, server, inbox: Inbox):
    ts = await posted(door, account)
    await server.press(GRACE, None, ts, button)
    click = await inbox.next()
    assert (click.kind, click.subject_id, click.view_id) == (kind, subject, "")


@pytest.mark.parametrize(
    ("shown", "button", "kind"),
    [
        (dialog(can_release=True), "Release one of them", ClickKind.OPEN_RELEASE),
        (
            DetailsDialog("S", (), (), SURGE, IDENTITY_ALERTS, (ClickKind.OPEN_RELEASE, ClickKind.OPEN_WAY_BACK)),
            "Way back",
            ClickKind.OPEN_WAY_BACK,
        ),
    ],
)
async def test_a_button_in_a_dialog_names_the_dialog_and_the_channel_of_the_surge(
    shown, button, kind, door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    view_id = await open_dialog(door, server, shown)
    await server.press(ADA, None, None, button, where="dialog")
    click = await inbox.next()
    assert (click.kind, click.subject_id) == (kind, SURGE)
    assert (click.view_id, click.channel, click.message_ts) == (view_id, IDENTITY_ALERTS, "")
    await door.fill_dialog(click.view_id, release())
    assert "Release a user" in server.plain(server.dialog(ADA))


async def test_the_choice_of_an_action_is_told_at_once_and_keeps_what_was_typed(
    door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    view_id = await open_dialog(door, server, dialog())
    await server.select(ADA, "Action", "Dismiss risk")
    click = await inbox.next()
    assert (click.kind, click.action, click.view_id) == (ClickKind.CHOOSE_ACTION, "Dismiss risk", view_id)
    assert (click.subject_id, click.channel) == (SURGE, IDENTITY_ALERTS)
    await door.fill_dialog(view_id, dialog(action=Action.DISMISS_RISK))
    await server.fill_and_submit(ADA, {"Reason": "Microsoft says so"})
    assert (await inbox.next()).action == "Dismiss risk"


@pytest.mark.parametrize(
    ("shown", "filled", "kind", "expected"),
    [
        (release(), {"User": "ada@contoso.example"}, ClickKind.SUBMIT_RELEASE, {"people": ("id-1",)}),
        (release(more=1), {"User": "eve@x.example"}, ClickKind.SUBMIT_RELEASE, {"people": ("eve@x.example",)}),
        (recovery(), {}, ClickKind.SUBMIT_RECOVERY, {"people": ("id-1", "id-2")}),
        (way_back(), {}, ClickKind.SUBMIT_WAY_BACK, {"run_id": RUN, "action": "Confirm compromised"}),
    ],
)
async def test_each_dialog_becomes_its_click_with_what_was_chosen_and_the_code(
    shown, filled, kind, expected, door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    await open_dialog(door, server, shown)
    assert await server.fill_and_submit(ADA, filled | {"Reason": "Looked at it", "One-time code": "123 456"}) == {}
    click = await inbox.next()
    assert (click.kind, click.subject_id, click.reason, click.code) == (kind, SURGE, "Looked at it", "123 456")
    assert {name: getattr(click, name) for name in expected} == expected


async def test_a_fault_is_shown_below_the_field_that_this_dialog_has(
    door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    await open_dialog(door, server, release())
    inbox.errors = {"people": "Nobody of that name.", "cohorts": "Not here."}
    errors = await server.fill_and_submit(ADA, {"User": "ada@contoso.example", "Reason": "x"})
    assert errors == {"User": "Nobody of that name.", "Reason": "Not here."}


async def test_an_unknown_button_in_a_dialog_does_not_use_up_its_submission(
    door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    await open_dialog(door, server, dialog(can_release=True))
    await server.press(ADA, None, None, "Release one of them", where="dialog")
    payload = copy.deepcopy(server.envelopes[-1].payload)
    payload["actions"][0]["action_id"] = "button-of-an-older-version"
    await server.forge(payload)
    assert inbox.carried_out[-1].kind is ClickKind.OUT_OF_DATE
    await server.fill_and_submit(ADA, {"Reason": "Microsoft says so"})
    assert inbox.carried_out[-1].kind is ClickKind.SUBMIT_REQUEST
    assert len(inbox.taken) == len(inbox.arrivals), "each has a key of its own"


@pytest.mark.parametrize(
    "change",
    [
        lambda payload: payload["view"].update(private_metadata="{}"),
        lambda payload: payload["view"].update(private_metadata='{"surge": "../x"}'),
        lambda payload: payload["view"].update(id="not a view"),
    ],
)
async def test_a_forged_choice_is_out_of_date(change, door: SlackDoor, server: WorkspaceServer, inbox: Inbox):
    await open_dialog(door, server, dialog())
    await server.select(ADA, "Action", "Dismiss risk")
    payload = copy.deepcopy(server.envelopes[-1].payload)
    change(payload)
    await server.forge(payload)
    assert inbox.carried_out[-1].kind is ClickKind.OUT_OF_DATE
