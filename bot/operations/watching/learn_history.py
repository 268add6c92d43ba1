"""Read the past months once, so that the detector knows what is usual. In the background, at the lowest priority."""

from dataclasses import replace

import structlog

from bot.operations.tenant import Tenant
from bot.operations.watching.track_surges import HISTORY, track_surges
from bot.ports.graph import GraphError, Priority
from bot.store.transaction import Transaction

log = structlog.get_logger()


async def learn_history(tenant: Tenant) -> None:
    """Keep up to 90 days of detections, each taken as visible when it was detected: the past does not ring.

    Begins after the first look; a reading that fails is begun anew at the next occasion, and nothing is kept twice.
    """
    watch = await tenant.store.look(lambda tx: tx.watches.watch_of(tenant.id))
    if watch.read_through is None or watch.history_read_at is not None:
        return
    since = watch.read_through - HISTORY
    try:
        async for page in tenant.graph.detections(since=since, priority=Priority.DEEP):
            items = page.items
            new = await tenant.transact_as_holder(lambda tx: tx.detections.keep_detections(tenant.id, items, None))  # noqa: B023
            if new:
                await track_surges(tenant, new)
    except GraphError as problem:
        log.warning("history_not_read", tenant=tenant.id, problem=problem.problem.value, why=problem.why)
        return
    now = tenant.world.now()

    def done(tx: Transaction) -> None:
        tx.watches.keep_watch(replace(tx.watches.watch_of(tenant.id), history_read_at=now))

    await tenant.transact_as_holder(done)
    log.info("history_read", tenant=tenant.id)
