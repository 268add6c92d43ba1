"""Which newly flagged users still count towards an alarm.

Users of a surge that ended don't count again for its types, unless a clean-up of theirs was verified since. All types
pooled count only what no known surge explains.
"""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from bot.watch.durations import DAY
from bot.watch.scan.life import Life
from bot.watch.scan.new_flags import POOLED, NewFlags
from bot.watch.scan.rules import Rules

_FOREVER = 1 << 62


class _Explained(NamedTuple):
    """What one surge takes out of the count of its types."""

    since: int
    until: int
    is_over: bool
    users: set[int]
    window_start: int


class Tally:
    """The times of those who count, for each series; rebuilt when a surge opens or ends."""

    def __init__(self, new_flags: NewFlags, lives: Callable[[], Iterable[Life]], rules: Rules) -> None:
        self._new_flags = new_flags
        self._lives = lives
        self._rules = rules
        self._times: dict[int, array[int]] = {}
        self._by_type: dict[int, list[_Explained]] | None = None
        self._since = 0

    def keep_since(self, time: int) -> None:
        """Nothing before this time will be asked for."""
        self._since = time
        self._times.clear()

    def changed(self, numbers: Iterable[int] | None = None) -> None:
        """What explains these series (all, when none is named) has changed."""
        self._by_type = None
        if numbers is None:
            self._times.clear()
            return
        self._times.pop(POOLED, None)
        for number in numbers:
            self._times.pop(number, None)

    def count(self, number: int, start: int, end: int) -> int:
        """How many who count were newly flagged in [start, end]."""
        times = self._times.get(number)
        if times is None:
            series = self._new_flags.series[number].between(self._since, _FOREVER)
            times = array("q", (time for time, user, type_ in series if self._counts(number, time, user, type_)))
            self._times[number] = times
        return bisect_right(times, end) - bisect_left(times, start)

    def who(self, number: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        """(user, type) of those who count in [start, end]."""
        for time, user, type_ in self._new_flags.series[number].between(start, end):
            if self._counts(number, time, user, type_):
                yield user, type_

    def add(self, number: int, time: int, user: int, type_: int) -> None:
        """A newly flagged user was added to the series."""
        times = self._times.get(number)
        if times is not None and time >= self._since and self._counts(number, time, user, type_):
            insort(times, time)

    def _counts(self, number: int, time: int, user: int, type_: int) -> bool:
        for known in self._explained().get(type_, ()):
            if number == POOLED and known.since <= time <= known.until:
                return False
            is_spent = known.is_over and time >= known.since and user in known.users
            if is_spent and not self._new_flags.was_cleared(user, known.window_start, time):
                return False
        return True

    def _explained(self) -> dict[int, list[_Explained]]:
        if self._by_type is None:
            self._by_type = {}
            for life in self._lives():
                is_over = life.ended_at is not None
                until = life.reach(self._rules) if is_over else _FOREVER
                known = _Explained(life.window_start - DAY, until, is_over, life.users, life.window_start)
                for type_ in life.types:
                    self._by_type.setdefault(type_, []).append(known)
        return self._by_type
