"""How much more counts vary than chance alone: flagged users come in clusters.

At the scales of 10 minutes, 1, 6 and 24 hours, over all bins of the history:

    v = max(1.3, (sum of (x - e)^2 + 10) / (sum of e + 5))

where x is the count (days scaled down to their cap, so that an old surge doesn't widen what is usual) and e the
expectation. A window is judged by the next longer scale. Since the rate is itself only estimated, from n users:

    v' = v * (1 + mu / (0.5 + n / v))
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.watch.durations import HOUR, MINUTE
from bot.watch.scan.rules import Rules

SCALES = (10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR)
_TEN_MINUTES_A_DAY = 144
_TEN_MINUTES_AN_HOUR = 6


@dataclass(frozen=True, slots=True)
class Dispersion:
    """Variance over mean at each of SCALES."""

    values: tuple[float, float, float, float]

    def at(self, window: int) -> float:
        """The dispersion for a window of this length: that of the smallest scale that holds it."""
        for scale, value in zip(SCALES, self.values, strict=True):
            if window <= scale:
                return value
        return self.values[-1]

    def with_uncertain_rate(self, window: int, mean: float, seen: float) -> float:
        """The dispersion v' for a window that expects `mean` users, when the rate rests on `seen` users."""
        v = self.at(window)
        return v * (1.0 + mean / (0.5 + seen / v))


def measure(
    counts: Mapping[int, float], expected_by_hour: Sequence[float], first_day: int, last_day: int, rules: Rules
) -> Dispersion:
    """Measure from counts by 10-minute bin (numbered from 1970) and the expectation of each hour of the week."""
    total = sum(expected_by_hour[hour % 168] for hour in range(first_day * 24, last_day * 24))
    values = []
    for scale in SCALES:
        width = scale // (10 * MINUTE)
        squares = _squares(counts, expected_by_hour, first_day, last_day, width)
        values.append(max(rules.dispersion_floor, (squares + 10.0) / (total + 5.0)))
    return Dispersion((values[0], values[1], values[2], values[3]))


def _squares(
    counts: Mapping[int, float], expected_by_hour: Sequence[float], first_day: int, last_day: int, width: int
) -> float:
    """Sum of (x - e)^2 over all bins of `width` ten-minutes. Empty bins are summed without being visited one by one."""
    merged: dict[int, float] = {}
    for place, count in counts.items():
        merged[place // width] = merged.get(place // width, 0.0) + count

    def expected(place: int) -> float:
        if width <= _TEN_MINUTES_AN_HOUR:
            return expected_by_hour[place * width // _TEN_MINUTES_AN_HOUR % 168] * width / _TEN_MINUTES_AN_HOUR
        hours = width // _TEN_MINUTES_AN_HOUR
        first = place * hours % 168
        return sum(expected_by_hour[first : first + hours])

    a_step = max(1, _TEN_MINUTES_AN_HOUR // width)  # bins that share one hour's expectation
    first, last = first_day * _TEN_MINUTES_A_DAY // width, last_day * _TEN_MINUTES_A_DAY // width
    empty = sum(a_step * expected(place) ** 2 for place in range(first, last, a_step))
    return empty + sum(x * (x - 2.0 * expected(place)) for place, x in merged.items())
