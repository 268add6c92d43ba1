"""A hundred signatures of one request at the same moment: one run, and how soon; 20,000 users in the plan.

    python -m tests.bench.signing

Prints each figure beside its bound, on SQLite and on PostgreSQL. Microsoft's slots for Identity Protection come once a
second, as documented, and each signer needs one; Slack and the directory answer at once.
"""

import asyncio
import logging
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import structlog

from bot.decide.request import RequestState
from bot.operations.bells import Bells
from bot.operations.tenant import Tenant, Work
from bot.ports.slack import ClickKind
from bot.store.database import Database
from bot.store.engine import open_engine
from bot.store.migrate import migrate
from bot.watch.evidence import Band
from tests.databases import _server
from tests.operations.conftest import CHANNEL, HOUR, NOW, SECOND, TEAM, TENANT, Policy
from tests.operations.fakes import Clock, FakeDetector, FakeGraph, FakeSlack
from tests.operations.scene import Scene
from tests.operations.signing import hire

USERS = 20_000
SIGNERS = 100
SLOT = 1.0
"""Seconds: Microsoft's documented limit for Identity Protection is one request a second."""
BOUND = 2.0


class PacedGraph(FakeGraph):
    """One slot a second, first come first served."""

    next_slot = 0.0

    async def risky_user(self, user_id, *, priority):
        now = time.monotonic()
        at = max(now, self.next_slot)
        self.next_slot = at + SLOT
        await asyncio.sleep(at - now)
        return self.risky.get(user_id)


def scene_on(url: str, graph_of: type[FakeGraph] = PacedGraph) -> Scene:
    clock = Clock(NOW)
    graph, slack, detector = graph_of(clock), FakeSlack(), FakeDetector()
    store = Database(open_engine(url))
    tenant = Tenant(
        id=TENANT,
        channel=CHANNEL,
        team_id=TEAM,
        policy=Policy(("UANNA",), ("UBEN",), 1, 4 * HOUR, 120 * SECOND),
        store=store,
        graph=graph,
        slack=slack,
        world=clock,
        new_detector=lambda _users: detector,
        bells=Bells(),
        work=Work(
            hold=store.transact_here(lambda tx: tx.leases.claim_lease(f"tenant:{TENANT}", "this process", 600.0)),
            detector=detector,
        ),
    )
    return Scene(tenant, store, graph, slack, clock, detector)


async def measure(name: str, url: str) -> None:
    scene = scene_on(url)
    people = [f"U{number:05}" for number in range(SIGNERS)]
    for each in ["UANNA", *people]:
        hire(scene, each)
    scene.tenant.policy = replace(scene.tenant.policy, approvers=tuple(people))
    scene.flag(*(f"user-{number:05}-0000-0000-0000-000000000000" for number in range(USERS)))
    scene.weigh(Band.LEANS_FALSE_ALARM)
    request = await scene.ask()
    scene.tenant.bells.act.clear()
    clicks = [scene.click(ClickKind.APPROVE, each, request.id) for each in people]
    began = time.monotonic()
    acknowledged: list[float] = []

    async def press(click) -> None:
        pressed = time.monotonic()
        await scene.inbox.take(click)
        acknowledged.append(time.monotonic() - pressed)
        scene.inbox.carry_out_soon(click)

    async def run_is_queued() -> float:
        await scene.tenant.bells.act.wait()
        assert scene.request(request).state is RequestState.APPROVED
        return time.monotonic() - began

    queued = asyncio.create_task(run_is_queued())
    await asyncio.gather(*(press(click) for click in clicks))
    await scene.inbox.drain()
    all_answered = time.monotonic() - began
    run = scene.run_of(request)
    assert run is not None
    assert len(scene.votes(request)) == 1
    assert len(scene.outcomes(run)) == USERS
    assert len(scene.slack.answered) == SIGNERS - 1
    print(f"{name}: {SIGNERS} signatures at once, one run queued  {await queued:6.2f} s  (bound {BOUND:.0f} s)")
    print(f"{name}: the other {SIGNERS - 1} answered                  {all_answered:6.2f} s  (bound {BOUND:.0f} s)")
    print(f"{name}: click kept, so acknowledged, the slowest  {max(acknowledged) * 1000:6.0f} ms")
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
