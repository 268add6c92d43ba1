"""The window and the users of one surge, over all its types."""

from collections.abc import Iterable
from functools import partial
from itertools import chain

from bot.watch.scan.baselines import Baselines
from bot.watch.scan.grid import day_of
from bot.watch.scan.life import Life
from bot.watch.scan.new_flags import NewFlags
from bot.watch.scan.rules import Rules
from bot.watch.scan.window import WindowEstimate, estimate


def estimate_life(
    life: Life, lives: Iterable[Life], now: int, new_flags: NewFlags, baselines: Baselines, rules: Rules
) -> None:
    """Estimate a surge's window anew and take in the users inside it. A user once in it stays.

    The window is the union of those of its types that rise by themselves, and that of all of them together.
    """
    start, end = _zone(life, lives, now, rules)
    before = life.window_start, life.window_end, life.ended_at, len(life.users), len(life.types), life.usual
    found: list[WindowEstimate] = []
    least = baselines.gate(day_of(life.alarm_at))
    for types in _each_then_all(life.types):
        parts = [new_flags.series[type_].times_between(start, end) for type_ in types]
        times = parts[0] if len(parts) == 1 else sorted(chain.from_iterable(parts))
        expected = partial(baselines.expected, types, day_of(life.alarm_at))
        one = estimate(times, life.alarm_at + rules.core_after, expected, least, rules)
        if one is not None:
            found.append(one)
    if found:
        _take(life, found, rules)
    for type_ in life.types:
        life.users.update(new_flags.series[type_].users_between(life.window_start, life.window_end))
    if found:
        life.usual = baselines.expected(life.types, day_of(life.window_start), life.window_start, life.window_end)
    if life.ended_at is not None and life.window_end > life.ended_at:
        life.reopen(now)
    life.is_stale = False
    if before != (life.window_start, life.window_end, life.ended_at, len(life.users), len(life.types), life.usual):
        life.detected = None


def _zone(life: Life, lives: Iterable[Life], now: int, rules: Rules) -> tuple[int, int]:
    """Where the surge may lie: from 36 hours before its alarm to now, and not in a neighbour of the same type."""
    start, end = life.alarm_at - rules.search_before, now
    for other in lives:
        if other is not life and not other.types.isdisjoint(life.types):
            if other.alarm_at < life.alarm_at:
                start = max(start, other.window_end + 1)
            else:
                end = min(end, other.window_start - 1)
    return start, max(start, end)


def _each_then_all(types: set[int]) -> list[list[int]]:
    each = [[type_] for type_ in sorted(types)]
    return [*each, sorted(types)] if len(types) > 1 else each


def _take(life: Life, found: list[WindowEstimate], rules: Rules) -> None:
    likeliest = max(one.likelihood for one in found)
    rising = [one for one in found if one.likelihood >= min(rules.apart, likeliest)]
    life.window_start = min(one.start for one in rising)
    life.window_end = max(one.end for one in rising)
    life.peak = max(one.peak for one in rising)
