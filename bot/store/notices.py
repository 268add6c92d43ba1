"""Word from process to process over PostgreSQL's LISTEN and NOTIFY. It only shortens waits: the tables count."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import psycopg
import structlog
from psycopg import sql
from sqlalchemy.engine import make_url

CHANNEL = "countersign"
AGAIN_AFTER_SECONDS = 2.0

log = structlog.get_logger()


class Notices:
    """Tells the other processes which bell rang, and hears them."""

    def __init__(self, url: str, name: str) -> None:
        """url: of the PostgreSQL database. name: this process's, so that it does not hear itself."""
        self._conninfo = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._name = name
        self._rung: set[str] = set()
        self._something = asyncio.Event()

    def tell(self, bell: str) -> None:
        """Let the others know, soon; rings that come meanwhile go out together. Never blocks, never raises."""
        self._rung.add(bell)
        self._something.set()

    async def live(self, hear: Callable[[str], None]) -> None:
        """Tell and hear until cancelled. A lost connection is made again; what was said meanwhile is not repeated."""
        await asyncio.gather(self._again_and_again(self._speak), self._again_and_again(lambda: self._listen(hear)))

    async def _again_and_again(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except (psycopg.Error, OSError) as problem:
                log.warning("notices_lost", cause=type(problem).__name__)
            await asyncio.sleep(AGAIN_AFTER_SECONDS)

    async def _speak(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
            while True:
                await self._something.wait()
                self._something.clear()
                rung, self._rung = self._rung, set()
                for bell in sorted(rung):
                    await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, f"{self._name} {bell}"))

    async def _listen(self, hear: Callable[[str], None]) -> None:
        async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            log.info("notices_heard")
            async for notice in connection.notifies():
                who, _, bell = notice.payload.partition(" ")
                if who != self._name:
                    with suppress(KeyError):
                        hear(bell)
