"""The store: transactions in threads of its own, run again when the database asks for it."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cached_property
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from bot.ports.store import Transaction
from bot.store.cards import CardRows, ClickRows
from bot.store.cleared import ClearedRows
from bot.store.codes import CodeRows
from bot.store.counts import CountRows
from bot.store.directory import DirectoryUserRows, ReadingRows
from bot.store.engine import ONLY_READS
from bot.store.impacts import ImpactRows
from bot.store.leases import LeaseRows
from bot.store.ledger import LedgerRows
from bot.store.outcomes import OutcomeRows
from bot.store.requests import RequestRows
from bot.store.runs import RunRows
from bot.store.surges import BriefingRows, SurgeRows
from bot.store.watching import DetectionRows, DirectoryRows, WatchRows

T = TypeVar("T")
_TRIES = 6
_ALONE_FROM = 3
"""From this try on a transaction lets no new one of this process begin beside it."""
_THREADS = 4
"""On PostgreSQL. SQLite has one writer at a time, so one thread: waiting in line beats waiting for its lock."""
_READERS = 2
_SLOW_SECONDS = 0.5
_SERIALIZATION_FAILURES = {"40001", "40P01"}

log = structlog.get_logger()


class Rows:
    """bot.ports.store.Transaction: the repositories over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def leases(self) -> LeaseRows:
        """Leases."""
        return LeaseRows(self._connection)

    @cached_property
    def watches(self) -> WatchRows:
        """Watches."""
        return WatchRows(self._connection)

    @cached_property
    def detections(self) -> DetectionRows:
        """Detections."""
        return DetectionRows(self._connection)

    @cached_property
    def surges(self) -> SurgeRows:
        """Surges."""
        return SurgeRows(self._connection)

    @cached_property
    def directory(self) -> DirectoryRows:
        """Risky users and profiles."""
        return DirectoryRows(self._connection)

    @cached_property
    def directory_users(self) -> DirectoryUserRows:
        """The whole directory."""
        return DirectoryUserRows(self._connection)

    @cached_property
    def readings(self) -> ReadingRows:
        """Readings for the whole tenant."""
        return ReadingRows(self._connection)

    @cached_property
    def impacts(self) -> ImpactRows:
        """Who was stopped from signing in."""
        return ImpactRows(self._connection)

    @cached_property
    def counts(self) -> CountRows:
        """What the database counts."""
        return CountRows(self._connection)

    @cached_property
    def briefings(self) -> BriefingRows:
        """Briefings."""
        return BriefingRows(self._connection)

    @cached_property
    def requests(self) -> RequestRows:
        """Plans, requests, votes."""
        return RequestRows(self._connection)

    @cached_property
    def codes(self) -> CodeRows:
        """One-time codes."""
        return CodeRows(self._connection)

    @cached_property
    def runs(self) -> RunRows:
        """Runs, intents, answers."""
        return RunRows(self._connection)

    @cached_property
    def outcomes(self) -> OutcomeRows:
        """The outcome of each user of a run."""
        return OutcomeRows(self._connection)

    @cached_property
    def cleared(self) -> ClearedRows:
        """Who was cleared."""
        return ClearedRows(self._connection)

    @cached_property
    def cards(self) -> CardRows:
        """Cards."""
        return CardRows(self._connection)

    @cached_property
    def clicks(self) -> ClickRows:
        """Clicks."""
        return ClickRows(self._connection)

    @cached_property
    def ledger(self) -> LedgerRows:
        """The ledger."""
        return LedgerRows(self._connection)


class Database:
    """bot.ports.store.Store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        threads = 1 if engine.dialect.name == "sqlite" else _THREADS
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="store")
        self._turnstile = threading.Lock()
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-reads")

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run one transaction in a thread; serialization failures and lost connections run it again."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.transact_here, work)

    async def look(self, work: Callable[[Transaction], T]) -> T:
        """Run a transaction that only reads, beside those that write."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.look_here, work)

    def look_here(self, work: Callable[[Transaction], T]) -> T:
        """The same in the calling thread, for the command line."""
        return self._run(work, self._engine.execution_options(**{ONLY_READS: True}))

    def transact_here(self, work: Callable[[Transaction], T]) -> T:
        """The same in the calling thread, for the command line."""
        with ExitStack() as alone:
            return self._run(work, self._engine, before=lambda attempt: self._queue(attempt, alone))

    def _queue(self, attempt: int, alone: ExitStack) -> None:
        """A transaction that lost twice keeps new ones of this process waiting until it is through.

        A long one would else lose to short ones for ever: on PostgreSQL whoever commits first wins.
        """
        if attempt == _ALONE_FROM:
            alone.enter_context(self._turnstile)
        elif attempt < _ALONE_FROM:
            with self._turnstile:
                return

    @staticmethod
    def _run(
        work: Callable[[Transaction], T], engine: Engine, *, before: Callable[[int], None] = lambda _attempt: None
    ) -> T:
        for attempt in range(1, _TRIES + 1):
            before(attempt)
            began = time.monotonic()
            try:
                with engine.begin() as connection:
                    return work(Rows(connection))
            except DBAPIError as problem:
                if attempt == _TRIES or not _may_run_again(problem):
                    raise
                log.warning("transaction_repeated", attempt=attempt, cause=type(problem.orig).__name__)
                time.sleep(0.02 * 2**attempt)
            finally:
                seconds = time.monotonic() - began
                if seconds > _SLOW_SECONDS:
                    log.warning("transaction_slow", seconds=round(seconds, 2), work=_name_of(work))
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """Wait for what is under way, then let go."""
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.to_thread(self._readers.shutdown)
        self._engine.dispose()

    def close_here(self) -> None:
        """The same in the calling thread, for the command line."""
        self._threads.shutdown()
        self._readers.shutdown()
        self._engine.dispose()


def _name_of(work: Callable[..., object]) -> str:
    """Where the work stands in the code. A partial has no name of its own."""
    return str(getattr(getattr(work, "func", work), "__qualname__", type(work).__name__))


def _may_run_again(problem: DBAPIError) -> bool:
    if problem.connection_invalidated:
        return True
    if getattr(problem.orig, "sqlstate", None) in _SERIALIZATION_FAILURES:
        return True
    return isinstance(problem, OperationalError) and "locked" in str(problem.orig)
