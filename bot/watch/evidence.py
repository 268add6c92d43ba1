"""What the evidence leans to. Rows with weights, never a verdict."""

from enum import StrEnum


class Band(StrEnum):
    """Where the rows lead. The value is what people read."""

    STRONGLY_FALSE_ALARM = "strongly a false alarm"
    LEANS_FALSE_ALARM = "leans to a false alarm"
    INCONCLUSIVE = "inconclusive"
    INSUFFICIENT = "insufficient"
    CONFLICTING = "conflicting"
    LEANS_ATTACK = "leans to an attack"
    STRONGLY_ATTACK = "strongly an attack"

    @property
    def rank(self) -> int:
        """How dangerous a clean-up is: 0 false alarm, 1 not known, 2 conflicting or attack. Higher is worse."""
        if self in {Band.STRONGLY_FALSE_ALARM, Band.LEANS_FALSE_ALARM}:
            return 0
        return 1 if self in {Band.INCONCLUSIVE, Band.INSUFFICIENT} else 2
