"""The fitted baseline of every series, for the day it is asked for: fitted when needed, at most once a day."""

from collections.abc import Iterable
from statistics import median

from bot.watch.durations import DAY
from bot.watch.scan.alarm import gate
from bot.watch.scan.baseline import Baseline, fit
from bot.watch.scan.grid import day_of
from bot.watch.scan.new_flags import POOLED, NewFlags
from bot.watch.scan.rules import Rules


class Baselines:
    """What is usual as one would have known it on a day: from the 56 days before, less the last one.

    While fewer than 14 days are known, yesterday counts too.
    """

    def __init__(self, new_flags: NewFlags, tenant_users: int | None, rules: Rules) -> None:
        self._new_flags = new_flags
        self._rules = rules
        self._tenant_users = tenant_users
        self._watched_since: int | None = None
        self._fitted: dict[int, dict[int, Baseline]] = {}
        self._estimated: dict[int, float] = {}

    @property
    def size_known(self) -> bool:
        """Whether somebody said how many users the tenant has."""
        return self._tenant_users is not None

    def resize(self, tenant_users: int | None) -> None:
        """The tenant has so many users from now on."""
        if tenant_users != self._tenant_users:
            self._tenant_users = tenant_users
            self._fitted.clear()

    def watched_since(self, time: int) -> None:
        """From this time on silence means that there were no flags."""
        self._watched_since = time if self._watched_since is None else min(time, self._watched_since)

    @property
    def since(self) -> int:
        """Since when silence means that there were no flags: the first flag, or the first scan."""
        starts = [time for time in (self._new_flags.first_flag, self._watched_since) if time is not None]
        return min(starts, default=0)

    def users(self, day: int) -> float:
        """How many users the tenant has; when nobody said, a guess: one in a thousand is flagged a day."""
        if self._tenant_users is not None:
            return float(self._tenant_users)
        if day not in self._estimated:
            pooled = self._new_flags.series[POOLED]
            counts = [pooled.count(d * DAY, (d + 1) * DAY - 1) for d in self._days(day)]
            usual = median(counts) / self._rules.prior_a_day if counts else 0.0
            self._estimated[day] = max(100.0, usual, float(self._new_flags.distinct_users))
        return self._estimated[day]

    def history(self, day: int) -> int:
        """How many whole days of history one has on a day."""
        return len(self._days(day))

    def gate(self, day: int) -> float:
        """The fewest newly flagged users that may ring an alarm by surprise on a day."""
        return gate(self.users(day), self.size_known, self.history(day), self._rules)

    def of(self, number: int, day: int) -> Baseline:
        """The baseline of one series on a day."""
        fitted = self._fitted.setdefault(number, {})
        if day not in fitted:
            share = 1.0 if number == POOLED else self._rules.type_share
            prior = self._rules.prior_a_day * self.users(day) * share
            days = self._days(day)
            fitted[day] = fit(self._new_flags.series[number].times, days.start, days.stop, prior, self._rules)
        return fitted[day]

    def expected(self, numbers: Iterable[int], day: int, start: int, end: int) -> float:
        """How many newly flagged users are usual in [start, end), over several series."""
        return sum(self.of(number, day).expected(start, end) for number in numbers)

    def changed(self, number: int, time: int) -> None:
        """A flag of this series was dated `time`: fits that look back that far are out of date."""
        fitted = self._fitted.get(number)
        if fitted and max(fitted) > day_of(time):
            self._fitted[number] = {day: fit for day, fit in fitted.items() if time >= self._days(day).stop * DAY}

    def forget_before(self, day: int) -> None:
        """Drop the fits of earlier days."""
        for number, fitted in self._fitted.items():
            self._fitted[number] = {fitted_on: fit for fitted_on, fit in fitted.items() if fitted_on >= day}
        self._estimated = {on: users for on, users in self._estimated.items() if on >= day}

    def _days(self, day: int) -> range:
        """The whole days that count on a day. While few are known yesterday is one of them."""
        begin = max(day_of(self.since) + 1, day - self._rules.history_days)
        stop = day - 1 if day - 1 - begin >= self._rules.cold_days else day
        return range(min(stop, begin), stop)
