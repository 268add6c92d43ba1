"""A surge over its life, and how what the detector sees becomes what is kept."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.watch.detector import DetectedSurge
from bot.watch.risk import Detection


class SurgeState(StrEnum):
    """open: flags still arrive. ended: the rate is back to usual. closed: nobody in it is at risk any more."""

    OPEN = "open"
    ENDED = "ended"
    REOPENED = "reopened"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Surge:
    """One surge in one tenant. Times are microseconds UTC."""

    tenant_id: str
    id: str
    short_name: str
    detector_key: str
    state: SurgeState
    opened_at: int
    window_start: int
    window_end: int
    ended_at: int | None
    risk_event_types: tuple[str, ...]
    users: int
    usual: float
    acknowledged_by: str | None = None
    acknowledged_at: int | None = None
    snoozed_by: str | None = None
    snoozed_until: int | None = None

    def holds(self, detection: Detection) -> bool:
        """Whether a detection is part of this surge: one of its types, detected within its window."""
        return (
            detection.risk_event_type in self.risk_event_types
            and self.window_start <= detection.detected_at <= self.window_end
        )


def short_name(surge_id: str) -> str:
    """A name to say aloud, from the id's random bits: S-7F3K. Unique enough for one tenant's few surges."""
    spoken = base64.b32encode(bytes.fromhex(surge_id)).decode()
    return "S-" + spoken.translate(str.maketrans("IOLU", "1089"))[:4]


def take_detected(surge: Surge, detected: DetectedSurge) -> Surge:
    """The surge as it stands after a scan. Its window and users only follow the detector; its id never changes."""
    if detected.ended_at is None:
        state = surge.state
        if surge.state in {SurgeState.ENDED, SurgeState.CLOSED}:
            state = SurgeState.REOPENED
    elif surge.state is SurgeState.CLOSED:
        state = SurgeState.CLOSED
    else:
        state = SurgeState.ENDED
    return replace(
        surge,
        state=state,
        window_start=detected.window_start,
        window_end=detected.window_end,
        ended_at=detected.ended_at,
        risk_event_types=detected.risk_event_types,
        users=len(detected.users),
        usual=detected.usual,
    )


def is_worth_opening(detected: DetectedSurge, open_users: frozenset[str]) -> bool:
    """A running surge always; one that already ended only while somebody in it is still at risk."""
    return detected.ended_at is None or not detected.users.isdisjoint(open_users)


def detected_surge_of(surge: Surge, users: Iterable[str]) -> DetectedSurge:
    """What a detector needs to take up a surge again after a restart."""
    return DetectedSurge(
        key=surge.detector_key,
        opened_at=surge.opened_at,
        window_start=surge.window_start,
        window_end=surge.window_end,
        ended_at=surge.ended_at,
        risk_event_types=surge.risk_event_types,
        users=frozenset(users),
        usual=surge.usual,
    )


def open_elsewhere(surge: Surge, detections: Iterable[Detection]) -> Mapping[str, tuple[Detection, ...]]:
    """By user id: open detections that are not part of this surge. Such users are never waved through with it."""
    others: dict[str, list[Detection]] = {}
    for detection in detections:
        if detection.is_open and not surge.holds(detection):
            others.setdefault(detection.user_id, []).append(detection)
    return {user_id: tuple(found) for user_id, found in others.items()}
