"""Who may call next: slots of one API family, handed out by priority, and in order of arrival within one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.graph.rate import Rate
from bot.ports.graph import GraphError, Priority, Problem

PATIENCE = 30.0
"""Seconds after which one that waits goes before more urgent ones, and the least time between two such favours.

A long run would else keep the watch from ever reading, and a wave behind a remediation would go unseen.
"""

_SOON = 1e-6


@dataclass(eq=False, slots=True)
class _Waiter:
    priority: Priority
    arrival: int
    since: float
    units: int
    slot: asyncio.Future[float]


class Pacer:
    """One family's queue. Belongs to one event loop; never idle while somebody waits and a slot is open."""

    def __init__(self, rate: Rate, monotonic: Callable[[], float]) -> None:
        self.rate = rate
        self._monotonic = monotonic
        self._waiting: list[_Waiter] = []
        self._arrivals = 0
        self._favoured_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._is_held = False

    async def slot(self, priority: Priority, units: int = 1) -> float:
        """Wait for a slot; the monotonic second at which it was taken. Raises GraphError when the door closes."""
        if self._is_closed:
            raise _closed()
        self._arrivals += 1
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiter(priority, self._arrivals, self._monotonic(), units, future))
        self._hand_out()
        return await future

    @asynccontextmanager
    async def held(self, priority: Priority) -> AsyncIterator[None]:
        """Wait for a slot and hold it: nobody else is served until it is used or given back at the end.

        Nothing of this family may be read meanwhile: it would wait for ever.
        """
        await self.slot(priority)
        self._is_held = True
        try:
            yield
        finally:
            if self._is_held:
                self._is_held = False
                self.rate.give_back(self._monotonic())
                self._hand_out()

    def use_held(self) -> float | None:
        """The held slot is used now, and the next one counts from now; None where none is held."""
        if not self._is_held:
            return None
        self._is_held = False
        now = self._monotonic()
        self.rate.take(now)
        self._hand_out()
        return now

    def refused(self, *, taken_at: float, retry_after: float | None) -> None:
        """Tell of a 429 for the call whose slot was taken at `taken_at`."""
        self.rate.refused(self._monotonic(), taken_at=taken_at, retry_after=retry_after)
        self._hand_out()

    def answered(self, *, used: float | None = None) -> None:
        """Tell of an answer that was no refusal; `used` is x-ms-throttle-limit-percentage."""
        self.rate.answered(used=used)

    def close(self) -> None:
        """Turn away all who wait and all who come."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        for waiter in self._waiting:
            if not waiter.slot.done():
                waiter.slot.set_exception(_closed())
        self._waiting.clear()

    def _hand_out(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while True:
            self._waiting = [waiter for waiter in self._waiting if not waiter.slot.done()]
            if not self._waiting or self._is_held:
                return
            now = self._monotonic()
            wait = self.rate.opens_at - now
            if wait > _SOON:
                self._timer = asyncio.get_running_loop().call_later(wait, self._hand_out)
                return
            waiter = self._next(now)
            self._waiting.remove(waiter)
            self.rate.take(now, waiter.units)
            waiter.slot.set_result(now)

    def _next(self, now: float) -> _Waiter:
        first = min(self._waiting, key=lambda waiter: (waiter.priority, waiter.arrival))
        oldest = min(self._waiting, key=lambda waiter: waiter.arrival)
        if oldest is not first and now - max(oldest.since, self._favoured_at) >= PATIENCE:
            self._favoured_at = now
            return oldest
        return first


def _closed() -> GraphError:
    return GraphError(Problem.UNAVAILABLE, "the connection to Microsoft Graph was closed")
