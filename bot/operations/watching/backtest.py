"""What the bot would have said about a tenant's past: the detector, replayed poll by poll over a history."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bot.operations.watching.history_file import History
from bot.watch.detector import DetectedSurge, Flag
from bot.watch.durations import DAY, HOUR
from bot.watch.scan.grid import day_of
from bot.watch.scan.window_scan import WindowScan

_NO_HISTORY = 400 * DAY
"""A gap so long is no quiet time but a stray date."""


@dataclass(frozen=True, slots=True)
class UsualHour:
    """One hour of history: how many users were newly flagged, and between which counts that usually lies."""

    start: int
    newly_flagged: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Backtest:
    """The surges in order of their windows, and every hour of the history (empty unless asked for)."""

    surges: tuple[DetectedSurge, ...]
    hours: tuple[UsualHour, ...]


@dataclass(slots=True)
class _Hours:
    """Collects the hours of each day when it is over, while the detector still remembers them."""

    detector: WindowScan
    ranges: dict[int, tuple[float, float]] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    day: int | None = None

    def see(self, now: int) -> None:
        today = day_of(now)
        if self.day is None or today > self.day:
            for hour in range(today * DAY, (today + 1) * DAY, HOUR):
                self.ranges[hour] = self.detector.usual_range(hour, hour + HOUR)
            self._count(now)
            self.day = today

    def _count(self, now: int) -> None:
        for hour in [hour for hour in self.ranges if hour >= now - 5 * DAY]:
            self.counts[hour] = self.detector.count(hour, hour + HOUR)

    def all(self, now: int) -> tuple[UsualHour, ...]:
        self._count(now)
        return tuple(UsualHour(hour, self.counts.get(hour, 0), *self.ranges[hour]) for hour in sorted(self.ranges))


def backtest(
    history: History, *, tenant_users: int | None, poll_interval: int, sensitivity: float, with_hours: bool = False
) -> Backtest:
    """Replay a history. poll_interval: microseconds between two scans; polls fall on its multiples since 1970 UTC.

    ValueError for a tenant without users, a sensitivity or an interval that is not positive.
    """
    if poll_interval <= 0:
        raise ValueError("the poll interval must be positive")
    detector = WindowScan(tenant_users, sensitivity)
    hours = _Hours(detector)
    surges: dict[str, DetectedSurge] = {}
    latest: tuple[DetectedSurge, ...] = ()

    def may_rest() -> bool:
        return all(one.ended_at is not None for one in latest)

    now = 0
    for now, batch in _polls(history, poll_interval, may_rest):
        detector.observe(batch)
        latest = detector.scan(now)
        surges.update((one.key, one) for one in latest)
        if with_hours:
            hours.see(now)
    found = sorted(surges.values(), key=lambda one: (one.window_start, one.key))
    return Backtest(tuple(found), hours.all(now) if with_hours else ())


def _polls(history: History, interval: int, may_rest: Callable[[], bool]) -> Iterator[tuple[int, list[Flag]]]:
    """The polls from the first flag that becomes visible to the last, each with the flags new to it.

    Where nothing is open and nothing new, a poll can say nothing: up to a day of such polls is left out at once, and
    all of them where a stray date lies years apart.
    """
    flags = history.by_visibility()
    waiting = next(flags, None)
    now = None
    while waiting is not None:
        due = -(-waiting.visible_at // interval) * interval
        if now is None or (may_rest() and due - now > _NO_HISTORY):
            now = due
        elif may_rest():
            now = max(now + interval, min(due, now + max(1, DAY // interval) * interval))
        else:
            now += interval
        batch = []
        while waiting is not None and waiting.visible_at <= now:
            batch.append(waiting)
            waiting = next(flags, None)
        yield now, batch
