"""Read what is new among a tenant's detections, keep it, and let the detector look at it.

Graph gives no push for risk, gives offline detections up to 48 hours late, and gives pages in no order of time. So
each reading overlaps the last one, and a page is kept and looked at before the next is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from bot.act.run import DETECTIONS_FRESH_FOR
from bot.operations.tenant import Tenant
from bot.operations.watching.note_flagged_again import note_flagged_again
from bot.operations.watching.track_surges import track_surges
from bot.ports.graph import GraphError, Page, Priority
from bot.store.cards import CardSubject
from bot.store.transaction import Transaction
from bot.store.watches import Watch
from bot.watch.detector import Flag
from bot.watch.durations import HOUR, MINUTE, SECOND, WEEK
from bot.watch.risk import Detection
from bot.watch.surge import SurgeState

FIRST_LOOK = WEEK
LONG_OVERLAP = 48 * HOUR
SHORT_OVERLAP = HOUR
REAL_TIME_OVERLAP = 15 * MINUTE
FRESH_MARGIN = 10 * SECOND
"""Read a little before they are too old, so that a batch need not wait for it (microseconds)."""
MOST_PAGES_OF_LONG_OVERLAP = 5

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back a reading goes, and how urgent it is."""

    since: int
    is_deep: bool
    priority: Priority


def reach(watch: Watch, now: int) -> Reach:
    """48 hours of overlap while that is at most five pages; beyond that an hour, and the 48 hours hourly."""
    if watch.read_through is None:
        return Reach(now - FIRST_LOOK, is_deep=True, priority=Priority.WATCH)
    if watch.pages_in_overlap <= MOST_PAGES_OF_LONG_OVERLAP:
        return Reach(watch.read_through - LONG_OVERLAP, is_deep=True, priority=Priority.WATCH)
    return Reach(watch.read_through - SHORT_OVERLAP, is_deep=False, priority=Priority.WATCH)


def deep_reach(watch: Watch, now: int) -> Reach | None:
    """The hourly long reading, when it is due on top of the short ones."""
    if watch.read_through is None or watch.pages_in_overlap <= MOST_PAGES_OF_LONG_OVERLAP:
        return None
    if watch.deep_read_at is not None and now < watch.deep_read_at + HOUR:
        return None
    since = min(watch.read_through, watch.deep_read_at or watch.read_through) - LONG_OVERLAP
    return Reach(since, is_deep=True, priority=Priority.DEEP)


async def poll_tenant(tenant: Tenant) -> bool:
    """Read what is new. False if it could not be read to the end: what came is kept, and the next poll reads again."""
    now = tenant.world.now()
    watch = await tenant.store.look(lambda tx: tx.watches.watch_of(tenant.id))
    return await _read(tenant, reach(watch, now), now)


async def poll_deeply(tenant: Tenant) -> None:
    """The hourly long reading at the lowest priority, if it is due."""
    now = tenant.world.now()
    watch = await tenant.store.look(lambda tx: tx.watches.watch_of(tenant.id))
    due = deep_reach(watch, now)
    if due is not None:
        await _read(tenant, due, now)


async def keep_detections_fresh(tenant: Tenant, *, ahead: int = 0) -> bool:
    """Detections no older than a minute, read again if need be. ahead: for so much longer (microseconds)."""
    if tenant.world.now() - tenant.work.detections_read_at < DETECTIONS_FRESH_FOR - FRESH_MARGIN - ahead:
        return True
    return await refresh_detections(tenant)


async def refresh_detections(tenant: Tenant) -> bool:
    """The short reading that a run needs before it writes: what real-time detection may have shown late.

    Real-time detections appear within ten minutes; the offline ones, up to 48 hours late, are the polls' to find.
    """
    now = tenant.world.now()
    watch = await tenant.store.look(lambda tx: tx.watches.watch_of(tenant.id))
    if watch.read_through is None:
        return await poll_tenant(tenant)
    since = watch.read_through - REAL_TIME_OVERLAP
    return await _read(tenant, Reach(since, is_deep=False, priority=Priority.ACT), now)


async def _read(tenant: Tenant, how: Reach, now: int) -> bool:
    pages = 0
    try:
        async for page in tenant.graph.detections(since=how.since, priority=how.priority):
            pages += 1
            await take_page(tenant, page)
    except GraphError as problem:
        why = problem.why
        log.warning("detections_not_read", tenant=tenant.id, problem=problem.problem.value, why=why, pages=pages)
        await tenant.transact_as_holder(lambda tx: _note_problem(tx, tenant.id, why))
        tenant.bells.cards.set()
        return False

    def complete(tx: Transaction) -> None:
        watch = tx.watches.watch_of(tenant.id)
        if how.priority is not Priority.DEEP:
            watch = replace(watch, read_through=max(now, watch.read_through or now))
        if how.is_deep:
            watch = replace(watch, deep_read_at=now, pages_in_overlap=pages)
        tx.watches.keep_watch(watch)
        if watch.problem:
            _note_problem(tx, tenant.id, "")

    await tenant.transact_as_holder(complete)
    if how.priority is not Priority.DEEP:
        tenant.work.detections_read_at = max(tenant.work.detections_read_at, now)
    await track_surges(tenant)
    return True


async def take_page(tenant: Tenant, page: Page[Detection]) -> None:
    """Keep a page and look at what is new in it at once: the first card must not wait for the rest of the pages."""
    now = tenant.world.now()

    def keep(tx: Transaction) -> Sequence[Flag]:
        new = tx.detections.keep_detections(tenant.id, page.items, now)
        note_flagged_again(tx, tenant, new)
        return new

    new = await tenant.transact_as_holder(keep)
    if new:
        await track_surges(tenant, new)


def _note_problem(tx: Transaction, tenant_id: str, why: str) -> None:
    """Keep why watching does not work, and bring the cards of running surges up to date with it."""
    watch = tx.watches.watch_of(tenant_id)
    if watch.problem == why:
        return
    tx.watches.keep_watch(replace(watch, problem=why))
    for surge in tx.surges.all_surges(tenant_id):
        if surge.state is not SurgeState.CLOSED:
            tx.cards.want_update(tenant_id, CardSubject.SURGE, surge.id)
