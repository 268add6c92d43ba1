"""What happened to one user of a run."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class OutcomeState(StrEnum):
    """Where one user of a run stands. The value is what people read.

    waiting and sending are on the way; the others are outcomes. accepted may still become verified.
    """

    WAITING = "waiting"
    SENDING = "sending"
    ACCEPTED = "accepted (not yet visible)"
    VERIFIED = "verified"
    SKIPPED = "skipped"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """No further reading or writing changes it."""
        return self in {OutcomeState.VERIFIED, OutcomeState.SKIPPED, OutcomeState.FAILED}


class Queued(NamedTuple):
    """One user who waits, by what decides when they go: tens of thousands are looked at for each pass."""

    user_id: str
    sends: int
    rank: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """One user of one run. Times in microseconds UTC."""

    user_id: str
    state: OutcomeState
    why: str = ""
    """Why skipped or failed, in words."""
    sends: int = 0
    """How many writes to Graph named this user."""
    sent_at: int | None = None
    """The last answer that accepted them, or left open whether it was carried out."""
    batch_limit: int = 60
    """A batch that named them was refused as a whole: their next may be no larger."""
    look_at: int = 0
    """When to read them next."""
    rank: int = 1
    """Who goes first: 0 is being blocked right now, 1 everybody else."""
    verified_at: int | None = None
    """When the reading that verified them was begun."""

    @property
    def was_written(self) -> bool:
        """Whether a write named them that was accepted, or whose fate is unknown."""
        return self.sends > 0 or self.sent_at is not None
