"""What of watching is kept: how far was read, detections, surges, who is in them, briefings.

Every row belongs to a tenant; times are microseconds since 1970 UTC.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from bot.watch.briefing import Briefing
from bot.watch.detector import Flag
from bot.watch.impact import Impact
from bot.watch.profile import DirectoryUser, Profile
from bot.watch.risk import Detection, RiskyUser
from bot.watch.surge import Surge


@dataclass(frozen=True, slots=True)
class Watch:
    """How far a tenant's detections have been read."""

    tenant_id: str
    read_through: int | None = None
    """When the last complete reading began; None before the first."""
    deep_read_at: int | None = None
    """When the last complete reading with the long overlap began."""
    pages_in_overlap: int = 0
    """How many pages the long overlap took last time."""
    risky_through: int | None = None
    """When the last complete reading of risky users began."""
    tenant_users: int | None = None
    tenant_users_at: int | None = None
    history_read_at: int | None = None
    """When the reading of the past months ended; None while it has not."""
    problem: str = ""
    """Why the last reading failed; empty when it did not."""


class Watches(Protocol):
    """One row a tenant."""

    def get(self, tenant_id: str) -> Watch:
        """The state of the watch; a new one where there is none yet."""

    def save(self, watch: Watch) -> None:
        """Keep it."""


class Detections(Protocol):
    """Every detection ever seen, with its raw JSON."""

    def keep(self, tenant_id: str, detections: Iterable[Detection], visible_at: int | None) -> tuple[Flag, ...]:
        """Insert the new, update the known; the flags of those that are new.

        visible_at None: read as history, each taken as visible when it was detected.
        """

    def flags(self, tenant_id: str, since: int) -> tuple[Flag, ...]:
        """All flags detected since."""

    def of_users(self, tenant_id: str, user_ids: Collection[str], since: int) -> tuple[Detection, ...]:
        """Detections of these users, detected since; without their raw JSON."""

    def open_of_surge_users(self, surge: Surge, since: int) -> tuple[Detection, ...]:
        """Open detections of the surge's users, detected since, that may stand against them; without their raw JSON.

        Those that are not part of the surge, and those of a kind that is never cleared in bulk.
        """

    def open_users(self, tenant_id: str, user_ids: Collection[str]) -> frozenset[str]:
        """Which of these users have a detection that is still open."""


class Surges(Protocol):
    """Surges and their users. A user once in a surge stays in it."""

    def save(self, surge: Surge) -> None:
        """Insert or update."""

    def get(self, tenant_id: str, surge_id: str) -> Surge | None:
        """By id."""

    def find(self, name: str) -> tuple[Surge, ...]:
        """By short name or id, in any tenant, for people who type."""

    def all(self, tenant_id: str | None = None) -> tuple[Surge, ...]:
        """All, newest first."""

    def users(self, tenant_id: str, surge_id: str) -> tuple[str, ...]:
        """User ids."""

    def add_users(self, tenant_id: str, surge_id: str, user_ids: Iterable[str], at: int) -> int:
        """Put users in; how many are new."""

    def ask_briefing(self, tenant_id: str, surge_id: str, at: int) -> None:
        """A new briefing is due at this time, or earlier if it was already."""

    def briefing_due(self, tenant_id: str, now: int) -> tuple[str, ...]:
        """Ids of surges whose briefing is due, the longest due first."""

    def next_briefing(self, tenant_id: str) -> int | None:
        """When the next briefing is due."""

    def take_briefing(self, tenant_id: str, surge_id: str, until: int) -> None:
        """A briefing is being made: it is due again only at `until`, unless it is asked for anew."""

    def settle_briefing(self, tenant_id: str, surge_id: str, *, taken_until: int, again_at: int | None) -> None:
        """A briefing was made: when the next is due, if any. What was asked for in the meantime stands."""


class Directory(Protocol):
    """What was read of users: risk and profile."""

    def keep_risky(self, tenant_id: str, users: Iterable[RiskyUser], read_at: int) -> None:
        """Insert or update; an older reading never overwrites a newer one."""

    def risky(self, tenant_id: str, user_ids: Collection[str], *, named: bool = True) -> dict[str, RiskyUser]:
        """By user id. Without names where they are not needed: tens of thousands weigh."""

    def disabled(self, tenant_id: str) -> frozenset[str]:
        """Ids of those whose profile says that they can't sign in."""

    def ids_of(self, tenant_id: str, names: Collection[str]) -> frozenset[str]:
        """User ids of these user principal names, as far as they were read; case does not matter."""

    def count_risky(self, tenant_id: str, *, changed_since: str = "") -> int:
        """How many are listed, as last read: at risk; or with a riskLastUpdatedDateTime from this text on."""

    def principal_names(self, surge: Surge) -> dict[str, str]:
        """By user id: the user principal names of a surge's users whose profile was read, in order of the ids."""

    def ids_beginning(self, tenant_id: str, beginnings: Collection[str]) -> frozenset[str]:
        """User ids of profiles whose user principal name begins so, in lower case."""

    def keep_profiles(self, tenant_id: str, profiles: Iterable[Profile], read_at: int) -> None:
        """Insert or update."""

    def profiles(self, tenant_id: str, user_ids: Collection[str], *, named: bool = True) -> dict[str, Profile]:
        """By user id. Without names and addresses where they are not needed."""


class DirectoryUsers(Protocol):
    """The tenant's whole directory as it was read last. It is large: nothing gives all of it at once."""

    def keep(self, tenant_id: str, users: Iterable[DirectoryUser]) -> None:
        """Insert or update."""

    def remove(self, tenant_id: str, user_ids: Collection[str]) -> None:
        """Users who were deleted."""

    def clear(self, tenant_id: str) -> None:
        """Everybody: it is read anew from the start."""

    def get(self, tenant_id: str, user_ids: Collection[str]) -> dict[str, DirectoryUser]:
        """By user id; whoever is not there is left out."""

    def known(self, tenant_id: str, user_ids: Collection[str]) -> frozenset[str]:
        """Which of these are there."""

    def count(self, tenant_id: str) -> int:
        """How many are there."""

    def everyone(self, tenant_id: str) -> Iterator[DirectoryUser]:
        """One after the other, in no order; only some hundred lie in memory. Read to the end within the transaction."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Something that was read for the whole tenant."""

    name: str
    read_at: int
    """When the last good reading began (microseconds UTC); 0 while there was none."""
    body: bytes
    """What it brought, as its reader packed it."""
    problem: str
    """Why the last try failed; empty when it did not. What was read before stands, with its age."""


class Readings(Protocol):
    """What was read for the whole tenant, by name."""

    def get(self, tenant_id: str, name: str) -> Reading | None:
        """The last reading; None where it was never tried."""

    def keep(self, tenant_id: str, name: str, body: bytes, read_at: int) -> None:
        """A reading that was good: its problem is gone. An older one never overwrites a newer one."""

    def fail(self, tenant_id: str, name: str, problem: str) -> None:
        """A try that failed: the last good reading stands with its age."""

    def forget(self, tenant_id: str, name: str) -> None:
        """As if it had never been read."""


class Impacts(Protocol):
    """What the sign-in log said of each user of a surge who was stopped."""

    def keep(self, tenant_id: str, surge_id: str, found: Iterable[Impact]) -> None:
        """Insert or update."""

    def get(self, tenant_id: str, surge_id: str) -> dict[str, Impact]:
        """By user id; users who were never stopped are left out."""

    def blocked(self, tenant_id: str, surge_id: str) -> frozenset[str]:
        """User ids who were blocked and have not signed in since, as far as was read."""

    def cleared_at(self, tenant_id: str, surge_id: str) -> dict[str, int]:
        """By user id: when the clean-up was last verified (microseconds UTC)."""


class Counts(Protocol):
    """Figures that the database counts by itself."""

    def flagged_at(self, surge: Surge) -> dict[str, int]:
        """By user id: the first flag that is part of the surge (microseconds UTC)."""

    def users_by_type(self, surge: Surge) -> dict[str, int]:
        """Users by the types of their detections in the surge."""

    def detections(self, surge: Surge, *, since: int, until: int, but: Collection[str]) -> int:
        """Detections of the surge's users from since to before until, but for these types."""

    def last_detection(self, tenant_id: str, risk_event_type: str, before: int) -> int | None:
        """When somebody of the tenant was last flagged for this type before a time."""

    def departments(self, tenant_id: str, surge: Surge | None = None) -> dict[str, int]:
        """Users by department in the directory: the tenant's, or a surge's. Those without one are left out."""

    def newer_passwords(self, tenant_id: str, *, than: int, before: int, surge: Surge | None = None) -> tuple[int, int]:
        """Enabled users whose password was changed before a time: how many after another, and how many in all."""

    def users_in_domains(self, tenant_id: str, domains: Collection[str]) -> int:
        """Users of the directory whose principal name is in one of these domains; external ones are not counted."""

    def guests(self, surge: Surge) -> frozenset[str]:
        """Users of a surge whom a policy means by guests: external identities, and guests whose account is here."""

    def unread_risk(self, surge: Surge) -> int:
        """How many users of a surge no reading of risky users has listed; guests, who are listed at home, left out."""

    def watched_tenants(self) -> frozenset[str]:
        """Tenants whose detections were ever read."""


class Briefings(Protocol):
    """Briefings, never changed."""

    def add(self, tenant_id: str, briefing: Briefing) -> None:
        """Keep a revision."""

    def latest(self, tenant_id: str, surge_id: str) -> Briefing | None:
        """The newest revision."""
