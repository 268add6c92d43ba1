"""Graph's timestamps: instants in ticks of 100 ns since 1970-01-01 UTC, which is the precision Graph writes."""

import re
from datetime import UTC, datetime, timedelta

SECOND = 10_000_000
"""Ticks in a second."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LITERAL = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?(Z|[+-]\d\d:\d\d)")


def ticks(moment: datetime) -> int:
    """Ticks of an aware datetime."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 10


def moment(instant: int) -> datetime:
    """The UTC datetime of an instant; what is finer than a microsecond is cut off."""
    return _EPOCH + timedelta(microseconds=instant // 10)


def written(instant: int) -> str:
    """As Graph writes it: `Z`, and up to seven fractional digits without trailing zeros."""
    seconds, fraction = divmod(instant, SECOND)
    text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    digits = f"{fraction:07d}".rstrip("0")
    return f"{text}.{digits}Z" if digits else f"{text}Z"


def optional(instant: int | None) -> str | None:
    """As `written`; null stays null."""
    return None if instant is None else written(instant)


def parse(literal: str) -> int | None:
    """The instant that an Edm.DateTimeOffset literal names; None when it isn't one."""
    match = _LITERAL.fullmatch(literal)
    if match is None:
        return None
    text, digits, zone = match.groups()
    try:
        whole = datetime.fromisoformat(text + ("+00:00" if zone == "Z" else zone))
    except ValueError:
        return None
    return ticks(whole) + int((digits or "0").ljust(7, "0"))
