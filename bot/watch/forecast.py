"""How many more will meet the block on the next working morning."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.watch.policy_effect import AppliedPolicy, PolicyEffect

MORNING_HOUR = 8
_SATURDAY = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


def zone_of(name: str) -> tzinfo:
    """The time zone of a setting ("Europe/Oslo"); UTC for an empty one. Raises ValueError for one that isn't known."""
    if name.strip() in {"", "UTC"}:
        return UTC
    try:
        return ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise ValueError(f"there is no time zone {name!r}; write it like Europe/Oslo") from problem


@dataclass(frozen=True, slots=True)
class Morning:
    """A working morning: Monday to Friday, 8 o'clock. Holidays are not known here. Times in microseconds UTC."""

    at: int
    name: str
    """For people: "Monday 21 April, 08:00 UTC"."""
    last_week_since: int
    last_week_until: int
    """The same day a week before, from midnight to midnight there: whoever signed in then is expected again."""


def next_morning(now: int, zone: tzinfo = UTC) -> Morning:
    """The next working morning after now (microseconds UTC) in this time zone."""
    local = (_EPOCH + timedelta(microseconds=now)).astimezone(zone)
    day = local.date()
    if local.hour >= MORNING_HOUR:
        day += timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    morning = datetime(day.year, day.month, day.day, MORNING_HOUR, tzinfo=zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone) - timedelta(days=7)
    name = f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}, 08:00 {zone if zone is not UTC else 'UTC'}"
    return Morning(_micros(morning), name, _micros(midnight), _micros(midnight + timedelta(days=1)))


def _micros(moment: datetime) -> int:
    return (moment.astimezone(UTC) - _EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Forecast:
    """Who will be stopped next, beside those who were already."""

    morning: str
    morning_at: int
    by_scope: int
    """Users still at risk whom a policy blocks or leaves stuck, and who were not stopped yet."""
    expected: int | None
    """Of these, how many signed in on the same weekday last week; None: that was not read, the scope alone is told."""
    not_known: int
    """Users still at risk of whom it can't be told what the policies do."""

    @property
    def sentence(self) -> str:
        """For people."""
        unsure = f"; of {self.not_known:,} it is not known" if self.not_known else ""
        if self.expected is None:
            return (
                f"On {self.morning}, up to {self.by_scope:,} more will meet the block, by the policies' scope alone: "
                f"who signs in on such a day was not read{unsure}."
            )
        return (
            f"On {self.morning}, {self.expected:,} more are expected to meet the block: of {self.by_scope:,} in the "
            f"policies' scope, so many signed in on that day last week{unsure}."
        )


def forecast(
    applied_policies: Mapping[str, AppliedPolicy],
    *,
    at_risk: Collection[str],
    hit: Collection[str],
    signed_in: Collection[str] | None,
    morning: Morning,
) -> Forecast:
    """Look ahead. at_risk: who still is; hit: who was stopped already; signed_in: on the same weekday last week."""
    waiting = [(user, applied) for user, applied in applied_policies.items() if user in at_risk and user not in hit]
    stopped = [user for user, applied in waiting if applied.effect in {PolicyEffect.BLOCKED, PolicyEffect.STUCK}]
    return Forecast(
        morning=morning.name,
        morning_at=morning.at,
        by_scope=len(stopped),
        expected=None if signed_in is None else sum(1 for user in stopped if user in signed_in),
        not_known=sum(1 for _, applied in waiting if applied.effect is PolicyEffect.NOT_KNOWN),
    )
