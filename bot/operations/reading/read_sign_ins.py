"""Read from the sign-in log who of a surge is stopped, and what is usual.

The stops alone are few and read at each briefing. The whole log is long: it is read in the background, since the last
time only, and from the start when users joined the surge. All times are microseconds UTC.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec

from bot.operations.reading.known_networks import SeenSources, keep_seen_sources
from bot.operations.reading.read_audits import AUDITS, AuditsRead
from bot.operations.reading.surge_readings import SurgeReading
from bot.operations.tenant import Tenant
from bot.store.transaction import Transaction
from bot.watch.acts import ActKind, acts_of
from bot.watch.durations import MINUTE, WEEK
from bot.watch.facts import Cause
from bot.watch.forecast import Morning
from bot.watch.hashed_texts import HashedTexts
from bot.watch.impact import ANY_POLICY, Impact, ImpactReading, usual_blocks
from bot.watch.sign_in_count import SignInCount, SignInReading
from bot.watch.sign_ins import BLOCKED, STUCK, SignIn
from bot.watch.surge import Surge

OVERLAP = 15 * MINUTE
"""Sign-ins come into the log minutes after they happened."""
STOPS = frozenset({*BLOCKED, *STUCK})


class StopsRead(msgspec.Struct, frozen=True):
    """How far the stops of a surge were read."""

    until: int = 0
    users: int = 0
    """How many the surge had then: when there are more, all is read anew."""
    usual: dict[str, list[int]] | None = None
    """By flagged user: when they were blocked by any policy in the week before; None while that was not read."""
    usual_of: int = 0
    """How many users the surge had when the week before was read."""


class Span(msgspec.Struct, frozen=True):
    """Counts of the flagged users' sign-ins over a span."""

    since: int
    until: int
    risky: int = 0
    hidden: int = 0
    bad: int = 0

    def counted(self) -> SignInCount:
        """As the evidence takes it."""
        return SignInCount(self.since, self.until, 0, self.risky, self.hidden, self.bad)

    def and_then(self, more: SignInCount) -> "Span":
        """Both, the other one following this."""
        return Span(
            self.since,
            more.until,
            self.risky + more.risky,
            self.hidden + more.hidden,
            self.bad + more.bad_credentials,
        )


class LogRead(msgspec.Struct, frozen=True):
    """What the whole log brought for a surge so far."""

    users: int
    """How many the surge had then: when there are more, all is read anew."""
    span: Span


class MorningRead(msgspec.Struct, frozen=True):
    """Who signed in on the weekday of the next working morning, a week before, as hashes."""

    at: int
    users: bytes

    @property
    def signed_in(self) -> HashedTexts:
        """Tells of a user id whether it is among them."""
        return HashedTexts.unpack(self.users)


STOPS_READ = SurgeReading("stops", StopsRead)
LOG = SurgeReading("sign-ins", LogRead)
USUAL = SurgeReading("sign-ins a week before", LogRead)
MORNING = SurgeReading("morning", MorningRead)


async def read_stops(tenant: Tenant, surge: Surge) -> None:
    """Who is blocked, or stuck at a prompt. Raises GraphError; what was kept before stands."""
    started = tenant.world.now()

    def load(tx: Transaction) -> tuple[StopsRead, ImpactReading, int]:
        flagged_at = tx.counts.flagged_at(surge)
        read, known = (STOPS_READ.get(tx, surge) or StopsRead()), tx.impacts.impacts_of(tenant.id, surge.id)
        cleared_at = tx.impacts.cleared_at(tenant.id, surge.id)
        if read.users != len(flagged_at):
            anew = ImpactReading(flagged_at, _uncounted(known), cleared_at=cleared_at)
            return msgspec.structs.replace(read, until=0), anew, len(flagged_at)
        folded = ImpactReading(flagged_at, known, counted_until=read.until, cleared_at=cleared_at)
        return read, folded, len(flagged_at)

    read, folded, users = await tenant.store.look(load)
    since = max(surge.window_start, read.until - OVERLAP) if read.until else surge.window_start
    async for page in tenant.graph.sign_ins(since=since, error_codes=STOPS):
        folded.take(page.items)
    found = await asyncio.to_thread(folded.changed)
    done = msgspec.structs.replace(read, until=started, users=users)

    def keep(tx: Transaction) -> None:
        tx.impacts.keep_impacts(tenant.id, surge.id, found.values())
        usual = STOPS_READ.get(tx, surge) or StopsRead()
        both = msgspec.structs.replace(done, usual=usual.usual, usual_of=usual.usual_of)
        STOPS_READ.keep(tx, surge, both, started)

    await tenant.transact_as_holder(keep)


def _uncounted(known: dict[str, Impact]) -> dict[str, Impact]:
    """What was known, its blocks to be counted anew."""
    return {user_id: replace(impact, blocks=0) for user_id, impact in known.items()}


async def read_usual_blocks(tenant: Tenant, surge: Surge) -> None:
    """How often its users met a block policy in the week before; again when users joined. Raises GraphError."""
    started = tenant.world.now()
    read, users = await tenant.store.look(
        lambda tx: (
            (STOPS_READ.get(tx, surge) or StopsRead()),
            frozenset(tx.surges.users_of_surge(tenant.id, surge.id)),
        )
    )
    if read.usual is not None and read.usual_of == len(users):
        return
    since, found = surge.window_start - WEEK, list[SignIn]()
    async for page in tenant.graph.sign_ins(since=since, until=surge.window_start, error_codes={ANY_POLICY}):
        found += [one for one in page.items if one.user_id in users]
    usual = usual_blocks(found, users)

    def keep(tx: Transaction) -> None:
        both = msgspec.structs.replace((STOPS_READ.get(tx, surge) or StopsRead()), usual=usual, usual_of=len(users))
        STOPS_READ.keep(tx, surge, both, started)

    await tenant.transact_as_holder(keep)


async def read_log(tenant: Tenant, surge: Surge) -> None:
    """The whole log since the surge began. Takes minutes in a large tenant. Raises GraphError."""
    started = tenant.world.now()

    def load(tx: Transaction) -> tuple[Span | None, frozenset[str], dict[str, int]]:
        users = frozenset(tx.surges.users_of_surge(tenant.id, surge.id))
        read = LOG.get(tx, surge)
        return (read.span if read and read.users == len(users) else None), users, _changed_at(tx, surge)

    before, users, changed_at = await tenant.store.look(load)
    before = before or Span(surge.window_start, surge.window_start)
    counted = SignInReading(users, since=before.until, until=started, changed_at=changed_at)
    read = LogRead(len(users), await _read_now(tenant, surge, before, counted, started))
    await tenant.transact_as_holder(lambda tx: LOG.keep(tx, surge, read, started))


async def read_past(tenant: Tenant, surge: Surge, morning: Morning, told: Callable[[], Awaitable[None]]) -> None:
    """The same span a week before, and the last day like the next working one.

    `told` is called between the two. Takes minutes in a large tenant. Raises GraphError.
    """
    started = tenant.world.now()

    def load(tx: Transaction) -> tuple[Span | None, frozenset[str], MorningRead | None]:
        users = frozenset(tx.surges.users_of_surge(tenant.id, surge.id))
        read = USUAL.get(tx, surge)
        return (read.span if read and read.users == len(users) else None), users, MORNING.get(tx, surge)

    before, users, last_morning = await tenant.store.look(load)
    before = before or Span(surge.window_start - WEEK, surge.window_start - WEEK)
    read = LogRead(len(users), await _read_usual(tenant, surge, before, users, started - WEEK))
    await tenant.transact_as_holder(lambda tx: USUAL.keep(tx, surge, read, started))
    await told()
    if last_morning is None or last_morning.at != morning.at:
        await _read_morning(tenant, surge, morning, started)


def _changed_at(tx: Transaction, surge: Surge) -> dict[str, int]:
    """When users changed their password after their flag, as the lock-out forces them to."""
    flagged_at = tx.counts.flagged_at(surge)
    entries = (AUDITS.get(tx, surge) or AuditsRead()).acts
    changes = acts_of(entries, ActKind.CHANGE, flagged_at, flagged_at=flagged_at, networks=None)
    return {act.user_id: act.at for act in reversed(changes) if act.cause is not Cause.OWN}


async def _read_now(tenant: Tenant, surge: Surge, before: Span, counted: SignInReading, until: int) -> Span:
    """Counts, and who got in since the last stop."""
    flagged_at, known, cleared_at = await tenant.store.look(
        lambda tx: (
            tx.counts.flagged_at(surge),
            tx.impacts.impacts_of(tenant.id, surge.id),
            tx.impacts.cleared_at(tenant.id, surge.id),
        )
    )
    folded = ImpactReading(flagged_at, known, counted_until=until, cleared_at=cleared_at)
    async for page in tenant.graph.sign_ins(since=max(surge.window_start, before.until - OVERLAP), until=until):
        counted.take(page.items)
        folded.take(page.items)
    found = await asyncio.to_thread(folded.changed)
    await tenant.transact_as_holder(lambda tx: tx.impacts.keep_impacts(tenant.id, surge.id, found.values()))
    return before.and_then(counted.count())


async def _read_usual(tenant: Tenant, surge: Surge, before: Span, users: frozenset[str], until: int) -> Span:
    counted, seen = SignInReading(users, since=before.until, until=until), SeenSources()
    async for page in tenant.graph.sign_ins(since=before.until, until=until):
        counted.take(page.items)
        seen.take(page.items)
    await keep_seen_sources(tenant, surge, seen)
    return before.and_then(counted.count())


async def _read_morning(tenant: Tenant, surge: Surge, morning: Morning, started: int) -> None:
    seen = SeenSources()
    since, until = morning.last_week_since, morning.last_week_until
    async for page in tenant.graph.sign_ins(since=since, until=until, error_codes={0}):
        seen.take(page.items)
    await keep_seen_sources(tenant, surge, seen)
    users = await asyncio.to_thread(lambda: seen.users().pack())
    read = MorningRead(morning.at, users)
    await tenant.transact_as_holder(lambda tx: MORNING.keep(tx, surge, read, started))
