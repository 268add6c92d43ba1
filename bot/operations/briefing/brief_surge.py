"""Brief a surge: read who its users are and what happens to them, weigh it, and keep the next revision.

The readings run side by side, each at its own family's pace, and each stands by itself. The first briefing waits for
none of them: it is kept as they end, and says what is still being read.
"""

import asyncio
from dataclasses import replace

from bot.operations.briefing.compose_briefing import BEING_READ, compose
from bot.operations.briefing.keep_revision import keep_revision, settle
from bot.operations.briefing.supersede_requests import find_outdated, supersede
from bot.operations.reading.keep_profiles import keep_profiles
from bot.operations.reading.read_for_briefing import Findings, Reader
from bot.operations.tenant import Tenant
from bot.store.transaction import Transaction
from bot.store.watches import Watch
from bot.watch.briefing import Briefing
from bot.watch.durations import MINUTE
from bot.watch.figure import Figure
from bot.watch.surge import Surge

__all__ = ["BEING_READ", "brief_due_surges", "brief_surge"]

LONGEST = 10 * MINUTE
"""A briefing that died with its process is due again after this (microseconds)."""
PATIENCE_SECONDS = 2.0
"""So long a briefing waits for what is read in the background."""
BETWEEN_SECONDS = 3.0
"""The first briefing is kept again and again as its readings end, not more often than this."""
RESTS_TIMES = 4
"""Where counting is slow, so many times as long as it took is left to everything else before it is counted again."""


async def brief_due_surges(tenant: Tenant) -> int:
    """Make every briefing that is due, the longest due first; how many."""
    now = tenant.world.now()
    due = await tenant.store.look(lambda tx: tx.surges.briefing_due(tenant.id, now))
    for surge_id in due:
        await brief_surge(tenant, surge_id)
    return len(due)


async def brief_surge(tenant: Tenant, surge_id: str) -> None:
    """Read and count anew, keep the revision if something that matters changed, and say when to look again."""
    taken_until = tenant.world.now() + LONGEST

    def load(tx: Transaction) -> tuple[Surge | None, tuple[str, ...], Watch, bool]:
        tx.surges.take_briefing(tenant.id, surge_id, taken_until)
        latest = tx.briefings.latest_briefing(tenant.id, surge_id)
        is_first = latest is None or any(gap.why == BEING_READ for gap in latest.gaps)
        users = tx.surges.users_of_surge(tenant.id, surge_id)
        return tx.surges.surge_by_id(tenant.id, surge_id), users, tx.watches.watch_of(tenant.id), is_first

    surge, users, watch, is_first = await tenant.transact_as_holder(load)
    if surge is None:
        return
    reader = Reader(tenant, surge, users, watch, Findings())
    slow = reader.begin_slow_parts()
    parts = [asyncio.create_task(part) for part in reader.parts()]
    try:
        await _count_as_they_end(reader, parts, is_first=is_first)
    finally:
        for part in parts:
            part.cancel()
    await asyncio.wait(slow, timeout=PATIENCE_SECONDS)
    await keep_profiles(tenant, surge)
    briefing = await _count(reader)
    outdated = await tenant.store.look(lambda tx: find_outdated(tx, tenant, surge_id))

    def end(tx: Transaction) -> None:
        supersede(tx, outdated, tenant.world.now())
        settle(tx, tenant.id, briefing, taken_until=taken_until, now=tenant.world.now())

    await tenant.transact_as_holder(end)
    tenant.bells.cards.set()


async def _count_as_they_end(reader: Reader, parts: "list[asyncio.Task[None]]", *, is_first: bool) -> None:
    """Wait for all; of a first briefing, keep what is there in between."""
    loop = asyncio.get_running_loop()
    waiting, count_again_at = set(parts), 0.0
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for part in done:
            part.result()
        has_something = not {Figure.AT_RISK, Figure.KINDS} <= reader.findings.pending
        if is_first and waiting and has_something and loop.time() >= count_again_at:
            began = loop.time()
            await _count(reader)
            count_again_at = loop.time() + max(BETWEEN_SECONDS, RESTS_TIMES * (loop.time() - began))


async def _count(reader: Reader) -> Briefing:
    """Count from what is in the tables now, so that users who joined while we read are in the figures."""
    tenant, findings = reader.tenant, reader.findings
    if findings.risky_read_at is not None:
        read_at = findings.risky_read_at
        await tenant.transact_as_holder(
            lambda tx: tx.watches.keep_watch(replace(tx.watches.watch_of(tenant.id), risky_through=read_at))
        )
    briefing = await tenant.store.look(lambda tx: compose(tx, tenant, reader.surge, findings))
    kept = await tenant.transact_as_holder(lambda tx: keep_revision(tx, tenant.id, briefing))
    tenant.bells.cards.set()
    return kept
