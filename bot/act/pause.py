"""Why a run stands still, and what people can do about it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class PauseReason(StrEnum):
    """Why a run is paused. The value is what people read."""

    BY_HAND = "somebody pressed Pause"
    CANARY = "the canary did not close in time"
    FLAGGED_ANEW = "too many of its users were flagged for something else"
    EVIDENCE = "the evidence turned"
    REFUSED = "Microsoft refused the write"
    PLAN_DIFFERS = "the plan is not the one that was signed"

    @property
    def needs_signature(self) -> bool:
        """A tripwire: what was signed rested on something that is no longer so."""
        return self in {PauseReason.FLAGGED_ANEW, PauseReason.EVIDENCE}


WHAT_TO_DO: Mapping[PauseReason, str] = MappingProxyType(
    {
        PauseReason.BY_HAND: "Press Resume to go on, or Stop to leave the rest as it is.",
        PauseReason.CANARY: "Look at the canary's users in Details and in the Entra portal. Press Resume to send the "
        "rest all the same, or Stop to leave it as it is.",
        PauseReason.FLAGGED_ANEW: "Look at the new alerts in Details: they are not this surge's. Going on needs a new "
        "signature: Resume counts from somebody who may sign and did not ask. Stop leaves the rest as it is.",
        PauseReason.EVIDENCE: "Read the evidence on the surge's card anew. Going on needs a new signature: Resume "
        "counts from somebody who may sign and did not ask. Stop leaves the rest as it is.",
        PauseReason.REFUSED: "Mend the permission or the role that Microsoft names, then press Resume.",
        PauseReason.PLAN_DIFFERS: "Nothing is written. Have the database looked at, press Stop, and ask anew.",
    }
)
"""The next step for whoever reads the run's card."""
