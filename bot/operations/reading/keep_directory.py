"""Keep the tenant's directory warm, so that a surge finds it read: what changed since the last time, by users/delta.

The first round reads everybody. How far it came is kept with each page, so a round that breaks off goes on from there.
"""

from collections.abc import Collection

import msgspec
import structlog

from bot.operations.tenant import Tenant
from bot.ports.graph import CursorExpiredError, DirectoryChanges, GraphError
from bot.store.readings import TenantReading
from bot.store.transaction import Transaction
from bot.watch.durations import MINUTE

DIRECTORY = "directory"
"""The reading's name. Its body is how far was read, its time when the last whole round or delta began."""
USERS_A_PAGE = 999
IDS_A_CALL = 300
"""What the two ways of reading the directory bring at a call: whole pages, or ids in a batch."""
FRESH_ENOUGH = MINUTE
"""Microseconds within which the directory is not asked again: briefings of two surges follow one another."""

log = structlog.get_logger()


class _Progress(msgspec.Struct, frozen=True):
    """How far the directory was read."""

    cursor: str
    is_whole: bool
    """Everybody was read at least once: what comes now are changes."""


def is_warm(reading: TenantReading | None) -> bool:
    """Whether everybody was read once: who is not among them then is not in the directory, or very new."""
    return reading is not None and reading.body != b"" and _progress(reading.body).is_whole


async def keep_directory(tenant: Tenant) -> None:
    """Take up what changed since the last time; the first time, everybody. Raises GraphError; what was read stands."""
    async with tenant.work.readings.directory:
        try:
            await _follow(tenant)
        except CursorExpiredError:
            log.info("directory_cursor_expired", tenant=tenant.id)
            await tenant.transact_as_holder(lambda tx: _begin_anew(tx, tenant.id))
            await _follow(tenant)


async def refresh_directory(tenant: Tenant) -> None:
    """The same in the background: a failure is written down, and the next time comes."""
    try:
        await keep_directory(tenant)
    except GraphError as problem:
        log.warning("directory_not_read", tenant=tenant.id, problem=problem.problem.value, why=problem.why)


async def read_users(tenant: Tenant, user_ids: Collection[str]) -> None:
    """Make sure that these users are in the table, the cheapest way: by the changes, a whole round, or by their ids.

    Whoever is not there afterwards does not exist. Raises GraphError.
    """
    reading, watch, known = await tenant.store.look(
        lambda tx: (
            tx.readings.reading_named(tenant.id, DIRECTORY),
            tx.watches.watch_of(tenant.id),
            tx.directory_users.known_ids(tenant.id, user_ids),
        )
    )
    missing = set(user_ids) - known
    if is_warm(reading) or _prefers_whole_round(len(missing), watch.tenant_users):
        if not missing and _is_fresh(reading, tenant.world.now()):
            return
        try:
            await keep_directory(tenant)
        except GraphError as problem:
            log.warning("directory_not_followed", tenant=tenant.id, problem=problem.problem.value, why=problem.why)
        else:
            return
        known = await tenant.store.look(lambda tx: tx.directory_users.known_ids(tenant.id, user_ids))
        missing = set(user_ids) - known
    if missing:
        found = await tenant.graph.users(sorted(missing), tenant_users=watch.tenant_users)
        await tenant.transact_as_holder(lambda tx: tx.directory_users.keep_directory_users(tenant.id, found.values()))


def _prefers_whole_round(missing: int, tenant_users: int | None) -> bool:
    """Whether everybody in whole pages costs no more calls than the missing by their ids."""
    if tenant_users is None:
        return False
    return -(-tenant_users // USERS_A_PAGE) <= -(-missing // IDS_A_CALL)


def _is_fresh(reading: TenantReading | None, now: int) -> bool:
    return reading is not None and reading.problem == "" and now - reading.read_at < FRESH_ENOUGH


async def _follow(tenant: Tenant) -> None:
    reading = await tenant.store.look(lambda tx: tx.readings.reading_named(tenant.id, DIRECTORY))
    progress = _progress(reading.body) if reading is not None and reading.body else _Progress("", is_whole=False)
    started = tenant.world.now()
    was_whole = progress.is_whole
    try:
        async for changes in tenant.graph.directory_changes(progress.cursor or None):
            whole = was_whole or changes.is_last
            await tenant.transact_as_holder(lambda tx: _keep(tx, tenant.id, changes, started, is_whole=whole))  # noqa: B023
    except GraphError as problem:
        why = problem.why
        await tenant.transact_as_holder(lambda tx: tx.readings.keep_problem(tenant.id, DIRECTORY, why))
        raise


def _keep(tx: Transaction, tenant_id: str, changes: DirectoryChanges, started: int, *, is_whole: bool) -> None:
    tx.directory_users.keep_directory_users(tenant_id, changes.users)
    tx.directory_users.remove_directory_users(tenant_id, changes.removed)
    body = msgspec.json.encode(_Progress(changes.cursor, is_whole))
    tx.readings.keep_reading(tenant_id, DIRECTORY, body, started)


def _begin_anew(tx: Transaction, tenant_id: str) -> None:
    tx.directory_users.forget_directory(tenant_id)
    tx.readings.forget_reading(tenant_id, DIRECTORY)


def _progress(body: bytes) -> _Progress:
    return msgspec.json.decode(body, type=_Progress)
