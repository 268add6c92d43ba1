"""Spans of time in microseconds, and the grids that counts are kept on. All grids start at 1970-01-01 UTC."""

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
BIN = 5 * MINUTE
"""The grid of the window estimate."""


def day_of(time: int) -> int:
    """The number of the UTC day that holds a time, counted from 1970-01-01."""
    return time // DAY
