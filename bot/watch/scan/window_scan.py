"""The surge detector: a negative-binomial window scan with a magnitude rule, over each type and all types pooled.

The steps, each in its own module: who is newly flagged (new_flags), what is usual (baseline) and how much that varies
(dispersion), when a count is an alarm (alarm), who still counts (tally), where a surge began and ended (window), and
how it lives (life).
"""

from collections.abc import Iterable
from math import sqrt

from bot.watch.detector import DetectedSurge, Flag
from bot.watch.durations import DAY, MINUTE
from bot.watch.scan.alarm import is_massive, is_surprising
from bot.watch.scan.baselines import Baselines
from bot.watch.scan.correlation import begin_together, flag_same_users, rising_types
from bot.watch.scan.estimation import estimate_life
from bot.watch.scan.grid import BIN, day_of
from bot.watch.scan.life import Life
from bot.watch.scan.new_flags import POOLED, Change, NewFlags
from bot.watch.scan.rules import Rules
from bot.watch.scan.tally import Tally

_CLOCK_SKEW = 10 * MINUTE
_KEPT_DAYS = 2  # beyond the history that baselines need and the time in which late data may ring


class WindowScan:
    """Notices surges of newly flagged users in one tenant. See Detector for the contract of each method."""

    def __init__(self, tenant_users: int | None, sensitivity: float = 0.1, rules: Rules | None = None) -> None:
        """tenant_users: how many users the tenant has; None when unknown. ValueError when it is not positive.

        sensitivity: how many false alarms a year the team accepts. rules: every other setting, for the benchmark.
        """
        self._rules = rules or Rules(sensitivity=sensitivity)
        self._new_flags = NewFlags()
        self._baselines = Baselines(self._new_flags, None, self._rules)
        self._lives: list[Life] = []
        self._tally = Tally(self._new_flags, lambda: self._lives, self._rules)
        self._fresh: list[tuple[int, int]] = []  # (time, series) newly visible since the last scan
        self._day: int | None = None
        self.resize(tenant_users)

    def resize(self, tenant_users: int | None) -> None:
        """The tenant has so many users from now on. ValueError when the number is not positive."""
        if tenant_users is not None and tenant_users <= 0:
            raise ValueError(f"a tenant has at least one user, not {tenant_users}; leave it out when it is unknown")
        self._baselines.resize(tenant_users)

    def resume(self, detected_surges: Iterable[DetectedSurge]) -> None:
        """Take up the surges known before a restart. Call before the first scan; keys are kept."""
        for detected in detected_surges:
            life = Life(
                key=detected.key,
                opened_at=detected.opened_at,
                alarm_at=min(detected.opened_at, detected.window_end),
                types={self._new_flags.type(name) for name in detected.risk_event_types},
                window_start=detected.window_start,
                window_end=detected.window_end,
                last_alarm=detected.window_end,
                ended_at=detected.ended_at,
                users={self._new_flags.user(user_id) for user_id in detected.users},
                usual=detected.usual,
                detected=detected,
            )
            self._lives.append(life)
        self._tally.changed()

    def observe(self, flags: Iterable[Flag]) -> None:
        """Take flags in any order, any number of times: a detection_id already seen changes nothing."""
        self._take(self._new_flags.observe(flags))

    def forgive(self, user_id: str, cleared_at: int) -> None:
        """A verified clean-up: a flag of this user detected after cleared_at counts as new."""
        self._take(self._new_flags.forgive(user_id, cleared_at))
        self._tally.changed()

    def scan(self, now: int) -> tuple[DetectedSurge, ...]:
        """Say which surges there are, open ones and those that ended, in order of window_start."""
        self._start_day(now)
        arrived = self._arrived(now)
        for number in sorted(arrived, key=self._name_of, reverse=True):  # pooled last: it counts what the types leave
            self._look(number, arrived[number], now)
        for life in self._lives:
            life.is_stale = life.is_stale or not life.types.isdisjoint(arrived)
            self._follow(life, now)
        return tuple(sorted((self._sighting(life) for life in self._lives), key=lambda s: (s.window_start, s.key)))

    def expected(self, start: int, end: int, risk_event_types: Iterable[str] | None = None) -> float:
        """How many newly flagged users are usual in [start, end), as known on the day of `start`.

        Over the types named together, or over all types pooled when none are named.
        """
        names = None if risk_event_types is None else tuple(risk_event_types)
        numbers = [POOLED] if names is None else [self._new_flags.type(name) for name in names]
        return self._baselines.expected(numbers, day_of(start), start, end)

    def usual_range(self, start: int, end: int) -> tuple[float, float]:
        """Between which counts [start, end) usually lies over all types: e less and plus 2 * sqrt(v * e)."""
        baseline = self._baselines.of(POOLED, day_of(start))
        expected = baseline.expected(start, end)
        spread = 2.0 * sqrt(baseline.dispersion.at(end - start) * expected)
        return max(0.0, expected - spread), expected + spread

    def count(self, start: int, end: int) -> int:
        """How many users were newly flagged in [start, end), over all types pooled."""
        return self._new_flags.series[POOLED].count(start, end - 1)

    def _take(self, changes: Iterable[Change]) -> None:
        for number, time, user, type_, is_new in changes:
            self._baselines.changed(number, time)
            if is_new:
                self._tally.add(number, time, user, type_)
                self._fresh.append((time, number))
            else:
                self._tally.changed([number])

    def _start_day(self, now: int) -> None:
        """Once a day: drop what is too old to matter. A clock that jumps ahead of all flags drops nothing."""
        if self._day == day_of(now):
            return
        self._day = day_of(now)
        self._baselines.watched_since(now)
        kept = self._rules.history_days * DAY + self._rules.late_within + _KEPT_DAYS * DAY
        oldest = min(now, self._new_flags.last_flag or now) - kept
        self._lives = [life for life in self._lives if life.ended_at is None or life.window_end >= oldest]
        self._new_flags.forget_before(oldest, (user for life in self._lives for user in life.users))
        self._baselines.forget_before(self._day - self._rules.late_within // DAY - _KEPT_DAYS)
        self._tally.keep_since(now - self._rules.late_within - _KEPT_DAYS * DAY)

    def _arrived(self, now: int) -> dict[int, list[int]]:
        """When the flags that became visible since the last scan were detected, by series. Future ones wait."""
        arrived: dict[int, list[int]] = {}
        waiting = []
        for time, number in self._fresh:
            if time > now + _CLOCK_SKEW:
                waiting.append((time, number))
            elif time >= now - self._rules.late_within:
                arrived.setdefault(number, []).append(time)
        self._fresh = waiting
        return arrived

    def _name_of(self, number: int) -> str:
        return "" if number == POOLED else self._new_flags.type_names[number]

    def _look(self, number: int, times: list[int], now: int) -> None:
        """Look for an alarm in the windows that newly visible flags may have filled."""
        first, last = min(times), max(times)
        longest = self._rules.windows[-1]
        is_open = any(life.ended_at is None and number in life.types for life in self._lives)
        if not is_open and self._tally.count(number, first - longest, last + longest) < self._baselines.gate(
            day_of(last)
        ):
            return
        ends = self._ends(times, now)
        for end in ends:
            life = self._covering(number, end)
            if life is not None and life.ended_at is None:
                if end == ends[-1] and self._still_rings(number, end):
                    life.last_alarm = max(life.last_alarm, end)
            elif (start := self._rings(number, end)) is not None:
                self._ring(number, start, end, now, life)

    def _ends(self, times: list[int], now: int) -> list[int]:
        """Where windows end: now, at the flags that became visible, and where windows that begin there end."""
        ends = {time // BIN: time for time in sorted(times)}
        late = [time for time in ends.values() if time < now - BIN]
        for window in self._rules.windows:
            for time in late:
                if time + window < now:
                    ends.setdefault((time + window) // BIN, time + window)
        return sorted({*ends.values(), max(now, *times)} if max(times) >= now - DAY else ends.values())

    def _rings(self, number: int, end: int) -> int | None:
        """Where the alarm's window begins, or None: the shortest window that ends at `end` and is a surge."""
        rules = self._rules
        least = self._baselines.gate(day_of(end))
        if self._tally.count(number, end - rules.windows[-1] + 1, end) < min(least, rules.gate_users):
            return None
        baseline = self._baselines.of(number, day_of(end))
        series = len(self._new_flags.series)
        known = end - self._baselines.since
        for window in rules.windows:
            if window == DAY and known < 2 * DAY:
                break  # a day can't be judged before another one is known
            count = self._tally.count(number, end - window + 1, end)
            if count >= least and is_surprising(count, window, end, baseline, series, rules):
                return end - window + 1
        count = self._tally.count(number, end - rules.magnitude_window + 1, end)
        users = self._baselines.users(day_of(end))
        if self._baselines.size_known and is_massive(count, end, users, baseline, rules):
            return end - rules.magnitude_window + 1
        return None

    def _still_rings(self, number: int, end: int) -> bool:
        """Whether the last hours of an open surge are an alarm by themselves."""
        rules = self._rules
        baseline = self._baselines.of(number, day_of(end))
        series, least = self._new_flags.series[number], self._baselines.gate(day_of(end))
        for window in rules.windows:
            if window <= rules.quiet:
                count = series.count(end - window + 1, end)
                if count >= least and is_surprising(count, window, end, baseline, len(self._new_flags.series), rules):
                    return True
        return False

    def _covering(self, number: int, time: int) -> Life | None:
        """The surge that an alarm of this type at this time belongs to: the latest that covers it."""
        covering = [life for life in self._lives if life.covers(number, time, self._rules)]
        return max(covering, key=lambda life: (life.window_start, life.key), default=None)

    def _ring(self, number: int, start: int, end: int, now: int, ended: Life | None) -> None:
        """An alarm: the ended surge of this type reopens, one of the same users takes it in, or a new one opens."""
        users: dict[int, set[int]] = {}
        for user, type_ in self._tally.who(number, start, end):
            users.setdefault(type_, set()).add(user)
        types = {number}
        if number == POOLED:
            usual = {type_: self._baselines.of(type_, day_of(start)).expected(start, end) for type_ in users}
            types = rising_types({type_: len(who) for type_, who in users.items()}, usual)
        flagged = set().union(*(users[type_] for type_ in types))
        if len(flagged) < self._baselines.gate(day_of(end)):
            return  # the rest of the count is the usual bustle of other types
        life = ended or self._kin_of(types, flagged, start, end)
        if life is None:
            key = f"{'+'.join(sorted(map(self._name_of, types)))}@{end}"
            life = Life(key, now, min(end, now), types, start, end, last_alarm=end)
            self._lives.append(life)
        life.types |= types
        life.reopen(now)
        life.last_alarm = max(life.last_alarm, end)
        life.is_stale = True
        self._estimate(life, now)
        if len(life.users) < self._baselines.gate(day_of(end)):
            self._lives.remove(life)  # seen closely it is less: what was counted lies apart from it
        self._tally.changed()

    def _kin_of(self, types: set[int], flagged: set[int], start: int, end: int) -> Life | None:
        tenant = self._baselines.users(day_of(end))
        names = set(map(self._name_of, types))
        first = min(next(self._new_flags.series[type_].between(start, end))[0] for type_ in types)
        for life in self._lives:
            is_near = life.ended_at is None and life.window_start <= end and start <= life.reach(self._rules)
            if is_near and flag_same_users(flagged, life.users, tenant, self._rules):
                return life
            if is_near and begin_together(names, first, set(map(self._name_of, life.types)), life.window_start):
                return life
        return None

    def _follow(self, life: Life, now: int) -> None:
        """Estimate the window anew where data came, and say that the surge is over when it is."""
        if life.is_stale and not life.is_settled(now, self._rules):
            before = len(life.users), life.ended_at
            self._estimate(life, now)
            if life.ended_at != before[1] or (life.ended_at is not None and len(life.users) > before[0]):
                self._tally.changed(life.types)  # those it took in are explained now
        if life.ended_at is None and self._is_calm(life, now):
            life.end(now)
            self._tally.changed()

    def _estimate(self, life: Life, now: int) -> None:
        estimate_life(life, self._lives, now, self._new_flags, self._baselines, self._rules)

    def _is_calm(self, life: Life, now: int) -> bool:
        """The last hours hold no more than e + 2 * sqrt(v * e) + max(1, 2 % of the peak), and no alarm."""
        quiet = life.quiet(self._rules)
        if now - life.last_alarm < quiet:
            return False
        recent = sum(self._new_flags.series[type_].count(now - quiet + 1, now) for type_ in life.types)
        fits = [self._baselines.of(type_, day_of(now)) for type_ in life.types]
        expected = sum(baseline.expected(now - quiet, now) for baseline in fits)
        v = max(baseline.dispersion.at(quiet) for baseline in fits)
        return recent <= expected + 2.0 * sqrt(v * expected) + max(1.0, 0.02 * life.peak)

    def _sighting(self, life: Life) -> DetectedSurge:
        if life.detected is None:
            life.detected = DetectedSurge(
                key=life.key,
                opened_at=life.opened_at,
                window_start=life.window_start,
                window_end=life.window_end,
                ended_at=life.ended_at,
                risk_event_types=tuple(sorted(map(self._name_of, life.types))),
                users=frozenset(self._new_flags.user_names[user] for user in life.users),
                usual=life.usual,
            )
        return life.detected
