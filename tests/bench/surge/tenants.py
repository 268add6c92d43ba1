"""Invented tenants: years of risk detections with everything that makes an honest detector cry wolf.

Nothing here uses the detector's own model of the world. The rate wanders (lognormal, correlated from day to day, with a
trend), office hours lie in one to three time zones, holidays fall where they fall, people differ by orders of
magnitude in how often they are flagged, flags come in clusters, small sprays and leak dumps happen, types are newly
enabled, detections arrive late or after an outage. All of that is noise; only what `waves` adds is a surge.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bot.watch.detector import Flag

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEW_YEAR = 20_089 * DAY
"""Wednesday 1 January 2025, 00:00 UTC."""

TYPES = (
    "unfamiliarFeatures",
    "anonymizedIPAddress",
    "unlikelyTravel",
    "leakedCredentials",
    "passwordSpray",
    "maliciousIPAddress",
    "suspiciousBrowser",
    "anomalousToken",
    "newlyEnabled",
)
LEAKED, SPRAY, NEWLY_ENABLED = 3, 4, 8
_OFFLINE = np.array([False, False, True, True, True, False, True, False, False])


@dataclass(frozen=True)
class Detections:
    """Parallel arrays: who, what, when, and when it became visible. Times are microseconds UTC."""

    user: np.ndarray
    type: np.ndarray
    detected: np.ndarray
    visible: np.ndarray

    def __len__(self) -> int:
        return len(self.user)

    def join(self, other: "Detections") -> "Detections":
        return Detections(
            np.concatenate([self.user, other.user]),
            np.concatenate([self.type, other.type]),
            np.concatenate([self.detected, other.detected]),
            np.concatenate([self.visible, other.visible]),
        )

    def flags(self) -> Iterator[Flag]:
        """By the time at which each became visible."""
        for i in np.argsort(self.visible, kind="stable").tolist():
            yield Flag(str(i), f"u{self.user[i]}", TYPES[self.type[i]], int(self.detected[i]), int(self.visible[i]))


@dataclass(frozen=True)
class Tenant:
    users: int
    days: int
    detections: Detections
    outages: tuple[tuple[int, int], ...]


def make_tenant(chance: np.random.Generator, users: int, days: int, start: int = NEW_YEAR) -> Tenant:
    """A tenant whose `days` hold nothing but noise."""
    rate = users * 1e-3 * chance.lognormal(-0.3, 0.5)
    mix = chance.dirichlet([4, 3, 2, 0.6, 0.6, 1, 1, 0.6])
    level = _levels(chance, days)
    profile = _office_hours(chance)
    parts = [_ordinary(chance, users, rate * mix[kind], level, profile, start, kind) for kind in range(len(mix))]
    parts += list(_clusters(chance, users, rate, days, start))
    if chance.random() < days / 700:
        parts.append(_newly_enabled(chance, users, rate, days, profile, start))
    when = np.concatenate([time for time, _, _ in parts])
    kind = np.concatenate([np.full(len(time), kind) for time, _, kind in parts])
    who = np.concatenate([user for _, user, _ in parts])
    when, kind, who = _repeated(chance, when, kind, who)
    outages = _outages(chance, days, start)
    return Tenant(users, days, Detections(who, kind, when, _visible(chance, when, kind, outages)), outages)


def _levels(chance: np.random.Generator, days: int) -> np.ndarray:
    """The rate of each day: a wandering level, a trend, holidays."""
    spread = chance.uniform(0.1, 0.4)
    wander, memory = np.zeros(days), chance.uniform(0.3, 0.9)
    for day in range(1, days):
        wander[day] = memory * wander[day - 1] + chance.normal(0, spread * np.sqrt(1 - memory**2))
    level = np.exp(wander) * np.linspace(1, chance.uniform(0.6, 1.6), days)
    for _ in range(chance.poisson(days / 30)):
        day = chance.integers(days)
        level[day : day + chance.integers(1, 4)] *= chance.choice([0.3, 0.5, 1.5])
    return level


def _office_hours(chance: np.random.Generator) -> np.ndarray:
    """Factors for 7 days by 24 hours (UTC), the week beginning on Wednesday as 2025 does; mean 1."""
    week = np.full((7, 24), chance.uniform(0.05, 0.5))
    for _ in range(chance.integers(1, 4)):
        opens, weight = chance.integers(24), chance.uniform(0.3, 1)
        for hour in range(9):
            week[:, (opens + hour) % 24] += weight * (1.3 if hour in {0, 1, 4, 5} else 1.0)
    week[3:5] *= chance.uniform(0.15, 0.8)  # Saturday and Sunday, counted from Wednesday
    return week / week.mean()


def _ordinary(chance, users, rate, level, profile, start, kind):
    days = len(level)
    hourly = np.outer(level * rate / 24, np.ones(24)) * profile[np.arange(days) % 7]
    hourly = hourly * chance.gamma(4, 1 / 4, hourly.shape)
    counts = chance.poisson(hourly)
    day, hour = np.nonzero(counts)
    times = np.repeat(start + day * DAY + hour * HOUR, counts[day, hour])
    return times + chance.integers(0, HOUR, len(times)), _people(chance, users, len(times)), kind


def _people(chance: np.random.Generator, users: int, count: int) -> np.ndarray:
    """Who is flagged: travellers and testers far more often than others."""
    return np.minimum((users * chance.random(count) ** 1.7).astype(np.int64), users - 1)


def _clusters(chance, users, rate, days, start):
    """A changed proxy, a team on a journey, a small spray, a small leak dump: several people within minutes to a day.

    The first make about a third of all flags in a small tenant, and come once a month in a large one.
    """
    for _ in range(chance.poisson(min(12 / 365, rate / 9) * days)):
        size = 1 + chance.geometric(0.5) + chance.poisson(2e-4 * users)
        yield _together(
            chance, users, days, start, size, chance.integers(10 * MINUTE, 4 * HOUR), int(chance.integers(8))
        )
    for _ in range(chance.poisson(4 * days / 365)):
        size = chance.poisson(users * chance.uniform(2e-4, 1e-3)) + 1
        yield _together(chance, users, days, start, min(size, 4 + users // 800), chance.integers(6, 36) * HOUR, SPRAY)
    for _ in range(chance.poisson(4 * days / 365)):
        size = chance.poisson(users * chance.uniform(1e-4, 8e-4)) + 1
        yield _together(
            chance, users, days, start, min(size, 4 + users // 900), chance.integers(1, 120) * MINUTE, LEAKED
        )


def _together(chance, users, days, start, size, span, kind):
    begin = start + chance.integers(days * DAY)
    times = begin + (span * np.sort(chance.beta(1, 1.5, size))).astype(np.int64)
    return times, chance.choice(users, min(size, users), replace=False)[: len(times)], kind


def _newly_enabled(chance, users, rate, days, profile, start):
    """A type that Microsoft switches on some day: at first more, then for good."""
    first = int(chance.integers(days))
    level = np.zeros(days)
    level[first:] = 1.0
    level[first : first + 3] = chance.uniform(1, 2.5)
    return _ordinary(chance, users, rate * chance.uniform(0.05, 0.3), level, profile, start, NEWLY_ENABLED)


def _repeated(chance, when, kind, who):
    """Some are flagged again within a day or two, for the same or another type."""
    again = np.nonzero(chance.random(len(when)) < 0.3)[0]
    later = when[again] + (chance.exponential(8 * HOUR, len(again))).astype(np.int64)
    other = np.where(chance.random(len(again)) < 0.6, kind[again], chance.integers(0, 8, len(again)))
    return np.concatenate([when, later]), np.concatenate([kind, other]), np.concatenate([who, who[again]])


def _outages(chance, days, start):
    begins = [start + int(chance.integers(days * DAY)) for _ in range(chance.poisson(3 * days / 365))]
    return tuple((begin, begin + int(chance.integers(2, 18)) * HOUR) for begin in begins)


def _visible(chance, when, kind, outages):
    """Most within minutes, some within hours, a few within two days; after an outage all at once."""
    late = chance.exponential(7 * MINUTE, len(when))
    slow = chance.random(len(when)) < np.where(_OFFLINE[kind], 0.5, 0.1)
    late = np.where(slow, chance.lognormal(np.log(90), 1, len(when)) * MINUTE, late)
    visible = when + np.minimum(late, 48 * HOUR).astype(np.int64)
    for begin, end in outages:
        held = (visible >= begin) & (visible < end)
        visible = np.where(held, end + chance.integers(0, 10 * MINUTE, len(when)), visible)
    return visible
