"""Made-up flags for tests of the detector: seeded, with times relative to a Monday."""

import random
from collections.abc import Iterable, Iterator

from bot.watch.detector import DetectedSurge, Flag
from bot.watch.durations import DAY, HOUR, MINUTE
from bot.watch.scan.window_scan import WindowScan

MONDAY = 20_199 * DAY
"""Monday 21 April 2025, 00:00 UTC."""
LEAKED = "leakedCredentials"


def at(days: float = 0.0, hours: float = 0.0, minutes: float = 0.0) -> int:
    return MONDAY + int(days * DAY + hours * HOUR + minutes * MINUTE)


def flag(user: str, time: int, *, type_: str = LEAKED, late: int = 0, name: str | None = None) -> Flag:
    return Flag(name or f"{user}/{type_}/{time}", user, type_, time, time + late)


def background(rate: float, start: int, end: int, *, users: int = 5000, seed: int = 1) -> list[Flag]:
    """Ordinary days: `rate` flags a day, three types, each visible within half an hour."""
    chance = random.Random(seed)
    flags, time = [], start
    while True:
        time += int(chance.expovariate(rate / DAY))
        if time >= end:
            return flags
        type_ = chance.choices(["unfamiliarFeatures", "anonymizedIPAddress", LEAKED], [6, 3, 1])[0]
        flags.append(flag(f"user{chance.randrange(users)}", time, type_=type_, late=chance.randrange(30 * MINUTE)))


def wave(users: int, start: int, end: int, *, type_: str = LEAKED, seed: int = 2, prefix: str = "hit") -> list[Flag]:
    """`users` people flagged at even odds between start and end; the first and last exactly then."""
    chance = random.Random(seed)
    times = [start, end, *(chance.randint(start, end) for _ in range(users - 2))]
    return [flag(f"{prefix}{n}", time, type_=type_, late=chance.randrange(10 * MINUTE)) for n, time in enumerate(times)]


def polls(start: int, end: int, every: int = 10 * MINUTE) -> range:
    return range(start, end + 1, every)


def replay(
    detector: WindowScan, flags: Iterable[Flag], times: Iterable[int]
) -> Iterator[tuple[int, tuple[DetectedSurge, ...]]]:
    """Show each flag at the first poll at which it is visible, and scan."""
    waiting = sorted(flags, key=lambda one: one.visible_at, reverse=True)
    for now in times:
        batch = []
        while waiting and waiting[-1].visible_at <= now:
            batch.append(waiting.pop())
        detector.observe(batch)
        yield now, detector.scan(now)


def final(detector: WindowScan, flags: Iterable[Flag], times: Iterable[int]) -> tuple[DetectedSurge, ...]:
    return [detected_surges for _, detected_surges in replay(detector, flags, times)][-1]
