"""What others would use: a static threshold, EARS C2, Farrington. Each as it comes, and with the scan's two best ideas:
distinct users newly flagged instead of raw detections, and a gate by share of the tenant.

Each judges a bucket of time (an hour, a day) by the detections that are visible, so it may alarm as soon as the count
passes its threshold, before the bucket is over. Its window is the run of buckets in alarm: it knows no better.
"""

from dataclasses import dataclass

import numpy as np

from tests.bench.surge.tenants import DAY, HOUR, MINUTE, Detections
from tests.bench.surge.trials import POLL, Outcome
from tests.bench.surge.waves import Wave


@dataclass(frozen=True)
class Contender:
    """A method and its one setting. `bucket` is its unit of time in microseconds."""

    name: str
    method: str
    setting: float
    bucket: int = DAY
    newly: bool = False
    """Counts distinct users newly flagged, behind the gate, instead of raw detections."""


@dataclass(frozen=True)
class Alarm:
    """A run of buckets in alarm."""

    at: int
    start: int
    end: int


DEFAULTS = (
    Contender("static threshold, 10 an hour", "static", 10, bucket=HOUR),
    Contender("EARS C2", "ears", 3),
    Contender("Farrington", "farrington", 2.58),
)
TUNABLE = {
    "static": [
        Contender(f"static, {100 * s:g} % of users a day", "share", s, newly=True)
        for s in (0.002, 0.004, 0.008, 0.016, 0.03)
    ],
    "ears": [Contender(f"EARS C2 + gate, {k:g} s.d.", "ears", k, newly=True) for k in (3, 4, 5, 7, 10, 15)],
    "farrington": [
        Contender(f"Farrington + gate, z = {z:g}", "farrington", z, newly=True) for z in (2.58, 3.5, 4.5, 6, 8, 11)
    ],
}


def newly_flagged(detections: Detections) -> Detections:
    """Only the first detection of a user in 24 hours."""
    order = np.lexsort((detections.detected, detections.user))
    user, time = detections.user[order], detections.detected[order]
    first = np.ones(len(order), bool)
    first[1:] = (user[1:] != user[:-1]) | (time[1:] - time[:-1] >= DAY)
    keep = order[first]
    return Detections(detections.user[keep], detections.type[keep], detections.detected[keep], detections.visible[keep])


def alarms(contender: Contender, detections: Detections, users: int, start: int, end: int) -> list[Alarm]:
    """Every run of buckets in alarm between start and end."""
    counted = newly_flagged(detections) if contender.newly else detections
    size = contender.bucket
    inside = (counted.detected >= start) & (counted.detected < end)
    bucket = (counted.detected[inside] - start) // size
    visible = counted.visible[inside]
    buckets = (end - start) // size
    counts = np.bincount(bucket, minlength=buckets).astype(float)
    thresholds = _thresholds(contender, counts)
    if contender.newly:
        thresholds = np.maximum(thresholds, max(5, 0.002 * users) - 1)
    if contender.method == "share":
        thresholds = np.maximum(thresholds, contender.setting * users)
    found: list[Alarm] = []
    for index in np.nonzero(counts > thresholds)[0].tolist():
        crossing = np.sort(visible[bucket == index])[int(np.floor(thresholds[index]))]
        at = -(-int(crossing) // POLL) * POLL
        begin = start + index * size
        if found and begin <= found[-1].end:
            found[-1] = Alarm(min(found[-1].at, at), found[-1].start, begin + size)
        else:
            found.append(Alarm(at, begin, begin + size))
    return found


def _thresholds(contender: Contender, counts: np.ndarray) -> np.ndarray:
    """For each bucket the count above which it is in alarm."""
    if contender.method == "static":
        return np.full(len(counts), contender.setting)
    if contender.method == "share":
        return np.zeros(len(counts))
    judge = _ears_c2 if contender.method == "ears" else _farrington
    return np.array([judge(counts[:day], contender.setting) for day in range(len(counts))])


def _ears_c2(past: np.ndarray, deviations: float) -> float:
    """Mean and standard deviation of the seven days that end two days before."""
    base = past[-9:-2]
    if len(base) < 7:
        return np.inf
    return float(base.mean() + deviations * max(base.std(ddof=1), 0.5))


def _farrington(past: np.ndarray, z: float) -> float:
    """Quasi-Poisson mean of the same weekday and its neighbours in the last eight weeks, outliers weighted down,
    with the two-thirds power threshold of Farrington et al. (1996); without trend. Fewer than five
    cases in four weeks are never an alarm.
    """
    if len(past) < 28:
        return np.inf
    places = [len(past) - 7 * week + off for week in range(1, 9) for off in (-1, 0, 1)]
    base = np.array([past[place] for place in places if 0 <= place < len(past)])
    weights = np.ones(len(base))
    for _ in range(2):
        mean = max(float((weights * base).sum() / weights.sum()), 0.05)
        spread = max(1.0, float((weights * (base - mean) ** 2 / mean).sum() / (len(base) - 1)))
        residual = 1.5 * (base ** (2 / 3) - mean ** (2 / 3)) / (mean ** (1 / 6) * np.sqrt(spread))
        weights = np.where(residual > 1, 1 / np.maximum(residual, 1) ** 2, 1.0)
    variance = spread * mean + spread * mean / len(base)
    threshold = mean * (1 + 2 / 3 * z * np.sqrt(variance) / mean) ** 1.5
    return max(threshold, 4.0 if past[-28:].sum() < 5 else threshold)


def outcome(found: list[Alarm], wave: Wave, users: int) -> Outcome:
    """What came of a wave, in the terms of the scan's own trials."""
    hits = [one for one in found if one.start <= wave.end and one.end > wave.start and one.at <= wave.end + 6 * HOUR]
    hits = [one for one in hits if one.at >= wave.start]
    if not hits:
        return Outcome(found=False)
    hit = min(hits, key=lambda one: one.at)
    gate = min(len(wave.visible), max(5, int(np.ceil(0.002 * users))))
    return Outcome(
        found=True,
        after_gate=(hit.at - int(wave.visible[gate - 1])) / MINUTE,
        after_first=(hit.at - int(wave.visible[0])) / MINUTE,
        flagged_before=float((wave.visible <= hit.at).mean()),
        start_off=abs(hit.start - wave.start) / MINUTE,
        end_off=abs(hit.end - wave.end) / MINUTE,
    )
