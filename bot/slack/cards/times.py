"""Times and spans in words. Each person reads a time in the own zone; where Slack can't do that, it reads UTC."""

from datetime import UTC, datetime

from bot.watch.durations import DAY, HOUR, MINUTE, SECOND

_LATEST = 9_999_999_999
_DAY, _HOUR, _MINUTE = DAY // SECOND, HOUR // SECOND, MINUTE // SECOND


def date(at: int, form: str = "{date_short_pretty} {time}") -> str:
    """Slack's date token for mrkdwn: docs.slack.dev/messaging/formatting-message-text. at: microseconds UTC."""
    return f"<!date^{_seconds(at)}^{form}|{utc(at)}>"


def clock(at: int) -> str:
    """The time of day alone, as a date token for mrkdwn."""
    return date(at, "{time}")


def utc(at: int) -> str:
    """2025-04-20 04:00 UTC."""
    return datetime.fromtimestamp(_seconds(at), UTC).strftime("%Y-%m-%d %H:%M UTC")


def _seconds(at: int) -> int:
    return min(max(at // SECOND, 0), _LATEST)


def span(seconds: float) -> str:
    """A span in words, rounded as people say it: 40 s, 24 minutes, 5 hours, 3 days."""
    whole = max(0, round(min(seconds, 1e9)))
    if whole < 2 * _MINUTE:
        return f"{whole} s"
    if whole < 2 * _HOUR:
        return f"{round(whole / _MINUTE)} minutes"
    if whole < 2 * _DAY:
        return f"{round(whole / _HOUR)} hours"
    return f"{round(whole / _DAY):,} days"
