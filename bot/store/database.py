"""The store: transactions in threads of its own, run again when the database asks for it."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from bot.ports.backoff import wait_after
from bot.store.engine import ONLY_READS
from bot.store.transaction import Transaction

T = TypeVar("T")
_TRIES = 6
_FIRST_PAUSE, _LONGEST_PAUSE = 0.04, 1.0
"""Seconds before a transaction is run again."""
_ALONE_FROM = 3
"""From this try on a transaction lets no new one of this process begin beside it."""
_THREADS = 4
"""On PostgreSQL. SQLite has one writer at a time, so one thread: waiting in line beats waiting for its lock."""
_READERS = 2
_SLOW_SECONDS = 0.5
_SERIALIZATION_FAILURES = {"40001", "40P01"}

log = structlog.get_logger()


class Database:
    """The one memory."""

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
                    return work(Transaction(connection))
            except DBAPIError as problem:
                if attempt == _TRIES or not _may_run_again(problem):
                    raise
                log.warning("transaction_repeated", attempt=attempt, cause=type(problem.orig).__name__)
                time.sleep(wait_after(attempt, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE))
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
