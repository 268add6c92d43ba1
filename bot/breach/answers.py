"""What the service's answers say.

Source: Have I Been Pwned, API v3, "The breach model" and "Getting the subscription status".
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

import msgspec

from bot.ports.breaches import BreachError, BreachProblem
from bot.watch.breach import Leak
from bot.watch.durations import SECOND

T = TypeVar("T")

_WITH_PASSWORDS = frozenset({"Passwords", "Historical passwords"})


class _Breach(msgspec.Struct, rename="pascal"):
    name: str
    breach_date: date
    data_classes: tuple[str, ...]
    is_fabricated: bool = False


class _Subscription(msgspec.Struct, rename="pascal"):
    rpm: int


def leaks_in(body: bytes) -> tuple[Leak, ...]:
    """Breaches that have passwords and really happened. Raises BreachError."""
    found = _decoded(body, tuple[_Breach, ...])
    return tuple(
        Leak(breach.name, _end_of(breach.breach_date))
        for breach in found
        if not breach.is_fabricated and not _WITH_PASSWORDS.isdisjoint(breach.data_classes)
    )


def allowed_in(body: bytes) -> int:
    """Questions a minute of a subscription. Raises BreachError."""
    return _decoded(body, _Subscription).rpm


def _decoded(body: bytes, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BreachError(BreachProblem.MALFORMED) from None


def _end_of(day: date) -> int:
    """The last moment at which it can have happened: a password of that very day may be in it."""
    midnight = datetime.combine(day, time(), UTC) + timedelta(days=1)
    return int(midnight.timestamp()) * SECOND
