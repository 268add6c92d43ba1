"""What a breach service is asked, and what its answers come to. Optional: a team brings its own key."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from bot.watch.facts import Breach, Known, Missing, Told

LEAST_SHARE = 0.1
"""A leak that so many of those asked about are in is a leak of this tenant, not of one of its users."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A breach that has somebody's address together with a password."""

    name: str
    at: int
    """When it happened at the latest (microseconds UTC): a breach service knows the day."""


def sample(users: Iterable[str], size: int) -> tuple[str, ...]:
    """So many of these users, the same ones at every call, chosen without regard to who they are.

    A service's rate limit allows a few dozen in the time that a briefing has. Users who join a surge move the sample
    little: those with the smallest hashes are in it.
    """
    return tuple(sorted(set(users), key=lambda user: blake2b(user.encode(), digest_size=8).digest())[: max(0, size)])


def breach_of(
    breached_at: Mapping[str, Collection[int]], password_changed_at: Mapping[str, int | None], *, read_at: int
) -> Told[Breach]:
    """breached_at: by user asked about, when each breach that has the address happened (microseconds UTC).

    Only users whose password has a known date can be judged; a breach older than the password says nothing.
    """
    checked = [user for user in breached_at if password_changed_at.get(user) is not None]
    if not checked:
        return Missing("none of the users asked about has a known date of the password")
    found = sum(1 for user in checked if any(at > (password_changed_at[user] or 0) for at in breached_at[user]))
    return Known(Breach(len(checked), found), read_at)


def newest_leak(leaks: Mapping[str, Collection[Leak]], *, before: int) -> int | None:
    """When the newest leak of this tenant happened before a time (microseconds UTC). leaks: by user asked about."""
    users = Counter(leak for found in leaks.values() for leak in set(found))
    shared = [leak.at for leak, count in users.items() if leak.at < before and count >= LEAST_SHARE * len(leaks)]
    return max(shared, default=None)
