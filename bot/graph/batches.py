"""`$batch`: up to 20 requests in one call. Users by id, many in one call: each request names up to 15 ids.

Each inner request is judged alone. The outer answer is 200 also where some within were refused: only those are asked
again, after the longest wait that one of them names. Source: Microsoft Graph, "Combine multiple HTTP requests using
JSON batching" and "Microsoft Graph throttling guidance".
"""

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from kiota_abstractions.request_information import RequestInformation
from msgraph.graph_service_client import GraphServiceClient

from bot.graph import requests
from bot.graph.calls import Answered, GraphCalls
from bot.graph.endpoints import Endpoint
from bot.graph.entries import Listing, UnreadableError, strictly
from bot.graph.lists import Lists, MakeRequest
from bot.graph.refusals import refusal, retry_after
from bot.ports.graph import GraphError, Priority, Problem
from bot.ports.world import World

T = TypeVar("T")
Ids = tuple[str, ...]

_ROUNDS = 8
"""How often an inner request is asked in all before its last refusal is raised."""

_TOO_MANY = 429
_OK = 200
_BAD_REQUEST = 400
_WORTH_ANOTHER_TRY = frozenset({408, 429, 500, 502, 503, 504})


class Inner(msgspec.Struct):
    """The answer to one request of a batch."""

    id: str
    status: int
    headers: dict[str, Any] | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")

    def header(self, name: str) -> str:
        """A header by its lower-case name; empty where it is missing."""
        for key, value in (self.headers or {}).items():
            if key.lower() == name:
                return str(value)
        return ""


class _Outer(msgspec.Struct):
    responses: list[Inner]


_OUTER = msgspec.json.Decoder(_Outer)


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """What is asked of users by id."""

    endpoint: Endpoint
    request: Callable[[Ids], RequestInformation]
    """For up to 15 ids."""
    follow: MakeRequest
    """For the nextLink of an answer."""
    decode: Callable[[bytes], Listing[T]]


def batches_needed(count: int) -> int:
    """Calls that so many ids cost."""
    return math.ceil(count / (requests.IDS_IN_A_FILTER * requests.REQUESTS_IN_A_BATCH))


def answers_by_number(body: bytes) -> Mapping[str, Inner]:
    """The inner answers, which come in any order, by the number of their question. Raises UnreadableError."""
    return {answer.id: answer for answer in strictly(_OUTER, body).responses}


def longest_wait(answers: Iterable[Inner], *, now: int) -> float | None:
    """The longest Retry-After (seconds) within a batch, of those that were refused; None where none names one."""
    waits = [retry_after(answer.header("retry-after"), now=now) for answer in answers if answer.status == _TOO_MANY]
    return max(filter(None, waits), default=None)


class ById:
    """Reads users by id in batches."""

    def __init__(self, calls: GraphCalls, lists: Lists, client: GraphServiceClient, world: World) -> None:
        self._calls = calls
        self._lists = lists
        self._client = client
        self._world = world

    async def read(self, user_ids: Sequence[str], priority: Priority, question: Question[T]) -> list[tuple[T, int]]:
        """The users that exist, each with when it was asked (microseconds UTC). Raises GraphError."""
        size = requests.IDS_IN_A_FILTER
        groups = [tuple(user_ids[start : start + size]) for start in range(0, len(user_ids), size)]
        found: list[tuple[T, int]] = []
        tries: dict[Ids, int] = {}
        while groups:
            asked, groups = groups[: requests.REQUESTS_IN_A_BATCH], groups[requests.REQUESTS_IN_A_BATCH :]
            reading = await self._ask(asked, priority, question)
            again: list[Ids] = []
            for group, answer in zip(asked, reading.value, strict=True):
                again += await self._take(group, answer, reading.read_at, found, priority, question)
            for group in again:
                tries[group] = tries.get(group, 0) + 1
            _give_up(again, reading.value, asked, tries, question.endpoint)
            if again:
                await self._wait(max(tries[group] for group in again), reading.value, question.endpoint)
            groups = again + groups
        return found

    async def _ask(self, groups: Sequence[Ids], priority: Priority, question: Question[T]) -> Answered[list[Inner]]:
        family = question.endpoint.family

        def request() -> RequestInformation:
            return requests.batch(self._client, [question.request(group) for group in groups])

        def read(body: bytes) -> list[Inner]:
            return _ordered(body, len(groups))

        units = len(groups) * question.endpoint.units
        reading = await self._calls.read(request, question.endpoint, priority, read, units=units)
        if any(answer.status == _TOO_MANY for answer in reading.value):
            wait = longest_wait(reading.value, now=self._world.now())
            self._calls.refused_inside(family, taken_at=reading.taken_at, wait=wait)
        return reading

    async def _take(
        self,
        group: Ids,
        answer: Inner,
        read_at: int,
        found: list[tuple[T, int]],
        priority: Priority,
        question: Question[T],
    ) -> list[Ids]:
        """Keep what an inner answer brought; the groups that must be asked again."""
        if answer.status == _OK:
            try:
                listing = question.decode(bytes(answer.body))
            except UnreadableError:
                return [group]
            found += [(item, read_at) for item in listing.items]
            if listing.next_link:
                found += await self._rest(listing.next_link, priority, question)
            return []
        if answer.status in _WORTH_ANOTHER_TRY:
            return [group]
        if answer.status == _BAD_REQUEST and len(group) > 1:  # one id that is none spoils its whole filter
            middle = len(group) // 2
            return [group[:middle], group[middle:]]
        if answer.status == _BAD_REQUEST and not _is_unsupported(answer):
            return []
        raise refusal(answer.status, bytes(answer.body), question.endpoint)

    async def _rest(self, first: str, priority: Priority, question: Question[T]) -> list[tuple[T, int]]:
        self._lists.refuse_to_stray(first, question.endpoint)

        def follow(link: str | None) -> RequestInformation:
            return question.follow(link or first)

        rest = self._lists.read(follow, question.endpoint, priority, question.decode)
        return [(item, page.read_at) async for page in rest for item in page.items]

    async def _wait(self, tries: int, answers: Sequence[Inner], endpoint: Endpoint) -> None:
        if any(answer.status in _WORTH_ANOTHER_TRY - {_TOO_MANY} for answer in answers):
            await asyncio.sleep(self._calls.delay(endpoint.family, tries))


def _give_up(
    again: Sequence[Ids], answers: Sequence[Inner], asked: Sequence[Ids], tries: Mapping[Ids, int], endpoint: Endpoint
) -> None:
    for group, answer in zip(asked, answers, strict=True):
        if group in again and tries[group] >= _ROUNDS:
            if answer.status == _OK:
                raise GraphError(Problem.MALFORMED, "an answer within a batch could not be read", status=_OK)
            raise refusal(answer.status, bytes(answer.body), endpoint)


def _is_unsupported(answer: Inner) -> bool:
    """Whether a 400 is about the query, not about the one id that it names."""
    return b"unsupported" in bytes(answer.body).lower()


def _ordered(body: bytes, expected: int) -> list[Inner]:
    by_number = answers_by_number(body)
    try:
        return [by_number[str(number)] for number in range(expected)]
    except KeyError as error:
        raise UnreadableError("an answer is missing in the batch") from error
