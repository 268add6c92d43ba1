"""The grids that counts are kept on. All start at 1970-01-01 UTC; times are in microseconds."""

from bot.watch.durations import DAY, MINUTE

BIN = 5 * MINUTE
"""The grid of the window estimate."""


def day_of(time: int) -> int:
    """The number of the UTC day that holds a time, counted from 1970-01-01."""
    return time // DAY
