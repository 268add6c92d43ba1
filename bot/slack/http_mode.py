"""HTTP mode: Slack posts to /slack/events. Who posts is checked here, before anything else looks at the body.

docs.slack.dev/authentication/verifying-requests-from-slack. Bolt answers 500 to a timestamp that is no number or a
signature outside ASCII, and logs the body of a forged request; here each is a 4xx, and no body is ever logged.
"""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from urllib.parse import parse_qs

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

log = structlog.get_logger(__name__)

PATH = "/slack/events"
STALE_AFTER = 300
"""Seconds."""
MOST_BYTES = 1_000_000
_DIGITS = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


def refuse(headers: Mapping[str, str], body: bytes, *, signing_secret: str, now: float) -> tuple[int, str] | None:
    """Status and reason when a request is not Slack's, or too old. now: seconds since 1970 UTC."""
    timestamp = headers.get("X-Slack-Request-Timestamp", "")
    signature = headers.get("X-Slack-Signature", "")
    if not _DIGITS.fullmatch(timestamp):
        return 400, "timestamp"
    if not _SIGNATURE.fullmatch(signature):
        return 401, "signature"
    if abs(now - int(timestamp)) > STALE_AFTER:
        return 401, "stale"
    signed = b"v0:" + timestamp.encode() + b":" + body
    wanted = "v0=" + hmac.new(signing_secret.encode(), signed, hashlib.sha256).hexdigest()
    return None if hmac.compare_digest(wanted, signature) else (401, "signature")


def is_well_formed(body: bytes, content_type: str) -> bool:
    """Whether Bolt can read it: an event as a JSON object, or a form with an interaction or a command."""
    try:
        text = body.decode()
        if content_type == "application/json":
            return _is_known(json.loads(text))
        if content_type != "application/x-www-form-urlencoded":
            return False
        form = parse_qs(text, keep_blank_values=True, max_num_fields=100)
        if "payload" in form:
            return _is_known(json.loads(form["payload"][0]))
    except (ValueError, RecursionError):
        return False
    return "command" in form or form.get("ssl_check") == ["1"]


def _is_known(payload: object) -> bool:
    """Whether what Bolt looks at, to find the listener, has the type that it takes for granted."""
    if not isinstance(payload, dict):
        return False
    match payload.get("type"):
        case "event_callback":
            return _names(payload.get("event"), "type")
        case "block_actions":
            actions = payload.get("actions")
            return isinstance(actions, list) and bool(actions) and _names(actions[0], "action_id")
        case "view_submission" | "view_closed":
            return _names(payload.get("view"), "callback_id")
        case "url_verification":
            return _names(payload, "challenge")
        case kind:
            return isinstance(kind, str) and _names(payload, "callback_id")


def _names(value: object, name: str) -> bool:
    return isinstance(value, dict) and isinstance(value.get(name), str)


def events_handler(
    app: AsyncApp, *, signing_secret: str, now: Callable[[], float] = time.time
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The aiohttp handler for POST /slack/events. now: seconds since 1970 UTC.

    4xx to what is not Slack's or can't be read; 503 when a click could not be kept, so that the person is told.
    """
    if not signing_secret:
        msg = "HTTP mode needs SLACK_SIGNING_SECRET"
        raise ValueError(msg)

    async def handle(request: web.Request) -> web.Response:
        body = await _read(request)
        if body is None:
            return web.Response(status=413, text="too large")
        refusal = refuse(request.headers, body, signing_secret=signing_secret, now=now())
        if refusal is None and not is_well_formed(body, request.content_type):
            refusal = 400, "malformed"
        if refusal is not None:
            log.warning("slack_request_refused", reason=refusal[1], status=refusal[0])
            return web.Response(status=refusal[0], text=refusal[1])
        headers: dict[str, str | Sequence[str]] = {"content-type": [request.content_type]}
        try:
            response = await app.async_dispatch(AsyncBoltRequest(body=body.decode(), headers=headers))
        except Exception as failure:  # noqa: BLE001 - what a listener raises stays within Bolt: this is the payload's shape
            log.warning("slack_request_refused", reason="malformed", failure=type(failure).__name__)
            return web.Response(status=400, text="malformed")
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text="not taken")
        return await to_aiohttp_response(response)

    return handle


async def _read(request: web.Request) -> bytes | None:
    """The body; None when it is larger than anything that Slack sends."""
    if (request.content_length or 0) > MOST_BYTES:
        return None
    body = bytearray()
    async for part in request.content.iter_chunked(65_536):
        body += part
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)
