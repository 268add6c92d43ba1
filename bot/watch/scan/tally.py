"""Which newly flagged users still count towards an alarm.

Users of a surge that ended don't count again for its types, unless a clean-up of theirs was verified since. All types
pooled count only what no known surge explains.
"""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator

from bot.watch.scan.life import Life
from bot.watch.scan.newly import POOLED, NewlyFlagged
from bot.watch.scan.rules import Rules
from bot.watch.scan.span import DAY


class Tally:
    """The times of those who count, for each series; rebuilt when a surge opens or ends."""

    def __init__(self, newly: NewlyFlagged, lives: Callable[[], Iterable[Life]], rules: Rules) -> None:
        self._newly = newly
        self._lives = lives
        self._rules = rules
        self._times: dict[int, array[int]] = {}
        self._since = 0

    def keep_since(self, time: int) -> None:
        """Nothing before this time will be asked for."""
        self._since = time
        self._times.clear()

    def changed(self, numbers: Iterable[int] | None = None) -> None:
        """What explains these series (all, when none is named) has changed."""
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
            series = self._newly.series[number].between(self._since, 1 << 62)
            times = array("q", (time for time, user, type_ in series if self._counts(number, time, user, type_)))
            self._times[number] = times
        return bisect_right(times, end) - bisect_left(times, start)

    def who(self, number: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        """(user, type) of those who count in [start, end]."""
        for time, user, type_ in self._newly.series[number].between(start, end):
            if self._counts(number, time, user, type_):
                yield user, type_

    def add(self, number: int, time: int, user: int, type_: int) -> None:
        """A newly flagged user was added to the series."""
        times = self._times.get(number)
        if times is not None and time >= self._since and self._counts(number, time, user, type_):
            insort(times, time)

    def _counts(self, number: int, time: int, user: int, type_: int) -> bool:
        for life in self._lives():
            if type_ not in life.types:
                continue
            if (
                number == POOLED
                and life.window_start - DAY <= time
                and (life.ended_at is None or time <= life.reach(self._rules))
            ):
                return False
            is_spent = life.ended_at is not None and user in life.users and time >= life.window_start - DAY
            if is_spent and not self._newly.was_cleared(user, life.window_start, time):
                return False
        return True
