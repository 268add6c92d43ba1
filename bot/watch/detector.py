"""What a surge detector is: flags go in in any order, detected surges come out.

A detector holds no clock and no store. Times are integer microseconds since 1970-01-01 UTC.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Flag:
    """One risk detection, as far as counting needs it."""

    detection_id: str
    user_id: str
    risk_event_type: str
    detected_at: int
    """Graph's detectedDateTime: where the flag belongs in time, however late it became visible."""
    visible_at: int
    """When we first saw it (in history files: observedDateTime, else detectedDateTime)."""


@dataclass(frozen=True, slots=True)
class DetectedSurge:
    """One surge as the detector sees it at the moment of a scan."""

    key: str
    """Names the surge for its whole life, through restarts (see Detector.resume)."""
    opened_at: int
    """The scan at which the alarm rang first."""
    window_start: int
    """Estimated: the first flag of the surge."""
    window_end: int
    """Estimated: the last flag of the surge so far."""
    ended_at: int | None
    """The scan at which the surge was found to be over; None while it is open."""
    risk_event_types: tuple[str, ...]
    """The types that surge, sorted. A detection belongs to the surge when its type is one of them
    and it was detected within [window_start, window_end]."""
    users: frozenset[str]
    """Everyone who was newly flagged by such a detection. Never shrinks over the life of a surge."""
    usual: float
    """How many newly flagged users the baseline expects in this window."""


class Detector(Protocol):
    """Notices surges of newly flagged users in one tenant."""

    def resume(self, detected_surges: Iterable[DetectedSurge]) -> None:
        """Take up the surges known before a restart. Call before the first scan; keys are kept."""

    def observe(self, flags: Iterable[Flag]) -> None:
        """Take flags in any order, any number of times: a detection_id already seen changes nothing."""

    def forgive(self, user_id: str, cleared_at: int) -> None:
        """A verified clean-up: a flag of this user detected after cleared_at counts as new."""

    def resize(self, tenant_users: int | None) -> None:
        """The tenant has so many users from now on; None when it is not known."""

    def scan(self, now: int) -> tuple[DetectedSurge, ...]:
        """Say which surges there are, open ones and those that ended, in order of window_start."""
