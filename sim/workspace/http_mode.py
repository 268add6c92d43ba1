"""HTTP mode: signed requests to the app's own address: docs.slack.dev/authentication/verifying-requests-from-slack."""

import hashlib
import hmac
import json
import time
from http import HTTPStatus
from urllib.parse import urlencode

import aiohttp

from sim.workspace.delivery import Envelope, NotAcknowledged
from sim.workspace.rules import Json
from sim.workspace.state import State


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The value of X-Slack-Signature."""
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256)
    return f"v0={digest.hexdigest()}"


class HttpMode:
    """Posts to one address of the app."""

    def __init__(self, state: State, url: str, signing_secret: str) -> None:
        self._state = state
        self._url = url
        self._secret = signing_secret

    async def carry(self, envelope: Envelope) -> Json | None:
        """Posts, and reads the acknowledgement from the answer's body; only a 200 in time acknowledges."""
        body, kind = self._body(envelope)
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._secret, timestamp, body),
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        if envelope.attempt:
            headers |= {"X-Slack-Retry-Num": str(envelope.attempt), "X-Slack-Retry-Reason": "http_timeout"}
        timeout = aiohttp.ClientTimeout(total=self._state.patience)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                text = await answer.text()
                if answer.status != HTTPStatus.OK:
                    raise NotAcknowledged(f"the app answered HTTP {answer.status}")
        except (TimeoutError, aiohttp.ClientError) as failure:
            raise NotAcknowledged(f"no answer: {type(failure).__name__}") from None
        try:
            payload = json.loads(text) if text else None
        except ValueError:
            payload = {"text": text} if envelope.kind == "slash_commands" else None
        return payload if isinstance(payload, dict) and payload else None

    @staticmethod
    def _body(envelope: Envelope) -> tuple[bytes, str]:
        if envelope.kind == "events_api":
            return json.dumps(envelope.payload).encode(), "application/json"
        fields = envelope.payload if envelope.kind == "slash_commands" else {"payload": json.dumps(envelope.payload)}
        return urlencode(fields).encode(), "application/x-www-form-urlencoded"
