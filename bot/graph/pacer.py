"""Who may call next: slots of one API family, handed out by priority, and in order of arrival within one.

A long run would else keep the watch from ever reading, and a wave behind a remediation would go unseen. So each
priority but the first has a turn that is due to it: after so many seconds without a slot (and so many slots, where the
pace is slow) its eldest call goes before more urgent ones. Together the turns take at most 11 of 20 slots, however
slow the pace; at one slot a second, with everybody waiting all the time, a run keeps six of seven.

What holds while slots open: the eldest call of a priority waits no longer than its turn's seconds or slots, whichever
is longer, and four slots more. So at one slot a second the watch, however busy a run is, gets a slot at least every
16 seconds, a briefing every 34, a deep reading every 64: a watch that reads two pages and rests for ten seconds keeps
detections less than 60 seconds old.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType

from bot.graph.rate import Pace
from bot.ports.graph import GraphError, Priority, Problem


@dataclass(frozen=True, slots=True)
class Turn:
    """When a priority that got no slot goes before more urgent ones."""

    seconds: float
    slots: int
    """At the present pace: so that turns never take all slots of a slow one."""


TURNS: Mapping[Priority, Turn] = MappingProxyType(
    {
        Priority.ACT: Turn(5.0, 5),
        Priority.WATCH: Turn(12.0, 5),
        Priority.BRIEF: Turn(30.0, 10),
        Priority.DEEP: Turn(60.0, 20),
    }
)
"""Clicks need none: they are first."""

_SOON = 1e-6


@dataclass(eq=False, slots=True)
class _Waiter:
    priority: Priority
    since: float
    units: int
    slot: asyncio.Future[float]
    ahead: float = 0.0


class Pacer:
    """One family's queue. Belongs to one event loop; never idle while somebody waits and a slot is open."""

    def __init__(self, rate: Pace, monotonic: Callable[[], float]) -> None:
        self.rate = rate
        self._monotonic = monotonic
        self._waiting: list[_Waiter] = []
        self._served_at: dict[Priority, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._is_held = False
        self._held_from = float("-inf")

    async def slot(self, priority: Priority, units: int = 1) -> float:
        """Wait for a slot; the monotonic second from which it counts. Raises GraphError when the door closes."""
        return await self._queue(priority, units)

    async def _queue(self, priority: Priority, units: int = 1, ahead: float = 0.0) -> float:
        if self._is_closed:
            raise _closed()
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiter(priority, self._monotonic(), units, future, ahead))
        self._hand_out()
        return await future

    @asynccontextmanager
    async def held(self, priority: Priority, ahead: float = 0.0) -> AsyncIterator[None]:
        """Wait for a slot and hold it: nobody else is served until it is used or given back at the end.

        ahead: seconds before it opens from which it may be held, for what has to be done before it is used. Nothing of
        this family may be read meanwhile: it would wait for ever.
        """
        self._held_from = await self._queue(priority, ahead=ahead)
        self._is_held = True
        try:
            yield
        finally:
            if self._is_held:
                self._is_held = False
                self.rate.give_back(max(self._monotonic(), self._held_from))
                self._hand_out()

    async def use_held(self) -> float | None:
        """Wait until the held slot opens and use it, and the next one counts from then; None where none is held."""
        if not self._is_held:
            return None
        early = self._held_from - self._monotonic()
        if early > 0:
            await asyncio.sleep(early)
        self._is_held = False
        taken_at = self.rate.take(self._monotonic(), opened=self._held_from)
        self._hand_out()
        return taken_at

    def left(self, taken_at: float, units: int = 1) -> None:
        """Tell that the call whose slot was taken at `taken_at` leaves now."""
        self.rate.left(self._monotonic(), taken_at=taken_at, units=units)

    def refused(self, *, taken_at: float, retry_after: float | None) -> None:
        """Tell of a 429 for the call whose slot was taken at `taken_at`."""
        self.rate.refused(self._monotonic(), taken_at=taken_at, retry_after=retry_after)
        self._hand_out()

    def hold(self, seconds: float) -> None:
        """Serve nobody for so long, as Microsoft asked."""
        self.rate.hold(self._monotonic(), seconds)
        self._hand_out()

    def answered(self, *, taken_at: float, used: float | None = None, more_units: int = 0) -> None:
        """Tell of an answer that was no refusal to the call whose slot was taken at `taken_at`.

        used: x-ms-throttle-limit-percentage. more_units: what it cost beyond what was taken for it.
        """
        self.rate.answered(taken_at=taken_at, used=used)
        if more_units > 0:
            self.rate.charge(more_units)
        self._hand_out()

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
            if not self._waiting or self._is_held or self._is_closed:
                return
            now = self._monotonic()
            waiter = self._next(now)
            wait = self.rate.opens_at - now - waiter.ahead
            if wait > _SOON:
                self._timer = asyncio.get_running_loop().call_later(wait, self._hand_out)
                return
            self._waiting.remove(waiter)
            self._served_at[waiter.priority] = now
            opens_at = max(now, self.rate.opens_at) if waiter.ahead else now
            waiter.slot.set_result(self.rate.take(opens_at, waiter.units))

    def _next(self, now: float) -> _Waiter:
        heads: dict[Priority, _Waiter] = {}
        for waiter in self._waiting:  # in order of arrival
            heads.setdefault(waiter.priority, waiter)
        due = [head for head in heads.values() if self._is_due(head, now)]
        return min(due or heads.values(), key=lambda head: head.priority)

    def _is_due(self, head: _Waiter, now: float) -> bool:
        turn = TURNS.get(head.priority)
        if turn is None:
            return False
        unserved_since = max(head.since, self._served_at.get(head.priority, float("-inf")))
        return now - unserved_since >= max(turn.seconds, turn.slots * self.rate.interval) - _SOON


def _closed() -> GraphError:
    return GraphError(Problem.UNAVAILABLE, "the connection to Microsoft Graph was closed")
