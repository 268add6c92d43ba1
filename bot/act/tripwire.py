"""What makes a run that clears risk stop and ask: its users are flagged for something else, or the evidence turns."""

from bot.act.pause import PauseReason
from bot.act.run import Run, Trip
from bot.watch.evidence import Band

ALWAYS_ALLOWED = 5
TIMES_THE_USUAL = 3
TURNED = 2
"""Band.rank from which clearing risk is dangerous: conflicting, or an attack."""
ATTACK = 3
LEAST_SHOWN = 0.1


def allowed(usual: float) -> float:
    """How many of a run's users may be flagged for something else: five, or three times the usual."""
    return max(ALWAYS_ALLOWED, TIMES_THE_USUAL * usual)


def usual_in(past_users: int, *, past: int, span: int, share: float) -> float:
    """How many users are usually flagged anew in such a span.

    past_users: so many were, in the whole tenant, in the `past` before; both spans in microseconds. share: which part
    of the tenant the run holds.
    """
    return past_users * min(max(share, 0.0), 1.0) * span / past if past > 0 else 0.0


def touched(run: Run, *, flagged: int, usual: float, band: str) -> Trip | None:
    """The tripwire that is touched. What was known at the last signature does not touch it again."""
    if flagged - run.flagged_known > allowed(usual):
        normal = f"{usual:.1f}" if usual >= LEAST_SHOWN else f"less than {LEAST_SHOWN}"
        why = f"{flagged:,} of its users since the plan was made, where {normal} would be usual"
        return Trip(PauseReason.FLAGGED_ANEW, why, flagged, band)
    if _rank(band) >= TURNED and _rank(band) > _rank(run.band_known):
        return Trip(PauseReason.EVIDENCE, f"it is {band} now", flagged, band)
    return None


def _rank(band: str) -> int:
    """A band that is not known counts as not known, neither as good nor as bad. An attack is worse than a conflict."""
    if band not in set(Band):
        return 1
    return ATTACK if Band(band) in {Band.LEANS_ATTACK, Band.STRONGLY_ATTACK} else Band(band).rank
