"""How many users the tenant has: what share of them a count is decides whether it is a surge."""

import asyncio
from dataclasses import replace

import structlog

from bot.operations.tenant import Tenant
from bot.ports.graph import GraphError, Priority
from bot.store.transaction import Transaction
from bot.watch.durations import DAY

PATIENCE_SECONDS = 5.0
"""The watch does not wait longer for it: the last known number serves, or none."""

log = structlog.get_logger()


async def measure_tenant(tenant: Tenant) -> None:
    """Count the users once a day."""
    now = tenant.world.now()
    watch = await tenant.store.look(lambda tx: tx.watches.watch_of(tenant.id))
    if watch.tenant_users_at is not None and now < watch.tenant_users_at + DAY:
        return
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            users = await tenant.graph.count_users(priority=Priority.WATCH)
    except (GraphError, TimeoutError) as problem:
        log.warning("tenant_not_measured", tenant=tenant.id, why=str(problem) or "no answer in time")
        return

    def keep(tx: Transaction) -> None:
        fresh = tx.watches.watch_of(tenant.id)
        tx.watches.keep_watch(replace(fresh, tenant_users=users or None, tenant_users_at=now))

    await tenant.transact_as_holder(keep)
    async with tenant.work.tracking:
        if tenant.work.detector is not None:
            tenant.work.detector.resize(users or None)
