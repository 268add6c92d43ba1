"""Users by id, many in one call: `$batch` of up to 20 requests, each of which names up to 15 ids.

Each inner request is judged alone. The outer answer is 200 also where some within were refused: only those are asked
again, after the longest wait that one of them names. Source: Microsoft Graph, "Combine multiple HTTP requests using
JSON batching" and "Microsoft Graph throttling guidance".
"""

import asyncio
import math
from collections.abc import Sequence
from typing import Any

import msgspec
from kiota_abstractions.request_information import RequestInformation
from msgraph.graph_service_client import GraphServiceClient

from bot.graph import decode, requests
from bot.graph.calls import Calls
from bot.graph.decode import Listing, UnreadableError
from bot.graph.endpoints import USERS
from bot.graph.lists import Lists
from bot.graph.refusals import refusal, retry_after
from bot.ports.graph import GraphError, Priority, Problem
from bot.ports.world import World
from bot.watch.profile import DirectoryUser

_ROUNDS = 8
"""How often an inner request is asked in all before its last refusal is raised."""

_TOO_MANY = 429
_OK = 200
_BAD_REQUEST = 400
_WORTH_ANOTHER_TRY = frozenset({408, 429, 500, 502, 503, 504})


class _Inner(msgspec.Struct):
    id: str
    status: int
    headers: dict[str, Any] | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Outer(msgspec.Struct):
    responses: list[_Inner]


_OUTER = msgspec.json.Decoder(_Outer)


def batches_needed(count: int) -> int:
    """Calls that so many ids cost."""
    return math.ceil(count / (requests.IDS_IN_A_FILTER * requests.REQUESTS_IN_A_BATCH))


class UsersById:
    """Reads users by id in batches."""

    def __init__(self, calls: Calls, lists: Lists, client: GraphServiceClient, world: World) -> None:
        self._calls = calls
        self._lists = lists
        self._client = client
        self._world = world

    async def read(self, user_ids: Sequence[str], priority: Priority) -> dict[str, DirectoryUser]:
        """The users that exist, by id. Raises GraphError."""
        size = requests.IDS_IN_A_FILTER
        groups = [tuple(user_ids[start : start + size]) for start in range(0, len(user_ids), size)]
        found: dict[str, DirectoryUser] = {}
        tries: dict[tuple[str, ...], int] = {}
        while groups:
            asked, groups = groups[: requests.REQUESTS_IN_A_BATCH], groups[requests.REQUESTS_IN_A_BATCH :]
            answers = await self._ask(asked, priority)
            again: list[tuple[str, ...]] = []
            for group, answer in zip(asked, answers, strict=True):
                again += await self._take(group, answer, found, priority)
            for group in again:
                tries[group] = tries.get(group, 0) + 1
            if again:
                await self._wait(max(tries[group] for group in again), answers)
            groups = again + groups
            self._give_up(again, answers, asked, tries)
        return found

    async def _ask(self, groups: Sequence[tuple[str, ...]], priority: Priority) -> list[_Inner]:
        def request() -> RequestInformation:
            inner = [requests.users_by_id(self._client, group)(None) for group in groups]
            return requests.batch(self._client, inner)

        def read(body: bytes) -> list[_Inner]:
            return _ordered(body, len(groups))

        reading = await self._calls.read(request, USERS, priority, read, units=len(groups))
        waits = [_wait_of(answer, self._world.now()) for answer in reading.value if answer.status == _TOO_MANY]
        if waits:
            self._calls.refused_inside(
                USERS.family, taken_at=reading.taken_at, wait=max(filter(None, waits), default=None)
            )
        return reading.value

    async def _take(
        self, group: tuple[str, ...], answer: _Inner, found: dict[str, DirectoryUser], priority: Priority
    ) -> list[tuple[str, ...]]:
        """Keep what an inner answer brought; the groups that must be asked again."""
        if answer.status == _OK:
            try:
                listing = decode.users(bytes(answer.body))
            except UnreadableError:
                return [group]
            found.update({user.user_id: user for user in listing.items})
            if listing.next_link:
                found.update(await self._rest(listing, priority))
            return []
        if answer.status in _WORTH_ANOTHER_TRY:
            return [group]
        if answer.status == _BAD_REQUEST:  # one id that is none spoils its whole filter
            middle = len(group) // 2
            return [group[:middle], group[middle:]] if middle else []
        raise refusal(answer.status, bytes(answer.body), USERS)

    async def _rest(self, listing: Listing[DirectoryUser], priority: Priority) -> dict[str, DirectoryUser]:
        link = listing.next_link
        follow = requests.users(self._client)
        rest = self._lists.read(lambda here: follow(here or link), USERS, priority, decode.users)
        return {user.user_id: user async for page in rest for user in page.items}

    async def _wait(self, tries: int, answers: Sequence[_Inner]) -> None:
        if any(answer.status in _WORTH_ANOTHER_TRY - {_TOO_MANY} for answer in answers):
            await asyncio.sleep(self._calls.delay(USERS.family, tries))

    @staticmethod
    def _give_up(
        again: Sequence[tuple[str, ...]],
        answers: Sequence[_Inner],
        asked: Sequence[tuple[str, ...]],
        tries: dict[tuple[str, ...], int],
    ) -> None:
        for group, answer in zip(asked, answers, strict=True):
            if group in again and tries[group] >= _ROUNDS:
                if answer.status == _OK:
                    raise GraphError(Problem.MALFORMED, "an answer within a batch could not be read", status=_OK)
                raise refusal(answer.status, bytes(answer.body), USERS)


def _ordered(body: bytes, expected: int) -> list[_Inner]:
    """The inner answers, which come in any order, in that of the questions. Raises UnreadableError where one lacks."""
    by_id = {answer.id: answer for answer in decode.strictly(_OUTER, body).responses}
    try:
        return [by_id[str(number)] for number in range(expected)]
    except KeyError as error:
        raise UnreadableError("an answer is missing in the batch") from error


def _wait_of(answer: _Inner, now: int) -> float | None:
    headers = {name.lower(): str(value) for name, value in (answer.headers or {}).items()}
    return retry_after(headers.get("retry-after"), now=now)
