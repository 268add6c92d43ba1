"""The dialog that signs: what it shows, and what its submission may say."""

import copy
import json

import pytest

from bot.decide.action import Action
from bot.ports.slack import ClickKind, SigningDialog
from bot.slack.cards.render import view
from bot.slack.door import SlackDoor
from sim.workspace import WorkspaceServer
from sim.workspace.contoso import ADA, GRACE, IDENTITY_ALERTS
from tests.slack.conftest import Inbox
from tests.slack.test_listeners import open_dialog

pytestmark = pytest.mark.usefixtures("listening")
REQUEST, PRESS = "a" * 32, "b" * 64


def dialog(**values) -> SigningDialog:
    known = {
        "submits": ClickKind.SUBMIT_APPROVAL,
        "subject_id": REQUEST,
        "channel": IDENTITY_ALERTS,
        "opened_by": PRESS,
        "surge_name": "S-7F3K",
        "action": Action.CONFIRM_SAFE,
        "users": 1_180,
        "requester": GRACE,
        "reason": "Microsoft's *mistake* <!channel>",
        "code_required": True,
    }
    return SigningDialog(**(known | values))


async def test_it_says_what_is_signed_and_by_whom_it_was_asked_for(door: SlackDoor, server: WorkspaceServer):
    await open_dialog(door, server, dialog())
    text = server.plain(server.dialog(ADA))
    for words in ("Confirm safe for 1,180 users", "S-7F3K", "<!channel>", "One-time code"):
        assert words in text


async def test_the_submission_hands_back_the_code_and_the_press_that_opened_it(
    door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    await open_dialog(door, server, dialog())
    assert await server.fill_and_submit(ADA, {"One-time code": "123 456"}) == {}
    click = await inbox.next()
    assert (click.kind, click.subject_id, click.opened_by) == (ClickKind.SUBMIT_APPROVAL, REQUEST, PRESS)
    assert (click.code, click.channel, click.is_from_host) == ("123 456", IDENTITY_ALERTS, False)


async def test_a_signature_for_going_on_says_why_the_run_is_paused_and_is_told_from_an_approval(
    door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    why = "too many of its users were flagged for something else: 6 of its users"
    await open_dialog(door, server, dialog(submits=ClickKind.SUBMIT_GOING_ON, paused_because=why, shown=PRESS))
    text = server.plain(server.dialog(ADA))
    for words in ("Let this run go on", why, "Confirm safe for 1,180 users"):
        assert words in text
    assert await server.fill_and_submit(ADA, {"One-time code": "123456"}) == {}
    click = await inbox.next()
    assert (click.kind, click.subject_id, click.opened_by) == (ClickKind.SUBMIT_GOING_ON, REQUEST, PRESS)
    assert click.shown == PRESS


async def test_where_no_code_is_required_the_field_may_stay_empty(
    door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    await open_dialog(door, server, dialog(code_required=False))
    assert await server.fill_and_submit(ADA, {}) == {}
    assert (await inbox.next()).code == ""


async def test_where_one_is_required_it_may_not(door: SlackDoor, server: WorkspaceServer, inbox: Inbox):
    await open_dialog(door, server, dialog())
    assert await server.fill_and_submit(ADA, {}) != {}
    assert inbox.taken == {}


@pytest.mark.parametrize(
    ("metadata", "kind"),
    [
        ("{}", ClickKind.OUT_OF_DATE),
        ("[", ClickKind.OUT_OF_DATE),
        (json.dumps({"subject": "../etc"}), ClickKind.OUT_OF_DATE),
        (json.dumps({"subject": REQUEST, "opened_by": "x"}), ClickKind.SUBMIT_APPROVAL),
        (json.dumps({"subject": REQUEST, "is_from_host": True}), ClickKind.SUBMIT_APPROVAL),
    ],
)
async def test_a_forged_submission_names_no_press(
    metadata: str, kind: ClickKind, door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    await open_dialog(door, server, dialog())
    await server.fill_and_submit(ADA, {"One-time code": "123456"})
    await inbox.next()
    payload = copy.deepcopy(server.envelopes[-1].payload)
    payload["view"] |= {"private_metadata": metadata, "id": "V0OTHER0001"}
    await server.forge(payload)
    click = inbox.carried_out[-1]
    assert (click.kind, click.opened_by, click.is_from_host) == (kind, "", False)


def test_the_metadata_holds_ids_and_nothing_else():
    shown = view(dialog())
    assert set(json.loads(shown["private_metadata"])) == {"subject", "channel", "opened_by", "shown"}
