"""The store as the use cases see it: transactions over repositories.

A transaction is one synchronous function of a Transaction, run in a thread, with no await and no network call inside.
It may be run again from its start when the database asks for it, so it must not touch anything but the transaction.
Every row belongs to a tenant; times are microseconds since 1970 UTC.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import Intent, Run, RunFacts
from bot.decide.request import Request, RequestState, Vote
from bot.ports.graph import Answer
from bot.ports.slack import Click, Posted
from bot.record.ledger import Entry, Event
from bot.watch.briefing import Briefing
from bot.watch.detector import Flag
from bot.watch.profile import Profile
from bot.watch.risk import Detection, RiskyUser
from bot.watch.surge import Surge

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

    def risky(self, tenant_id: str, user_ids: Collection[str]) -> dict[str, RiskyUser]:
        """By user id."""

    def keep_profiles(self, tenant_id: str, profiles: Iterable[Profile], read_at: int) -> None:
        """Insert or update."""

    def profiles(self, tenant_id: str, user_ids: Collection[str]) -> dict[str, Profile]:
        """By user id."""


class Briefings(Protocol):
    """Briefings, never changed."""

    def add(self, tenant_id: str, briefing: Briefing) -> None:
        """Keep a revision."""

    def latest(self, tenant_id: str, surge_id: str) -> Briefing | None:
        """The newest revision."""


class Requests(Protocol):
    """Plans, requests and votes."""

    def add_plan(self, tenant_id: str, plan_hash: str, body: bytes) -> None:
        """Keep a plan's canonical bytes; the same plan twice is one row."""

    def plan_body(self, tenant_id: str, plan_hash: str) -> bytes:
        """The bytes as they were kept. Raises LookupError."""

    def add(self, request: Request) -> None:
        """A new request. A second pending one for the same surge is refused by the database."""

    def get(self, tenant_id: str, request_id: str) -> Request | None:
        """By id."""

    def of_surge(self, tenant_id: str, surge_id: str) -> tuple[Request, ...]:
        """Oldest first."""

    def expired(self, tenant_id: str, now: int) -> tuple[Request, ...]:
        """Pending ones whose time is up."""

    def settle(self, request: Request, state: RequestState, *, by: str | None, at: int) -> bool:
        """From pending to a final state; False if somebody was faster."""

    def add_vote(self, request: Request, vote: Vote) -> bool:
        """One vote a person; False if that person voted before."""

    def votes(self, tenant_id: str, request_id: str) -> tuple[Vote, ...]:
        """In order of time."""


class Runs(Protocol):
    """Runs, the outcome of each user, intents and answers."""

    def add(self, run: Run, user_ids: Sequence[str]) -> None:
        """A new run, every user waiting. A second run of the same request is refused by the database."""

    def save(self, run: Run) -> None:
        """Update state, times, note."""

    def get(self, tenant_id: str, run_id: str) -> Run | None:
        """By id."""

    def of_request(self, tenant_id: str, request_id: str) -> Run | None:
        """The run of a request."""

    def unfinished(self, tenant_id: str) -> tuple[Run, ...]:
        """Runs that are not over, or whose users may still become visible; oldest first."""

    def facts(self, run: Run, now: int) -> RunFacts:
        """What the next step depends on."""

    def counts(self, tenant_id: str, run_id: str) -> dict[OutcomeState, int]:
        """Users by outcome, every state named."""

    def reasons(self, tenant_id: str, run_id: str) -> tuple[tuple[str, int], ...]:
        """Why users were skipped or failed, with how many, most first."""

    def outcomes(
        self, tenant_id: str, run_id: str, *, state: OutcomeState | None = None, user_ids: Collection[str] | None = None
    ) -> dict[str, Outcome]:
        """Outcomes by user id."""

    def set_outcomes(self, run: Run, outcomes: Iterable[Outcome]) -> None:
        """Write outcomes."""

    def announce(self, run: Run, intent: Intent) -> None:
        """Commit an intent: its users are `sending`. A user in another open intent is refused by the database."""

    def answer(self, run: Run, intent: Intent, answer: Answer, at: int) -> None:
        """Keep the answer and free the intent's users; their outcomes are set apart from this."""

    def on_the_way(self, tenant_id: str, surge_id: str) -> frozenset[str]:
        """Users of the surge whom Microsoft accepted and who are not visible as done yet."""

    def cleared(self, tenant_id: str, since: int) -> tuple[tuple[str, int], ...]:
        """Users whose clean-up was verified, each with the time of the write that did it."""

    def next_number(self, run: Run) -> int:
        """The number of the next batch, from 1."""


class CardSubject(StrEnum):
    """What a card shows."""

    SURGE = "surge"
    REQUEST = "request"
    RUN = "run"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Card:
    """One message that is kept up to date."""

    tenant_id: str
    id: str
    subject: CardSubject
    subject_id: str
    channel: str
    """Where it belongs: a channel's or, for a call, a person's id."""
    parent_id: str | None
    """The card in whose thread it stands."""
    posted: Posted | None
    wanted: int
    shown: int
    posting_since: int | None
    """A first post was begun then and never confirmed."""
    attempts: int


class Cards(Protocol):
    """Messages wanted and shown."""

    def ensure(
        self,
        *,
        card_id: str,
        tenant_id: str,
        subject: CardSubject,
        subject_id: str,
        channel: str,
        parent_id: str | None,
    ) -> None:
        """There is to be such a card; a second one for the same subject and channel changes nothing."""

    def want(self, tenant_id: str, subject: CardSubject, subject_id: str) -> None:
        """What the cards of this subject show has changed."""

    def due(self, now: int) -> tuple[Card, ...]:
        """Cards that show less than is wanted and may be tried now; those never posted first."""

    def next_due(self) -> int | None:
        """When a postponed card may be tried next."""

    def get(self, tenant_id: str, card_id: str) -> Card | None:
        """By id."""

    def of(self, tenant_id: str, subject: CardSubject, subject_id: str) -> tuple[Card, ...]:
        """All cards of a subject."""

    def is_at(self, subject: CardSubject, subject_id: str, channel: str, ts: str) -> bool:
        """Whether this message is a card of this subject that we posted."""

    def tenant_of(self, subject: CardSubject, subject_id: str) -> str | None:
        """The tenant of a subject, from its opaque id."""

    def begin_posting(self, card: Card, at: int) -> None:
        """A first post is about to be sent."""

    def set_posted(self, card: Card, posted: Posted, shown: int) -> None:
        """It stands there and shows what was wanted then."""

    def set_shown(self, card: Card, shown: int, *, not_before: int) -> None:
        """It was updated; the next update may not come sooner than not_before."""

    def set_failed(self, card: Card, why: str, *, try_at: int, fate_unknown: bool) -> None:
        """It could not be sent."""


@dataclass(frozen=True, slots=True)
class KeptClick:
    """A click that was committed and not yet carried out."""

    click: Click
    taken_at: int
    attempts: int


class Clicks(Protocol):
    """Clicks, each carried out once."""

    def add(self, tenant_id: str, click: Click, at: int, *, try_at: int) -> bool:
        """Keep it, for whoever is to try it from try_at on; False if its key is known."""

    def undone(self, now: int) -> tuple[KeptClick, ...]:
        """Clicks that wait to be carried out and may be tried now."""

    def is_done(self, key: str) -> bool:
        """Whether it was carried out."""

    def finish(self, key: str, at: int) -> None:
        """It was carried out, or refused with an answer."""

    def fail(self, key: str, why: str, try_at: int | None) -> None:
        """It could not be carried out; None: never to be tried again."""


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
    def briefings(self) -> Briefings: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def cards(self) -> Cards: ...
    @property
    def clicks(self) -> Clicks: ...
    @property
    def ledger(self) -> Ledger: ...


class Store(Protocol):
    """The database."""

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run one transaction in a thread and commit it; what it raises rolls it back and comes through."""

    async def look(self, work: Callable[[Transaction], T]) -> T:
        """Run one transaction that writes nothing. Long readings belong here: writers don't wait for them."""

    async def close(self) -> None:
        """Let go of connections and threads."""


Facts = Mapping[str, object]
"""What a ledger row tells besides its event."""
