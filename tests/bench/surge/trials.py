"""Single trials: a quiet year, or one wave, as the window scan lives through it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.watch.detector import DetectedSurge, Flag
from bot.watch.scan.rules import Rules
from bot.watch.scan.window_scan import WindowScan
from tests.bench.surge.tenants import DAY, HOUR, MINUTE, NEW_YEAR, TYPES, Detections, Tenant
from tests.bench.surge.waves import Wave

POLL = 10 * MINUTE


@dataclass(frozen=True)
class Quiet:
    """A stretch of noise: what was told of it, and what each poll cost in milliseconds of CPU."""

    opened: tuple[int, ...]
    costs: np.ndarray
    detected_surges: tuple[DetectedSurge, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of one wave. Minutes, where not said otherwise; None where it was not found."""

    found: bool
    after_gate: float | None = None
    """From the gate-th of its users being visible to the alarm."""
    after_first: float | None = None
    """From the first of its users being visible to the alarm."""
    flagged_before: float | None = None
    """Share of its users flagged before the alarm."""
    start_off: float | None = None
    end_off: float | None = None
    inside: float | None = None
    """Share of its users that the surge holds."""
    foreign: float | None = None
    """Share of the surge's users that are not of the wave."""
    surges: int = 0
    """How many surges were told of while it ran."""


def quiet(tenant: Tenant, rules: Rules) -> Quiet:
    detector = WindowScan(tenant.users, rules=rules)
    known: dict[str, DetectedSurge] = {}
    costs = []
    for now, batch in polls(tenant.detections, NEW_YEAR, NEW_YEAR + tenant.days * DAY):
        before = time.process_time()
        detector.observe(batch)
        detected_surges = detector.scan(now)
        costs.append(time.process_time() - before)
        known.update((one.key, one) for one in detected_surges)
    told = sorted(known.values(), key=lambda one: one.opened_at)
    return Quiet(tuple(one.opened_at for one in told), 1000 * np.array(costs), tuple(told))


def polls(detections: Detections, start: int, end: int) -> Iterator[tuple[int, list[Flag]]]:
    flags = detections.flags()
    waiting = next(flags, None)
    for now in range(start, end + 1, POLL):
        batch = []
        while waiting is not None and waiting.visible_at <= now:
            batch.append(waiting)
            waiting = next(flags, None)
        yield now, batch


def live_through(
    tenant: Tenant, detections: Detections, wave: Wave, kind: int, rules: Rules, costs: list[float] | None = None
) -> Outcome:
    """Polls from a day before the wave to a day after; everything before is observed at once."""
    detector = WindowScan(tenant.users, rules=rules)
    known: dict[str, DetectedSurge] = {}
    begin = max(NEW_YEAR, (wave.start - DAY) // POLL * POLL)
    for now, batch in polls(detections, begin, wave.end // POLL * POLL + 30 * HOUR):
        before = time.process_time()
        detector.observe(batch)
        detected_surges = detector.scan(now)
        if costs is not None and now > begin:
            costs.append(1000 * (time.process_time() - before))
        known.update((one.key, one) for one in detected_surges)
    return judge(tuple(known.values()), wave, TYPES[kind], tenant.users, rules)


def judge(told: Sequence[DetectedSurge], wave: Wave, kind: str, users: int, rules: Rules) -> Outcome:
    near = [one for one in told if one.window_start <= wave.end and one.window_end >= wave.start]
    hits = [(one, {int(name[1:]) for name in one.users}) for one in near if kind in one.risk_event_types]
    if not hits:
        return Outcome(found=False, surges=len(near))
    surge, inside = max(hits, key=lambda hit: len(hit[1] & wave.users))
    gate = min(len(wave.visible), max(rules.gate_users, int(np.ceil(rules.gate_share * users))))
    return Outcome(
        found=True,
        after_gate=(surge.opened_at - int(wave.visible[gate - 1])) / MINUTE,
        after_first=(surge.opened_at - int(wave.visible[0])) / MINUTE,
        flagged_before=float((wave.visible <= surge.opened_at).mean()),
        start_off=abs(surge.window_start - wave.start) / MINUTE,
        end_off=abs(surge.window_end - wave.end) / MINUTE,
        inside=len(inside & wave.users) / len(wave.users),
        foreign=len(inside - wave.users) / len(inside),
        surges=len(near),
    )
