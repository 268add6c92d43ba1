"""Graph's timestamps to microseconds since 1970 UTC, and back for filters.

Graph writes ISO 8601 with zero to seven fractional digits, ending in Z (resource type riskDetection). Digits beyond
the sixth are cut off. A time without a zone is taken as UTC, which is what Graph means.
"""

from datetime import UTC, datetime, timedelta

from bot.watch.durations import SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(text: str) -> int:
    """Microseconds since 1970 UTC. Raises ValueError where the text is no time of day on a date."""
    if len(text) < len("2025-04-20T04:00:00") or text[10] not in "Tt ":
        raise ValueError("not a timestamp")
    moment = datetime.fromisoformat(text.upper())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND


def filter_text(moment: int) -> str:
    """A moment as an OData literal: UTC with Z, the fraction only where there is one."""
    text = (_EPOCH + timedelta(microseconds=moment)).replace(tzinfo=None)
    return text.isoformat(timespec="microseconds" if moment % SECOND else "seconds") + "Z"
