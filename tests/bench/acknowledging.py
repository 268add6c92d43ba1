"""From click to acknowledgement while a run over 20,000 users is going on: the real store, inbox and run.

    python -m tests.bench.acknowledging

Prints each figure beside its bound, on SQLite and on PostgreSQL. Microsoft answers each write after a tenth of a
second, ten times as often as its limit allows, and people press ten times a second: what is measured is from the press
to the moment at which the click is kept, after which nothing stands before the acknowledgement.
"""

import asyncio
import logging
import tempfile
import time
from pathlib import Path

import structlog

from bot.ports.slack import ClickKind
from bot.store.cards import CardSubject
from bot.store.engine import open_engine
from bot.store.migrate import migrate
from bot.watch.evidence import Band
from tests.bench.signing import USERS, scene_on
from tests.databases import _server
from tests.operations.fakes import FakeGraph
from tests.operations.signing import hire

BOUND = 100
"""Milliseconds, at the 99th percentile."""
PRESSES_A_SECOND = 10
MICROSOFT_TAKES = 0.1


class SlowGraph(FakeGraph):
    """A tenth of a second for a write, and as long for a page."""

    async def send(self, action, user_ids):
        await asyncio.sleep(MICROSOFT_TAKES)
        return await super().send(action, user_ids)

    async def risky_users(self, **asked):
        async for page in super().risky_users(**asked):
            await asyncio.sleep(MICROSOFT_TAKES)
            yield page


async def measure(name: str, url: str) -> None:
    scene = scene_on(url, SlowGraph)
    scene.clock.at = time.time_ns() // 1000
    for each in ("UANNA", "UBEN", "UEVE"):
        hire(scene, each)
    scene.flag(*(f"user-{number:05}-0000-0000-0000-000000000000" for number in range(USERS)))
    scene.weigh(Band.LEANS_FALSE_ALARM)
    run = await scene.approved()
    scene.stand(CardSubject.RUN, run.id)
    began = time.monotonic()
    running = asyncio.create_task(scene.steps(run, most=2_000))
    taken = []
    while not running.done():
        click = scene.click(ClickKind.PAUSE, "UEVE", run.id)
        pressed = time.perf_counter()
        await scene.inbox.take(click)
        taken.append(1000 * (time.perf_counter() - pressed))
        scene.inbox.carry_out_soon(click)
        await asyncio.wait([running], timeout=1 / PRESSES_A_SECOND)
    await running
    await scene.inbox.drain()
    taken.sort()
    p99 = taken[min(len(taken) - 1, round(0.99 * len(taken)))]
    print(f"{name}: a run over {USERS:,} users in {time.monotonic() - began:.0f} s, {len(taken)} clicks beside it")
    print(f"{name}: click to acknowledgement, median  {taken[len(taken) // 2]:6.1f} ms")
    print(f"{name}: click to acknowledgement, p99     {p99:6.1f} ms  (bound {BOUND} ms)")
    scene.store.close_here()


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'countersign.sqlite3'}"
        engine = open_engine(url)
        migrate(engine)
        engine.dispose()
        asyncio.run(measure("SQLite    ", url))
    asyncio.run(measure("PostgreSQL", _server().get_uri(database="migrated")))


if __name__ == "__main__":
    main()
