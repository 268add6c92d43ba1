"""What is usual there and then, and a span of time, in words."""

from bot.watch.durations import HOUR, MINUTE

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday."""


def usual_sentence(window_start: int, usual: float) -> str:
    """For instance "usual for a Sunday at this hour: 0.3". window_start in microseconds UTC."""
    weekday = _WEEKDAYS[(window_start // (24 * HOUR) + _EPOCH_WEEKDAY) % len(_WEEKDAYS)]
    return f"usual for a {weekday} at this hour: {usual_in_words(usual)}"


def span_in_words(span: int) -> str:
    """A span of microseconds, rounded to what a person would say: minutes, then hours, then days."""
    minutes, hours = round(span / MINUTE), round(span / HOUR)
    if minutes < 100:  # noqa: PLR2004 -- up to there people count minutes
        return _counted(max(1, minutes), "minute")
    if hours < 48:  # noqa: PLR2004 -- up to there people count hours
        return _counted(hours, "hour")
    return _counted(round(span / HOUR / 24), "day")


def usual_in_words(usual: float) -> str:
    """An expectation with one decimal below ten; never a bare zero, since nothing is expected to be impossible."""
    if usual < 0.05:  # noqa: PLR2004 -- what would round to 0.0
        return "less than 0.1"
    return f"{usual:.1f}" if usual < 9.95 else f"{usual:,.0f}"  # noqa: PLR2004 -- what would round to 10.0


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")
