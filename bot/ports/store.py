"""The store as the use cases see it: transactions over repositories.

A transaction is one synchronous function of a Transaction, run in a thread, with no await and no network call inside.
It may be run again from its start when the database asks for it, so it must not touch anything but the transaction.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bot.ports.agreements import Codes, Requests
from bot.ports.messages import Cards, Clicks
from bot.ports.runs import Cleared, Outcomes, Runs
from bot.ports.watching import (
    Briefings,
    Counts,
    Detections,
    Directory,
    DirectoryUsers,
    Impacts,
    Readings,
    Surges,
    Watches,
)
from bot.record.ledger import Entry, Event

T = TypeVar("T")


class LeaseLostError(Exception):
    """Another process holds the lease now: stop at once, write nothing more."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Proof of a lease: every transaction of its holder checks it."""

    name: str
    holder: str
    epoch: int


class Leases(Protocol):
    """Who does whose work. All on the database's clock."""

    def claim(self, name: str, holder: str, seconds: float) -> Hold | None:
        """Take or renew the lease for so many seconds; None while somebody else holds it."""

    def require(self, hold: Hold) -> None:
        """Raise LeaseLostError unless the lease still stands."""

    def release(self, hold: Hold) -> None:
        """Give the lease back, so that another may take it at once."""

    def clear(self) -> None:
        """End every lease: only for a process that knows by other means that no other one lives."""


class Ledger(Protocol):
    """The audit record."""

    def append(self, *, tenant_id: str, at: int, event: Event, subject: str, actor: str, facts: object) -> None:
        """Write the next row of the tenant's chain in this transaction; the chain's head is locked."""

    def tenants(self) -> tuple[str, ...]:
        """Tenants with a ledger."""

    def head(self, tenant_id: str) -> tuple[int, str]:
        """Number and hash of the last row."""

    def entries(self, tenant_id: str) -> Iterable[Entry]:
        """In order."""


class Transaction(Protocol):
    """One unit that is committed whole or not at all."""

    @property
    def leases(self) -> Leases: ...
    @property
    def watches(self) -> Watches: ...
    @property
    def detections(self) -> Detections: ...
    @property
    def surges(self) -> Surges: ...
    @property
    def directory(self) -> Directory: ...
    @property
    def directory_users(self) -> DirectoryUsers: ...
    @property
    def readings(self) -> Readings: ...
    @property
    def impacts(self) -> Impacts: ...
    @property
    def counts(self) -> Counts: ...
    @property
    def briefings(self) -> Briefings: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def codes(self) -> Codes: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def outcomes(self) -> Outcomes: ...
    @property
    def cleared(self) -> Cleared: ...
    @property
    def cards(self) -> Cards: ...
    @property
    def clicks(self) -> Clicks: ...
    @property
    def ledger(self) -> Ledger: ...


class Notices(Protocol):
    """Word from process to process that a bell rang. It only shortens waits: what counts is in the tables."""

    def tell(self, bell: str) -> None:
        """Let the other processes know, soon. Never blocks, never raises."""

    async def live(self, hear: Callable[[str], None]) -> None:
        """Tell and hear until cancelled."""


class Store(Protocol):
    """The database."""

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run one transaction in a thread and commit it; what it raises rolls it back and comes through."""

    async def look(self, work: Callable[[Transaction], T]) -> T:
        """Run one transaction that writes nothing. Long readings belong here: writers don't wait for them."""

    async def close(self) -> None:
        """Let go of connections and threads."""
