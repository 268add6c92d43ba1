"""When a count is a surge.

By surprise: with K series (at least 10), a window of W hours, and p = P(NB(mean mu, variance v'*mu) >= x),

    p * K * L * 8760 / W <= false alarms accepted a year   and   x >= max(5, 0.2 % of the users)

(0.5 % while less than 14 days of history are known), where L = min(6, W / 10 minutes) is how many independent looks
the overlapping looks at one window are worth. By magnitude, whatever the history says:

    x >= max(6, 2 % of the users) in 8 hours   and   x > 3 * mu + 5
"""

from math import sqrt

from bot.watch.durations import HOUR
from bot.watch.scan.baseline import Baseline
from bot.watch.scan.negative_binomial import upper_tail
from bot.watch.scan.rules import Rules

_HOURS_A_YEAR = 8760.0
_SURELY_USUAL = 2.0
"""A count within so many standard deviations is above every p-value asked for: the exact one needn't be worked out."""


def gate(users: float, size_known: bool, days: int, rules: Rules) -> float:  # noqa: FBT001 -- one fact among four
    """The fewest newly flagged users that may ring an alarm by surprise."""
    share = rules.cold_share if days < rules.cold_days else rules.gate_share
    least = rules.gate_users if size_known else rules.unknown_size_gate
    return max(float(least), share * users)


def is_surprising(count: int, window: int, end: int, baseline: Baseline, series: int, rules: Rules) -> bool:
    """Whether `count` users in the window that ends at `end` are too many for chance. The gate is not asked here."""
    mean = baseline.expected(end - window, end)
    v = baseline.dispersion.with_uncertain_rate(window, mean, baseline.seen)
    if count <= mean + _SURELY_USUAL * sqrt(v * mean):
        return False
    a_window = min(rules.looks_a_window, window / rules.windows[0])
    looks = max(series, rules.series_at_least) * a_window * _HOURS_A_YEAR / (window / HOUR)
    return upper_tail(count, mean, v) * looks <= rules.sensitivity


def is_massive(count: int, end: int, users: float, baseline: Baseline, rules: Rules) -> bool:
    """Whether `count` users in the eight hours before `end` are so many that no history is needed."""
    if count < max(rules.magnitude_users, rules.magnitude_share * users):
        return False
    mean = baseline.expected(end - rules.magnitude_window, end)
    return count > rules.magnitude_factor * mean + rules.magnitude_margin
