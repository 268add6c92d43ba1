"""What the evidence is judged from: one value, in which each fact is known, missing with a reason, or not asked for.

Rates and shares are counted before they come here; nothing here was read by itself. Times in microseconds UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from bot.watch.announcements import Announcement

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """A fact and when it was read (microseconds UTC)."""

    value: T
    read_at: int


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that could not be read, and why in words that name the mend. It lowers the coverage."""

    why: str


@dataclass(frozen=True, slots=True)
class Unasked:
    """A fact that this tenant can't have or did not switch on. It weighs nothing and lowers nothing."""

    why: str


Told = Known[T] | Missing | Unasked
NOT_READ = Missing("it was not read")


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the flagged have something, beside the tenant's share. Flagged users not known of are in neither."""

    count: int
    of: int
    base: float
    """The tenant's share, 0 to 1, of users like them."""


@dataclass(frozen=True, slots=True)
class UsualRate:
    """How often something happened to flagged users, beside what is usual for them in such a span."""

    now: int
    usual: float


class Cause(StrEnum):
    """Why somebody's methods, consents or password changed."""

    OWN = "by the user, for a reason that is not known"
    FORCED = "by the user, after the flag, from a usual address"
    HELP_DESK = "by another person or an app"


@dataclass(frozen=True, slots=True)
class Act:
    """One act of or upon a flagged user, of the kinds that follow a takeover."""

    user_id: str
    at: int
    activity: str
    ip_address: str
    is_new: bool | None
    """Whether address and network are new to the user; None where their earlier sign-ins were not read."""
    cause: Cause


@dataclass(frozen=True, slots=True)
class Acts:
    """Acts of flagged users, and how many of the unflagged like them did the same in the same span."""

    acts: tuple[Act, ...]
    flagged: int
    unflagged: int
    unflagged_users: int
    """Of the unflagged, how many did such a thing by themselves."""
    unflagged_new: int | None = None
    """Of these, how many from an address and network new to them; None where that was not looked up."""


@dataclass(frozen=True, slots=True)
class NewApp:
    """A Microsoft-owned app that a snapshot has and the one before lacked: it came in between."""

    app_id: str
    name: str
    after: int
    """When the snapshot without it was read."""
    before: int
    """When the first snapshot with it was read."""
    tenants: int = 1
    """In how many of the watched tenants it came."""


@dataclass(frozen=True, slots=True)
class Revocations:
    """Sign-in sessions revoked by Microsoft's own apps shortly before or within the surge."""

    users: int
    flagged: int
    """How many of these users were flagged."""
    app: str
    undecided: int = 0
    """Users whose sessions an app revoked of which the log doesn't tell whether it is Microsoft's."""


@dataclass(frozen=True, slots=True)
class OtherTenants:
    """The watched tenants beside this one."""

    hit: int
    """How many of them have the same surge: a type in common, windows that overlap."""
    watched: int
    shared: str = ""
    """What those have in common that could be the cause: an identity provider, a management tool; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Departments:
    """Of the flagged, and of the tenant, how many are in each department. Users without one are in neither."""

    flagged: Mapping[str, int]
    tenant: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Breach:
    """What a breach service says of a sample of the flagged."""

    checked: int
    found: int
    """How many addresses are in a breach newer than their password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFacts:
    """All that the evidence rests on."""

    flagged: int
    types: Mapping[str, int]
    """Flagged users by the riskEventType of their detections in the surge."""
    window_start: int
    window_end: int
    types_read_at: int
    offline: int | None = None
    """Flagged users whose detections came offline, by detectionTimingType; None: told by the type alone."""
    passwords_are_random: bool = False
    """The team states that the passwords of passwordless users are disabled or random."""
    passwordless: Told[Share] = NOT_READ
    newer_passwords: Told[Share] = NOT_READ
    """Whose password is newer than the last leak known before the surge."""
    unsynchronised: Told[Share] = NOT_READ
    """Federated users of a tenant without password hash synchronisation."""
    risky_sign_ins: Told[UsualRate] = NOT_READ
    bad_credentials: Told[UsualRate] = NOT_READ
    takeovers: Told[Acts] = NOT_READ
    risky_changes: Told[Acts] = NOT_READ
    new_apps: Told[tuple[NewApp, ...]] = NOT_READ
    revocations: Told[Revocations] = NOT_READ
    announcements: Told[tuple[Announcement, ...]] = NOT_READ
    other_tenants: Told[OtherTenants] = field(default=Unasked("only one tenant is watched"))
    privileged: Told[Share] = NOT_READ
    departments: Told[Departments] = NOT_READ
    breach: Told[Breach] = field(default=Unasked("no breach service is set up"))
