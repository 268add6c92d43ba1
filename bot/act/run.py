"""A run, what it announces before each write, and the facts that its next step depends on."""

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.act.pause import PauseReason
from bot.decide.action import Action
from bot.watch.durations import HOUR, MINUTE

MOST_SENDS = 3
"""A user who stays as they were after this many accepted writes has failed."""
DETECTIONS_FRESH_FOR = MINUTE
STATE_FRESH_FOR_SLOTS = 10
VISIBLE_WITHIN = 30 * MINUTE
"""A run ends when all that is missing has had this long to become visible; looking goes on for WATCHED_FOR."""
WATCHED_FOR = 48 * HOUR


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"

    @property
    def is_over(self) -> bool:
        """Nothing more will be written to Graph."""
        return self in {RunState.STOPPED, RunState.DONE}

    @property
    def writes(self) -> bool:
        """It may write to Graph."""
        return self in {RunState.QUEUED, RunState.RUNNING}


@dataclass(frozen=True, slots=True)
class Run:
    """The execution of one approved plan. Times in microseconds UTC."""

    tenant_id: str
    id: str
    request_id: str
    surge_id: str
    plan_hash: str
    state: RunState
    created_at: int
    started_at: int | None = None
    ended_at: int | None = None
    steered_by: str | None = None
    """Slack user id of who paused, resumed or stopped it last."""
    note: str = ""
    """Why it is paused, or what went wrong, in words."""
    not_before: int = 0
    """After a failed write: when the next may go out."""
    canary: int = 0
    """How many users go first, to see that the action works; 0: no canary."""
    canary_since: int | None = None
    """When the canary's first batch went out, or when somebody let it go on."""
    canary_passed_at: int | None = None
    needs_signature: bool = False
    """Paused by a tripwire: only a new signature lets it go on."""
    goes_first: bool = False
    """A recovery: it is carried out before the others."""
    paused_because: PauseReason | None = None
    band_known: str = ""
    """What the evidence said when it was last signed."""
    flagged_known: int = 0
    """How many of its users had been flagged for something else when it was last signed."""

    def resumed(self, now: int) -> "Run":
        """Running again. Who lets a run go on whose canary did not close waives it; else its time begins anew."""
        waived = self.paused_because is PauseReason.CANARY
        return replace(
            self,
            state=RunState.RUNNING,
            note="the canary did not close, and the rest goes all the same" if waived else "",
            not_before=0,
            needs_signature=False,
            paused_because=None,
            canary=0 if waived else self.canary,
            canary_since=now if self.canary_since is not None else None,
        )

    @property
    def is_on_trial(self) -> bool:
        """The canary is out, or about to go."""
        return self.canary > 0 and self.canary_passed_at is None


@dataclass(frozen=True, slots=True)
class Intent:
    """A batch announced before it is sent. Without an answer its fate is unknown until its users are read back."""

    id: str
    run_id: str
    number: int
    action: Action
    user_ids: tuple[str, ...]
    made_at: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Trip:
    """A tripwire that was touched."""

    reason: PauseReason
    why: str
    """For people."""
    flagged: int = 0
    """How many of the run's users are flagged for something else."""
    band: str = ""
    """What the evidence says."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the next step depends on. Times in microseconds UTC."""

    unanswered: tuple[Intent, ...]
    waiting: int
    accepted: int
    """Accepted and not yet visible."""
    due: tuple[str, ...]
    """Those of them whose time to be read has come, the longest due first."""
    next_look: int | None
    """When the next of them is to be read."""
    last_sent_at: int | None
    """The last answer that accepted one of them; None where that is longer ago than users are watched."""
    again: int = 0
    """Of those who wait: named in an accepted write before."""
    sent: int = 0
    """Named in a write, and not skipped: while the canary is out, these are the canary."""
    verified: int = 0
    failed: int = 0
    slowest: int | None = None
    """How long Microsoft took for the slowest of the canary (microseconds); None where none has passed. The others are
    read long after they were written, which tells nothing."""
    trip: Trip | None = None
    """The tripwire that is touched now."""
    slot: int = 0
    """Between two requests at the present pace (microseconds)."""
