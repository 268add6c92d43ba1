import copy
import json
import logging
import time
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web

from bot.ports.slack import ClickKind
from bot.slack.connection import SlackConnection
from bot.slack.door import SlackDoor
from bot.slack.http_mode import MOST_BYTES, PATH, events_handler
from sim.workspace import NotAcknowledged, WorkspaceServer
from sim.workspace.contoso import GRACE, IDENTITY_ALERTS
from sim.workspace.http_mode import signature
from tests.slack.accounts import request_account
from tests.slack.conftest import Inbox
from tests.slack.test_listeners import CARD, open_dialog
from tests.slack.test_other_cards import dialog

SECRET_WORDS = "a body that no log may hold"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def url(
    connection: SlackConnection, door: SlackDoor, server: WorkspaceServer, inbox: Inbox
) -> AsyncIterator[str]:
    secret = server.workspace.signing_secret
    application = web.Application()
    application.router.add_post(PATH, events_handler(connection.build_app(inbox), signing_secret=secret))
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
    server.deliver_to(address)
    yield address
    await runner.cleanup()


async def send(url: str, body: bytes, headers: dict[str, str]) -> int:
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        await answer.read()
        return answer.status


def signed(server: WorkspaceServer, body: bytes, *, at: str | None = None, kind: str = FORM) -> dict[str, str]:
    timestamp = at if at is not None else str(int(time.time()))
    return {
        "Content-Type": kind,
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(server.workspace.signing_secret, timestamp, body),
    }


async def test_a_signed_press_is_taken(url: str, door: SlackDoor, server: WorkspaceServer, inbox: Inbox):
    posted = await door.post(request_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    await server.press(GRACE, None, posted.ts, "Approve")
    assert (await inbox.next()).kind is ClickKind.APPROVE


async def test_a_dialog_shows_its_faults_over_http_too(
    url: str, door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    await open_dialog(door, server, dialog())
    inbox.errors = {"reason": "Say what makes you sure."}
    assert await server.fill_and_submit("U0ADA000001", {"Reason": "x"}) == {"Reason": "Say what makes you sure."}


async def test_a_click_that_can_not_be_kept_is_not_acknowledged_over_http_either(
    url: str, door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    posted = await door.post(request_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    inbox.broken = True
    with pytest.raises(NotAcknowledged, match="503"):
        await server.press(GRACE, None, posted.ts, "Approve")


async def test_slacks_first_knock_is_answered(url: str, server: WorkspaceServer):
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "t"}).encode()
    assert await send(url, body, signed(server, body, kind="application/json")) == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Slack-Request-Timestamp": "soon"}, 400),
        ({"X-Slack-Request-Timestamp": ""}, 400),
        ({"X-Slack-Request-Timestamp": "-1"}, 400),
        ({"X-Slack-Request-Timestamp": "1" * 5000}, 400),
        ({"X-Slack-Request-Timestamp": "1e9"}, 400),
        ({"X-Slack-Signature": "v0=\u00e9\u00e9"}, 401),
        ({"X-Slack-Signature": ""}, 401),
        ({"X-Slack-Signature": "v0=" + "0" * 64}, 401),
        ({"X-Slack-Signature": "v1=" + "0" * 64}, 401),
        ({"X-Slack-Request-Timestamp": str(int(time.time()) - 301)}, 401),
        ({"X-Slack-Request-Timestamp": str(int(time.time()) + 1000)}, 401),
    ],
)
async def test_what_is_forged_or_stale_is_refused(
    headers: dict[str, str], status: int, url: str, server: WorkspaceServer, inbox: Inbox, caplog
):
    caplog.set_level(logging.DEBUG)
    body = urlencode({"payload": json.dumps({"type": "block_actions", "words": SECRET_WORDS})}).encode()
    assert await send(url, body, {**signed(server, body), **headers}) == status
    assert inbox.arrivals == []
    assert SECRET_WORDS not in caplog.text


async def test_a_request_that_was_signed_too_long_ago_is_refused(url: str, server: WorkspaceServer):
    body = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    old = str(int(time.time()) - 301)
    assert await send(url, body, signed(server, body, at=old, kind="application/json")) == 401


async def test_a_body_changed_after_the_signature_is_refused(url: str, server: WorkspaceServer):
    body = b'{"type": "url_verification", "challenge": "abc"}'
    headers = signed(server, body, kind="application/json")
    assert await send(url, body.replace(b"abc", b"abd"), headers) == 401


async def test_without_any_header_it_is_refused(url: str):
    assert await send(url, b"", {}) == 400


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", FORM),
        (b"\xff\xfe", FORM),
        (b"payload=", FORM),
        (b"payload=[]", FORM),
        (b"payload=null", FORM),
        (b"payload=%7B", FORM),
        (b"&".join([b"a=b"] * 500), FORM),
        (b"a=b", FORM),
        (b"[" * 100_000, "application/json"),
        (b"{}", "application/json"),
        (b"{}", "text/plain"),
        (b'{"type": "event_callback", "event": 3}', "application/json"),
        (b'{"type": "event_callback", "event": {"type": 3}}', "application/json"),
        (b'{"type": ["block_actions"]}', "application/json"),
        (b"payload=" + b'{"type": "block_actions"}', FORM),
        (b"payload=" + b'{"type": "block_actions", "actions": [{}]}', FORM),
        (b"payload=" + b'{"type": "block_actions", "actions": [{"action_id": "a"}], "user": 3, "team": 4}', FORM),
        (b"payload=" + b'{"type": "view_submission", "view": []}', FORM),
        (b"payload=" + b'{"type": "view_submission", "view": {"callback_id": 1}}', FORM),
    ],
)
async def test_what_is_malformed_is_refused_though_it_is_signed(
    body: bytes, kind: str, url: str, server: WorkspaceServer, caplog
):
    status = await send(url, body, signed(server, body, kind=kind))
    assert 400 <= status < 500
    assert body.decode("latin-1")[:20] not in caplog.text or not body


@pytest.mark.parametrize("announced", [True, False])
async def test_what_is_too_large_is_refused(announced: bool, url: str, server: WorkspaceServer):
    body = b"x" * (MOST_BYTES + 1)

    async def parts() -> AsyncIterator[bytes]:
        yield body

    async with aiohttp.ClientSession() as session:
        data = body if announced else parts()
        async with session.post(url, data=data, headers=signed(server, body)) as answer:
            assert answer.status == 413


async def test_a_press_with_a_value_of_no_form_is_out_of_date_over_http(
    url: str, door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    posted = await door.post(request_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    await server.press(GRACE, None, posted.ts, "Approve")
    payload = copy.deepcopy(server.envelopes[-1].payload)
    payload["actions"][0]["value"] = {"not": "a string"}
    await server.forge(payload)
    assert inbox.carried_out[-1].kind is ClickKind.OUT_OF_DATE


def test_http_mode_without_a_signing_secret_does_not_start(inbox: Inbox):
    with pytest.raises(ValueError, match="SLACK_SIGNING_SECRET"):
        events_handler(None, signing_secret="")  # type: ignore[arg-type]
