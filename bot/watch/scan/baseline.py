"""What is usual: how many newly flagged users a series brings at each hour of the week.

    cap_i  = 3 * max(mean of the capped days before, median of the 7 days before) + 5
    slow   = (sum of capped days + 7 * prior) / (days + 7)
    fast   = (sum of the last 7 capped days + 2 * slow) / (days among the last 7 + 2)
    rate   = max(slow, fast)      users a day; in the first 14 days also the median of the last 7 days, uncapped
    season = (n + 15) / (expected + 15), for 48 cells: weekday or weekend, by hour (UTC), scaled to a mean of 1

The cap keeps an old surge from raising what is usual; after four days on a new level the median lets the level in.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, median_low

from bot.watch.durations import DAY, HOUR, MINUTE, WEEK
from bot.watch.scan.dispersion import Dispersion, measure
from bot.watch.scan.rules import Rules

_HOURS_A_WEEK = 168
_THURSDAY_TO_SATURDAY = 2  # day 0, 1970-01-01, was a Thursday
_TEN_MINUTES_A_DAY = 144


@dataclass(frozen=True, slots=True)
class Baseline:
    """The usual level of one series, fitted to whole UTC days that are over."""

    rate: float
    """Newly flagged users a day."""
    season: tuple[float, ...]
    """168 factors, one for each hour since Thursday 00:00 UTC; their mean is 1."""
    cumulated: tuple[float, ...]
    """169 sums of `season`, for expectations in constant time."""
    days: int
    """Days of history behind it."""
    seen: float
    """Newly flagged users in these days, after capping."""
    dispersion: Dispersion

    def expected(self, start: int, end: int) -> float:
        """How many newly flagged users are usual in [start, end)."""
        return self.rate / 24.0 * (self._hours_until(end) - self._hours_until(start))

    def _hours_until(self, time: int) -> float:
        weeks, rest = divmod(time, WEEK)
        hour, part = divmod(rest, HOUR)
        return weeks * self.cumulated[_HOURS_A_WEEK] + self.cumulated[hour] + self.season[hour] * part / HOUR


def fit(times: Sequence[int], first_day: int, last_day: int, prior: float, rules: Rules) -> Baseline:
    """Fit to sorted times of newly flagged users; only days first_day <= day < last_day are looked at.

    prior: newly flagged users a day that this series is believed to bring before anything is known.
    """
    days = max(0, last_day - first_day)
    low = bisect_left(times, first_day * DAY)
    high = bisect_left(times, last_day * DAY)
    bins = Counter(time // (10 * MINUTE) for time in times[low:high]) if days else Counter[int]()
    raw = [0] * days
    for place, count in bins.items():
        raw[place // _TEN_MINUTES_A_DAY - first_day] += count
    capped = _cap(raw, prior, rules)
    weights = [x / count if count else 1.0 for x, count in zip(capped, raw, strict=True)]
    weighted = {place: n * weights[place // _TEN_MINUTES_A_DAY - first_day] for place, n in bins.items()}

    season = _season(weighted, first_day, last_day, rules)
    total = sum(capped)
    slow = (total + rules.prior_days * prior) / (days + rules.prior_days)
    recent = capped[-7:]
    fast = (sum(recent) + 2.0 * slow) / (len(recent) + 2.0)
    cumulated = [0.0]
    for factor in season:
        cumulated.append(cumulated[-1] + factor)
    level = total / days if days else 0.0
    dispersion = measure(weighted, [level / 24.0 * factor for factor in season], first_day, last_day, rules)
    settled = median_low(raw[-7:]) if 0 < days < rules.cold_days else 0.0
    return Baseline(max(slow, fast, settled), season, tuple(cumulated), days, total, dispersion)


def _cap(raw: Sequence[int], prior: float, rules: Rules) -> list[float]:
    capped: list[float] = []
    total = rules.prior_days * prior
    for index, count in enumerate(raw):
        before = raw[max(0, index - 7) : index]
        middle = median(before) if len(before) >= 4 else 0.0  # noqa: PLR2004 -- fewer days have no middle worth trusting
        cap = 3.0 * max(total / (index + rules.prior_days), middle) + 5.0
        capped.append(min(float(count), cap))
        total += capped[-1]
    return capped


def cell_of(hour_of_week: int) -> int:
    """The season cell (0 to 47) of an hour counted from Thursday 00:00 UTC."""
    day, hour = divmod(hour_of_week, 24)
    weekend = day in {_THURSDAY_TO_SATURDAY, _THURSDAY_TO_SATURDAY + 1}
    return hour + 24 * weekend


_CELLS = tuple(cell_of(hour) for hour in range(_HOURS_A_WEEK))


def _season(weighted: dict[int, float], first_day: int, last_day: int, rules: Rules) -> tuple[float, ...]:
    counts = [0.0] * 48
    for place, count in weighted.items():
        counts[_CELLS[place // 6 % _HOURS_A_WEEK]] += count
    hours = [0] * 48
    for day in range(first_day, last_day):
        first = day % 7 * 24
        for hour in range(first, first + 24):
            hours[_CELLS[hour]] += 1
    total, all_hours = sum(counts), max(1, sum(hours))
    factors = [
        (n + rules.season_prior) / (total * h / all_hours + rules.season_prior)
        for n, h in zip(counts, hours, strict=True)
    ]
    week = [factors[cell] for cell in _CELLS]
    mean = sum(week) / _HOURS_A_WEEK
    return tuple(factor / mean for factor in week)
