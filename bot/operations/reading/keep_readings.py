"""What is read of the whole tenant now and then, so that a surge finds it read: by name, kept with its age.

Each is optional by itself. A try that fails leaves its reason ("needs Policy.Read.All") beside the last good reading.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

import structlog

from bot.operations.tenant import Tenant
from bot.ports.graph import GraphError
from bot.store.readings import TenantReading
from bot.store.transaction import Transaction

T = TypeVar("T")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class KnownReading(Generic[T]):
    """A reading as it stands in the table. value is None while nothing good was read."""

    value: T | None
    read_at: int
    problem: str


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """One thing that is read for the whole tenant."""

    name: str
    fetch: Callable[[Tenant, T | None], Awaitable[T]]
    """Reads it; it is given what was known before. Raises GraphError."""
    pack: Callable[[T], bytes]
    unpack: Callable[[bytes], T]
    nightly: int
    """Read anew in quiet times when older than this (microseconds)."""
    at_a_surge: int
    """Read anew for a briefing when older than this (microseconds)."""


def known(tx: Transaction, tenant_id: str, kind: Kind[T]) -> KnownReading[T]:
    """What was read last. A body that can't be unpacked, from another version perhaps, counts as not read."""
    return _known(tx.readings.reading_named(tenant_id, kind.name), kind)


def _known(reading: TenantReading | None, kind: Kind[T]) -> KnownReading[T]:
    if reading is None:
        return KnownReading(None, 0, "")
    if not reading.read_at:
        return KnownReading(None, 0, reading.problem)
    try:
        return KnownReading(_unpacked(kind.unpack, reading.body), reading.read_at, reading.problem)
    except ValueError:
        log.warning("reading_not_unpacked", reading=kind.name)
        return KnownReading(None, 0, reading.problem)


@lru_cache(maxsize=8)
def _unpacked(unpack: Callable[[bytes], T], body: bytes) -> T:
    """Each count of a briefing asks for the same few again, and what was read is never changed."""
    return unpack(body)


async def keep_in_quiet(tenant: Tenant, kinds: Collection[Kind[Any]]) -> None:
    """Read anew what is old, one after the other: nobody waits for it."""
    for kind in kinds:
        await refresh(tenant, kind, older_than=kind.nightly)


async def refresh(tenant: Tenant, kind: Kind[Any], *, older_than: int) -> None:
    """Read it anew if it is older than this (microseconds). Whoever comes while it is being read waits for that."""
    async with tenant.work.readings.locks.setdefault(kind.name, asyncio.Lock()):
        reading = await tenant.store.look(lambda tx: tx.readings.reading_named(tenant.id, kind.name))
        if _is_due(tenant, kind, reading, older_than):
            await _read(tenant, kind, reading)


def _is_due(tenant: Tenant, kind: Kind[Any], reading: TenantReading | None, older_than: int) -> bool:
    now = tenant.world.now()
    if tenant.work.readings.failed_lately(kind.name, now):
        return False
    return reading is None or now - reading.read_at >= older_than or not _is_readable(reading, kind)


def _is_readable(reading: TenantReading, kind: Kind[Any]) -> bool:
    try:
        kind.unpack(reading.body)
    except ValueError:
        return False
    return True


async def _read(tenant: Tenant, kind: Kind[T], reading: TenantReading | None) -> None:
    started = tenant.world.now()
    try:
        value = await kind.fetch(tenant, _known(reading, kind).value)
    except GraphError as problem:
        why = problem.why
        tenant.work.readings.failed_at[kind.name] = tenant.world.now()
        log.warning("reading_failed", tenant=tenant.id, reading=kind.name, problem=problem.problem.value, why=why)
        await tenant.transact_as_holder(lambda tx: tx.readings.keep_problem(tenant.id, kind.name, why))
        return
    tenant.work.readings.failed_at.pop(kind.name, None)
    body = await asyncio.to_thread(kind.pack, value)
    await tenant.transact_as_holder(lambda tx: tx.readings.keep_reading(tenant.id, kind.name, body, started))
