"""When a surge began and ended: the interval that chance explains worst.

Over all pairs of 5-minute bins, with n users newly flagged in the interval and mu usual there, the interval with the
greatest log-likelihood ratio

    L = n * ln(n / mu) - (n - mu)        (n > mu; otherwise 0)

L is convex in (n, mu), so its maximum lies on a corner of the upper hull of all intervals' (mu, n), and every corner
maximises n - slope * mu for some slope, which one pass over the bins finds. All corners are visited: the result is
exact.

Then the window grows: into the hours beside it (two, or what four of its users took, up to eight) while they hold a
further interval with L >= 6, the thin tails of a wave; and over gaps within which a surge reopens to intervals with
L >= 12 that pass the gate by themselves, a surge that paused. The ends are the first and the last flag inside, and
single flags just beyond: within five minutes (the grid must not cut anybody off), or within what twelve of its users
took where less than 0.1 is usual.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, log

from bot.watch.durations import HOUR
from bot.watch.scan.grid import BIN
from bot.watch.scan.rules import Rules

_BESIDE = 2 * HOUR
_BESIDE_LONGEST = 8 * HOUR
_BESIDE_USERS = 4
_NEAR_USERS = 12
_RARELY = 0.1


@dataclass(frozen=True, slots=True)
class Interval:
    """Bins first..last of those that hold somebody; users in it, users usual in it."""

    first: int
    last: int
    users: float
    usual: float

    @property
    def likelihood(self) -> float:
        """The log-likelihood ratio L of this interval."""
        if self.users <= self.usual:
            return 0.0
        return self.users * log(self.users / self.usual) - (self.users - self.usual)


@dataclass(frozen=True, slots=True)
class WindowEstimate:
    """The estimated window of one surge in one series. Times are those of its first and last flag."""

    start: int
    end: int
    likelihood: float
    peak: int
    """The most users newly flagged within three hours."""


@dataclass(frozen=True, slots=True)
class Bins:
    """The bins that hold somebody, in order of time, with what is usual in each and in the gap before each."""

    places: tuple[int, ...]
    counts: tuple[int, ...]
    usual: tuple[float, ...]
    gaps: tuple[float, ...]

    def likeliest(self, low: int, high: int) -> Interval | None:
        """The interval with the greatest L within bins low..high-1; None where there is no bin."""
        if low >= high:
            return None
        thin, dense = self._steepest(0.0, low, high), self._steepest(inf, low, high)
        best = max((thin, dense), key=lambda interval: interval.likelihood)
        corners = [(dense, thin)]
        while corners:
            left, right = corners.pop()  # left holds less time than right
            run, rise = right.usual - left.usual, right.users - left.users
            if run <= 0 or rise <= 0:
                continue
            between = self._steepest(rise / run, low, high)
            gain = (between.users - left.users) - rise / run * (between.usual - left.usual)
            if gain <= 1e-9 * right.users:
                continue
            if between.likelihood > best.likelihood:
                best = between
            corners += [(left, between), (between, right)]
        return best

    def within(self, since: int, low: int, high: int, least: float, gate: float = 0.0) -> Interval | None:
        """The likeliest interval of bins low..high-1 from place `since` on, where it is likely and large enough."""
        found = self.likeliest(bisect_left(self.places, since, low, high), high)
        return found if found is not None and found.likelihood >= least and found.users >= gate else None

    def until(self, end: int, low: int, high: int, least: float, gate: float = 0.0) -> Interval | None:
        """The likeliest interval of bins low..high-1 up to place `end`, where it is likely and large enough."""
        found = self.likeliest(low, bisect_right(self.places, end, low, high))
        return found if found is not None and found.likelihood >= least and found.users >= gate else None

    def _steepest(self, slope: float, low: int, high: int) -> Interval:
        """The interval that maximises users - slope * usual (Kadane's pass); slope inf: the densest bin."""
        if slope == inf:
            place = max(range(low, high), key=lambda i: self.counts[i] / self.usual[i])
            return Interval(place, place, self.counts[place], self.usual[place])
        counts, usual, gaps = self.counts, self.usual, self.gaps
        best_first = best_last = first = low
        best = run = -inf
        for i in range(low, high):
            run -= slope * gaps[i]
            if run < 0.0:
                run = 0.0
                first = i
            run += counts[i] - slope * usual[i]
            if run > best:
                best, best_first, best_last = run, first, i
        return self._interval(best_first, best_last)

    def _interval(self, first: int, last: int) -> Interval:
        users = sum(self.counts[first : last + 1])
        usual = sum(self.usual[first : last + 1]) + sum(self.gaps[first + 1 : last + 1])
        return Interval(first, last, users, usual)


def estimate(
    times: Sequence[int], core_until: int, expected: Callable[[int, int], float], gate: float, rules: Rules
) -> WindowEstimate | None:
    """The window of the surge among sorted times of newly flagged users; None when there are none.

    The densest part is looked for up to `core_until`; from there the window may grow to the last time given.
    """
    bins = _bins(times, expected)
    core = bins.likeliest(0, bisect_right(bins.places, core_until // BIN))
    if core is None:
        return None
    first, last = _grow(bins, core, gate, rules)
    low = bisect_left(times, bins.places[first] * BIN)
    high = bisect_left(times, (bins.places[last] + 1) * BIN) - 1
    near = _NEAR_USERS * (times[high] - times[low]) / (high - low + 1)

    def follows(earlier: int, later: int) -> bool:
        gap = later - earlier
        return gap <= BIN or (gap <= near and expected(earlier, later) <= _RARELY)

    while low > 0 and follows(times[low - 1], times[low]):
        low -= 1
    while high + 1 < len(times) and follows(times[high], times[high + 1]):
        high += 1
    peak = _peak(bins.places[first : last + 1], bins.counts[first : last + 1])
    return WindowEstimate(times[low], times[high], core.likelihood, peak)


def _bins(times: Iterable[int], expected: Callable[[int, int], float]) -> Bins:
    counted = sorted(Counter(map(BIN.__rfloordiv__, times)).items())
    places = tuple(place for place, _ in counted)
    usual = tuple(expected(place * BIN, (place + 1) * BIN) for place in places)
    gaps = [0.0]
    gaps += [expected((a + 1) * BIN, b * BIN) if b > a + 1 else 0.0 for a, b in pairwise(places)]
    return Bins(places, tuple(count for _, count in counted), usual, tuple(gaps))


def _grow(bins: Bins, core: Interval, gate: float, rules: Rules) -> tuple[int, int]:
    """The first and last bin after growing to both sides."""
    pace = (bins.places[core.last] + 1 - bins.places[core.first]) * BIN / core.users
    beside = int(min(_BESIDE_LONGEST, max(_BESIDE, _BESIDE_USERS * pace))) // BIN
    pause = rules.longest_pause // BIN
    first, last, size = core.first, core.last, len(bins.places)
    while first > 0:
        edge = bins.places[first]
        further = bins.within(edge - beside, 0, first, rules.tail) or bins.within(
            edge - pause, 0, first, rules.apart, gate
        )
        if further is None:
            break
        first = further.first
    while last < size - 1:
        edge = bins.places[last]
        further = bins.until(edge + beside, last + 1, size, rules.tail) or bins.until(
            edge + pause, last + 1, size, rules.apart, gate
        )
        if further is None:
            break
        last = further.last
    return first, last


def _peak(places: Sequence[int], counts: Sequence[int]) -> int:
    width = 3 * HOUR // BIN
    best = run = left = 0
    for right, place in enumerate(places):
        run += counts[right]
        while places[left] <= place - width:
            run -= counts[left]
            left += 1
        best = max(best, run)
    return best
