"""Microsoft's limits, by API family, with exact rules.

- identityProtection (and Conditional Access): one request a second for all apps of a tenant together. Each accepted
  request opens the next slot one slot's length after the later of its own slot and its arrival; a request that comes
  before the open slot is refused, without Retry-After. It may come early by the tolerance: 5 % of a slot, at least
  10 ms, so that a client that keeps the pace isn't refused for a scheduler's noise; over a longer time the rate
  is exact. Other apps (`Tenant.other_apps_take`) come at random moments and get the next slot, whoever waits for it.
- reports (auditLogs, authentication methods): a sliding window, at most 5 accepted requests in any 10 s (windows are
  5 %, at most 50 ms, shorter than said, for the same noise).
- serviceAnnouncement: 240 requests in any minute, and 800 in any hour.
- directory: a sliding window of 10 s over resource units, 3,500, 5,000 or 8,000 by the tenant's size, and 3,000 writes
  in any 150 s.

A refused request takes nothing from the budget. `scale` lets time go faster: at 20 a slot lasts 50 ms and 10 s last
half a second; Retry-After stays in whole seconds, as HTTP has it.
"""

import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sim.tenant.refusal import GraphError

_WINDOW_TOLERANCE = 0.05
_GREEDIEST = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """How strict the tenant is. The defaults are Microsoft's documented limits."""

    scale: float = 1.0
    """How many times faster than Microsoft: 20 means 20 requests a second to Identity Protection."""
    identity_protection_per_second: float = 1.0
    reports_per_window: int = 5
    announcements_per_minute: int = 240
    announcements_per_hour: int = 800
    directory_units: int | None = None
    """Resource units per 10 s; by the number of users unless given."""
    directory_writes: int = 3000
    tolerance: float = 0.05
    """By what part of a slot a request may come early, and at least `tolerance_floor` seconds."""
    tolerance_floor: float = 0.010


class _Slots:
    """Evenly paced slots."""

    def __init__(self, length: float, tolerance: float) -> None:
        self.length = length
        self._tolerance = tolerance
        self._open_at = -math.inf

    def take(self, now: float) -> bool:
        if now < self._open_at - self._tolerance:
            return False
        self._open_at = max(now, self._open_at) + self.length
        return True

    def steal(self, at: float) -> None:
        """Somebody else gets the next slot; at most three are taken ahead."""
        self._open_at = min(max(at, self._open_at) + self.length, at + 3 * self.length)


class _Window:
    """A sliding window over accepted costs."""

    def __init__(self, seconds: float, limit: float, tolerance: float) -> None:
        self._seconds = seconds - tolerance
        self.limit = limit
        self.used = 0
        self._accepted: deque[tuple[float, int]] = deque()

    def wait(self, now: float, cost: int) -> float | None:
        """None when there is room for this cost, else the seconds to wait."""
        while self._accepted and self._accepted[0][0] <= now - self._seconds:
            self.used -= self._accepted.popleft()[1]
        if self.used + cost <= self.limit:
            return None
        excess = self.used + cost - self.limit
        for at, amount in self._accepted:
            excess -= amount
            if excess <= 0:
                return at + self._seconds - now
        return self._seconds

    def take(self, now: float, cost: int) -> float | None:
        """None when accepted, else the seconds to wait."""
        seconds = self.wait(now, cost)
        if seconds is None:
            self._accepted.append((now, cost))
            self.used += cost
        return seconds


class Meters:
    """The state of one tenant's budgets. `now` is a monotonic time in seconds."""

    def __init__(self, limits: Limits, user_count: Callable[[], int], other_apps_rate: Callable[[], float]) -> None:
        self._limits = limits
        self._user_count = user_count
        self._other_apps_rate = other_apps_rate
        self._random = random.Random(1)  # noqa: S311 - when other apps call
        self._other_app_at: float | None = None
        slot = 1 / (limits.identity_protection_per_second * limits.scale)
        self._slots = _Slots(slot, self._early(slot))
        self._reports = self._window(10, limits.reports_per_window)
        self._announcements = (
            self._window(60, limits.announcements_per_minute),
            self._window(3600, limits.announcements_per_hour),
        )
        self._units = self._window(10, 0)
        self._writes = self._window(150, limits.directory_writes)

    def take(self, family: str, now: float, *, cost: int = 1, write: bool = False) -> dict[str, str]:
        """Take a request's cost from its family's budget; the headers for its answer. GraphError 429 when spent."""
        if family == "identityProtection":
            self._let_other_apps_take(now)
            if not self._slots.take(now):
                raise _throttled(None)
            return {}
        if family == "reports":
            wait = self._reports.take(now, 1)
            if wait is not None:
                raise _throttled(wait)
            return {}
        if family == "serviceAnnouncement":
            waits = [seconds for window in self._announcements if (seconds := window.wait(now, 1)) is not None]
            if waits:
                raise _throttled(max(waits))
            for window in self._announcements:
                window.take(now, 1)
            return {}
        if family == "directory":
            return self._take_directory(now, cost, write=write)
        return {}

    def _take_directory(self, now: float, cost: int, *, write: bool) -> dict[str, str]:
        if write:
            wait = self._writes.take(now, 1)
            if wait is not None:
                raise _throttled(wait, {"x-ms-throttle-scope": "Tenant_Application/Write"})
            return {"x-ms-resource-unit": "1"}
        self._units.limit = self._limits.directory_units or _units_of(self._user_count())
        wait = self._units.take(now, cost)
        share = self._units.used / self._units.limit
        headers = {"x-ms-resource-unit": str(cost)}
        if share >= 0.8:  # noqa: PLR2004 - from where on Graph tells
            headers["x-ms-throttle-limit-percentage"] = f"{share:.2f}"
        if wait is not None:
            headers |= {
                "x-ms-throttle-scope": "Tenant_Application/ReadWrite",
                "x-ms-throttle-information": "ResourceUnitLimitExceeded",
            }
            raise _throttled(wait, headers)
        return headers

    def _let_other_apps_take(self, now: float) -> None:
        slot = self._slots.length
        rate = min(self._other_apps_rate() * self._limits.scale, _GREEDIEST / slot)
        if rate <= 0:
            self._other_app_at = None
            return
        self._other_app_at = max(self._other_app_at or now, now - 10 * slot)
        while self._other_app_at <= now:
            self._slots.steal(self._other_app_at)
            self._other_app_at += self._random.expovariate(rate)

    def _early(self, slot: float) -> float:
        return max(self._limits.tolerance * slot, self._limits.tolerance_floor)

    def _window(self, seconds: float, limit: float) -> _Window:
        length = seconds / self._limits.scale
        return _Window(length, limit, min(self._limits.tolerance * length, _WINDOW_TOLERANCE))


def _units_of(users: int) -> int:
    small, medium = 50, 500
    if users < small:
        return 3500
    return 5000 if users <= medium else 8000


def _throttled(wait: float | None, headers: dict[str, str] | None = None) -> GraphError:
    found = dict(headers or {})
    if wait is not None:
        found["Retry-After"] = str(max(1, math.ceil(wait)))
    return GraphError(429, "TooManyRequests", "Please retry again later.", found)
