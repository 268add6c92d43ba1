"""One call to Graph: its slot, its tries, and what its answer means.

A read is tried again where that may help: at 429, 500, 502, 503, 504, a lost connection, a time-out, a truncated or
malformed answer. A write is sent once; what came of it is the caller's to judge.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

import httpx
import structlog
from kiota_abstractions.request_information import RequestInformation

from bot.graph.endpoints import Endpoint, Family
from bot.graph.entries import UnreadableError
from bot.graph.pacer import Pacer
from bot.graph.refusals import RefusedError, answer_to, cost_of, refusal, request_id_of, retry_after, share_used
from bot.graph.transport import Transport
from bot.ports.backoff import wait_after
from bot.ports.graph import Answer, GraphError, Priority, Problem
from bot.ports.world import World

T = TypeVar("T")

_TRIES = 4
_TRIES_WHEN_THROTTLED = 12
"""A shared budget refuses by chance: giving up after four would fail every long list beside a busy neighbour."""

_WORTH_ANOTHER_TRY = frozenset({408, 500, 502, 503, 504})
_TOO_MANY = 429
_UNAVAILABLE = 503
_SMALL = 32_768
"""Bytes that are decoded where they came in, in a millisecond or so; larger answers in a thread."""

_LONGEST_DELAY = 60.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """What a read gave. read_at: microseconds UTC, taken just before the request was sent."""

    value: T
    read_at: int
    taken_at: float
    """From when its slot counts, on the pacers' clock."""


@dataclass(frozen=True, slots=True)
class Written:
    """What came back from a write."""

    answer: Answer
    body: bytes
    """Empty where no answer came."""
    taken_at: float | None
    """From when its slot counts, on the pacers' clock; None where the door closed before."""


class GraphCalls:
    """All calls of one tenant, each through the pacer of its family."""

    def __init__(
        self,
        transport: Transport,
        pacers: Mapping[Family, Pacer],
        world: World,
        tenant_id: str,
        first_delay: float,
    ) -> None:
        self._transport = transport
        self._pacers = pacers
        self._world = world
        self._first_delay = first_delay
        self._log = log.bind(tenant_id=tenant_id)

    async def read(
        self,
        request: Callable[[], RequestInformation],
        endpoint: Endpoint,
        priority: Priority,
        decode: Callable[[bytes], T],
        *,
        units: int | None = None,
    ) -> Answered[T]:
        """Read and decode. `request` makes the request anew for each try, so that each carries a token of its own.

        units: what it takes from the family's budget; the endpoint's own unless given. Raises GraphError after the
        last try.
        """
        pacer = self._pacers[endpoint.family]
        units = endpoint.units if units is None else units
        failed = throttled = 0
        while True:
            taken_at = await pacer.slot(priority, units)
            read_at = self._world.now()
            asked_wait: float | None = None
            response: httpx.Response | None = None
            try:
                response = await self._transport.exchange(request(), partial(pacer.left, taken_at, units))
                asked_wait = self._learn(response, pacer, taken_at, units)
                return Answered(await self._value(response, endpoint, decode), read_at, taken_at)
            except GraphError as error:
                found = error
            except (httpx.RequestError, httpx.InvalidURL, TimeoutError) as error:
                found = _no_answer(error, endpoint)
            if found.status == _TOO_MANY:
                throttled += 1
            else:
                failed += 1
            self._tell(found, response, endpoint, attempt=failed + throttled)
            if not _may_help(found) or failed >= _TRIES or throttled >= _TRIES_WHEN_THROTTLED:
                raise found
            if found.status != _TOO_MANY:  # a 429 waits in the pacer, with everybody else of its family
                await asyncio.sleep(self.delay(endpoint.family, failed, asked_wait))

    async def write(
        self,
        request: RequestInformation,
        endpoint: Endpoint,
        priority: Priority,
        *,
        taken_at: float | None = None,
        units: int = 1,
    ) -> Written:
        """Send once and say what came. Never raises for what Graph or the net does. taken_at: a slot held already."""
        pacer = self._pacers[endpoint.family]
        answer = Answer(status=None, request_id="", why="")
        body = b""
        try:
            if taken_at is None:
                taken_at = await pacer.slot(priority, units)
            response = await self._transport.exchange(request, partial(pacer.left, taken_at, units))
            self._learn(response, pacer, taken_at, units)
            answer, body = _answer_of(response), response.content
        except GraphError as error:
            answer = Answer(status=None, request_id="", why=error.why)
        except (httpx.RequestError, httpx.InvalidURL, TimeoutError) as error:
            answer = Answer(status=None, request_id="", why=_no_answer(error, endpoint).why)
        self._log.info(
            "graph_write_sent" if answer.accepted else "graph_write_failed",
            method=request.http_method.value if request.http_method else "",
            resource=endpoint.name,
            family=endpoint.family.value,
            status=answer.status,
            request_id=answer.request_id,
        )
        return Written(answer, body, taken_at)

    def refused_inside(self, family: Family, *, taken_at: float, wait: float | None) -> None:
        """Tell of a 429 within a batch, whose own answer was 200."""
        self._pacers[family].refused(taken_at=taken_at, retry_after=wait)

    async def _value(self, response: httpx.Response, endpoint: Endpoint, decode: Callable[[bytes], T]) -> T:
        body = response.content
        if not response.is_success:
            raise refusal(response.status_code, body, endpoint)
        try:
            if len(body) <= _SMALL:
                return decode(body)
            return await asyncio.to_thread(decode, body)  # the event loop goes on meanwhile
        except UnreadableError as error:
            raise GraphError(
                Problem.MALFORMED,
                f"Microsoft Graph's answer for {endpoint.name} was cut off or malformed",
                status=response.status_code,
            ) from error

    def _tell(self, error: GraphError, response: httpx.Response | None, endpoint: Endpoint, *, attempt: int) -> None:
        level = logging.INFO if error.problem is Problem.NOT_FOUND else logging.WARNING
        self._log.log(
            level,
            "graph_read_failed",
            method="GET",
            resource=endpoint.name,
            family=endpoint.family.value,
            status=error.status,
            problem=error.problem.name.lower(),
            code=error.words.code if isinstance(error, RefusedError) else "",
            request_id=_request_id(response),
            attempt=attempt,
        )

    def _learn(self, response: httpx.Response, pacer: Pacer, taken_at: float, units: int) -> float | None:
        """Tell the pacer what an answer says of the pace; the seconds that it asks to wait."""
        headers = response.headers
        wait = retry_after(headers.get("Retry-After"), now=self._world.now())
        if response.status_code == _TOO_MANY:
            pacer.refused(taken_at=taken_at, retry_after=wait)
            self._log.info("graph_throttled", seconds_asked=wait, slot_seconds=round(pacer.rate.interval, 3))
        else:
            pacer.answered(
                taken_at=taken_at,
                used=share_used(headers.get("x-ms-throttle-limit-percentage")),
                more_units=cost_of(headers.get("x-ms-resource-unit")) - units,
            )
            if response.status_code == _UNAVAILABLE and wait is not None:
                pacer.hold(wait)
        return wait

    def delay(self, family: Family, failed: int, asked: float | None = None) -> float:
        """Seconds to wait after so many failed tries; Microsoft may have asked for more."""
        first: float = max(self._first_delay, self._pacers[family].rate.interval)
        return min(max(wait_after(failed, first=first, longest=_LONGEST_DELAY), asked or 0), _LONGEST_DELAY)


def _may_help(error: GraphError) -> bool:
    if error.status is None or error.status == _TOO_MANY or error.status in _WORTH_ANOTHER_TRY:
        return error.problem is not Problem.TOKEN_REFUSED
    return error.problem is Problem.MALFORMED and 200 <= error.status < 300  # noqa: PLR2004 - the HTTP success range


def _no_answer(error: Exception, endpoint: Endpoint) -> GraphError:
    """The error's kind says enough; its text may hold an address."""
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return GraphError(Problem.UNAVAILABLE, f"Microsoft Graph did not answer in time for {endpoint.name}")
    return GraphError(
        Problem.UNAVAILABLE, f"the connection to Microsoft Graph failed for {endpoint.name} ({type(error).__name__})"
    )


def _answer_of(response: httpx.Response) -> Answer:
    return answer_to(response.status_code, response.content, _request_id(response))


def _request_id(response: httpx.Response | None) -> str:
    """Microsoft's id of the call, of the only form that it has; it goes to logs and people."""
    return "" if response is None else request_id_of(response.headers.get("request-id", ""))
