"""One call of the Web API: its pace, and what its failures mean."""

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports.slack import SlackError
from bot.slack.rates import Rates, TooLateError

Json = dict[str, Any]

SECONDS_TO_ANSWER = 15.0
MAYBE_DONE = frozenset({"internal_error", "fatal_error", "request_timeout", "service_unavailable"})
"""Slack's own failures: the call may have been carried out (docs.slack.dev/reference/methods/chat.postMessage)."""
_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500


class SlackCalls:
    """Calls Slack at Slack's pace. Every failure is a SlackError; nothing is sent twice by itself."""

    def __init__(self, client: AsyncWebClient, rates: Rates) -> None:
        self._client = client
        self._rates = rates

    async def __call__(
        self, method: str, arguments: Json, *, key: str = "", patience: float = math.inf, reads: bool = False
    ) -> Json:
        """The answer of a method. key: what has an allowance of its own. patience: seconds to wait for a slot.

        reads: called with GET, which the older methods want.
        """
        try:
            await self._rates.wait(method, key, patience=patience)
        except TooLateError as late:
            raise SlackError("ratelimited", retry_after=late.seconds) from None
        try:
            with slack_errors():
                if reads:
                    response = await self._client.api_call(method, http_verb="GET", params=arguments)
                else:
                    response = await self._client.api_call(method, json=arguments)
        except SlackError as error:
            if error.retry_after is not None:
                self._rates.refused(method, key, error.retry_after)
            raise
        answer = response.data
        if not isinstance(answer, dict):
            raise SlackError("malformed_answer", fate_unknown=True)
        return answer


@contextmanager
def slack_errors() -> Iterator[None]:
    """Whatever Slack's library raises within comes as SlackError; a fault of ours as it is."""
    try:
        yield
    except Exception as failure:
        error = as_slack_error(failure)
        if error is None:
            raise
        raise error from None


def as_slack_error(failure: Exception) -> SlackError | None:
    """What a failure of Slack's library means; None where it is a fault of ours. Carries no payload and no token."""
    if isinstance(failure, SlackApiError):
        return _refused(failure)
    if isinstance(failure, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return SlackError("not_reachable")
    if isinstance(failure, TimeoutError | asyncio.TimeoutError):
        return SlackError("timeout", fate_unknown=True)
    if isinstance(failure, aiohttp.ClientError | ConnectionError | SlackClientError | ValueError):
        return SlackError("connection_lost", fate_unknown=True)
    return None


def _refused(failure: SlackApiError) -> SlackError:
    response = failure.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    data = getattr(response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    if status == _TOO_MANY_REQUESTS or code in {"ratelimited", "rate_limited"}:
        return SlackError("ratelimited", retry_after=_retry_after(getattr(response, "headers", {})))
    if not isinstance(code, str) or status >= _SERVER_ERROR:
        return SlackError(code if isinstance(code, str) else "malformed_answer", fate_unknown=True)
    return SlackError(code[:100], fate_unknown=code in MAYBE_DONE)


def _retry_after(headers: Any) -> float:  # noqa: ANN401 - aiohttp's multidict or a plain mapping
    try:
        return max(1.0, float(next(value for name, value in headers.items() if name.lower() == "retry-after")))
    except (StopIteration, ValueError):
        return 30.0
