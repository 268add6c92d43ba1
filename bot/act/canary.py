"""The canary: a few users go first, to see that the action works before the rest follows."""

from bot.watch.durations import MINUTE

IN_TIME = 15 * MINUTE
"""So long the canary has to close before the run pauses."""
_SHARE = (8, 10)
"""So many of so many must be closed."""


def canary_for(setting: int, planned: int) -> int:
    """How many go first: as many as the setting says, and at most half of the plan.

    A canary that is the whole plan protects nobody. So a plan of one user has none, one of three sends one first, one
    of twelve sends six. setting 0 turns it off.
    """
    return max(0, min(setting, planned // 2))


def must_close(canary: int) -> int:
    """How many of a canary must be verified: eight of ten, rounded up for smaller ones, so all of up to four."""
    closed, of = _SHARE
    return -(-canary * closed // of)
