"""What Graph's refusals mean, in words for people. Nothing of a payload and no token gets into them."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from bot.graph.endpoints import Endpoint
from bot.graph.entries import UnreadableError, strictly
from bot.ports.graph import Answer, GraphError, Problem
from bot.watch.durations import SECOND

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY, _SERVER = 401, 403, 404, 429, 500
_SUCCESS, _REDIRECT, _CLIENT = 200, 300, 400
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_LONGEST_COST = 4
_WORD = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST_MESSAGE = 200


class Words(msgspec.Struct, frozen=True):
    """A refusal in Graph's own words."""

    code: str = ""
    message: str = ""


class RefusedError(GraphError):
    """Graph answered with an error status."""

    def __init__(self, problem: Problem, why: str, *, status: int, words: Words) -> None:
        super().__init__(problem, why, status=status)
        self.words = words


class _Error(msgspec.Struct):
    code: Any = None
    message: Any = None


class _ErrorBody(msgspec.Struct):
    error: _Error


_ERROR_BODY = msgspec.json.Decoder(_ErrorBody)


def words_of(body: bytes) -> Words:
    """Code and message of an OData error; both empty where the body is something else, such as a gateway's page."""
    try:
        error = strictly(_ERROR_BODY, body).error
    except UnreadableError:
        return Words()
    code = error.code if isinstance(error.code, str) else ""
    message = error.message if isinstance(error.message, str) else ""
    return Words(code=_WORD.sub(" ", code)[:64].strip(), message=" ".join(message.split())[:_LONGEST_MESSAGE])


def refusal(status: int, body: bytes, endpoint: Endpoint) -> RefusedError:
    """The error for an answer with this status, with the mend where there is one."""
    words = words_of(body)
    problem, why = _judgement(status, words, endpoint)
    return RefusedError(problem, why, status=status, words=words)


def _judgement(status: int, words: Words, endpoint: Endpoint) -> tuple[Problem, str]:
    code = f" ({words.code})" if words.code else ""
    known = {
        _UNAUTHORIZED: (Problem.TOKEN_REFUSED, f"Microsoft Graph refused the token{code}: check the app's credential"),
        _FORBIDDEN: _forbidden(words, endpoint),
        _NOT_FOUND: (Problem.NOT_FOUND, f"Microsoft Graph knows no such entry in {endpoint.name}{code}"),
        _TOO_MANY: (Problem.THROTTLED, f"Microsoft's limit for {endpoint.family} was reached again and again"),
    }
    if status in known:
        return known[status]
    if status >= _SERVER:
        return Problem.UNAVAILABLE, f"Microsoft Graph answered {status} for {endpoint.name}{code}"
    if status >= _CLIENT:
        return Problem.BAD_REQUEST, f"Microsoft Graph refused the request for {endpoint.name} with {status}{code}"
    return Problem.MALFORMED, f"Microsoft Graph answered {status} for {endpoint.name}, which is not expected"


def _forbidden(words: Words, endpoint: Endpoint) -> tuple[Problem, str]:
    said = f"{words.code} {words.message}".lower()
    if "licen" in said or "premium" in said:
        return Problem.NO_LICENCE, f"needs a {endpoint.licence or 'Microsoft Entra ID'} licence"
    return Problem.NOT_PERMITTED, f"needs {endpoint.permission}"


def retry_after(value: str | None, *, now: int) -> float | None:
    """Seconds that a Retry-After header asks for (also fractional, also an HTTP date); None where it says nothing.

    now: microseconds since 1970 UTC.
    """
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.fromtimestamp(now / SECOND, UTC)).total_seconds()
    return seconds if 0 < seconds < float("inf") else None


def answer_to(status: int, body: bytes, request_id: str) -> Answer:
    """What came back from a write, in Microsoft's words where it was refused."""
    if _SUCCESS <= status < _REDIRECT:
        return Answer(status=status, request_id=request_id, why="")
    words = words_of(body)
    why = ": ".join(filter(None, (words.code, words.message))) or f"HTTP {status}"
    return Answer(status=status, request_id=request_id, why=why)


def request_id_of(found: str) -> str:
    """Microsoft's id of a call, of the only form that it has, since it goes to logs and people; else empty."""
    return found if _REQUEST_ID.fullmatch(found) else ""


def share_used(value: str | None) -> float | None:
    """x-ms-throttle-limit-percentage: which part of the app's budget is spent, from 0.8 on. 1.0 is all of it."""
    try:
        return float(value) if value else None
    except ValueError:
        return None


def cost_of(value: str | None) -> int:
    """x-ms-resource-unit: what the call took from the directory's budget; 0 where it is not told."""
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) <= _LONGEST_COST else 0
