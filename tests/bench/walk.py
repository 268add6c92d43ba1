"""How far two things go through the house: a page of detections to the card, and Approve to the queued run.

    python -m tests.bench.walk [--names]

Prints for each how many functions of the bot it runs through, in how many files, and how many transactions it takes,
those that only read among them. What the fakes stand for (Graph, Slack, the detector) is not counted. --names lists
the functions too, file by file.
"""

import argparse
import asyncio
import logging
import math
import sys
import tempfile
import threading
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

import bot
from bot.operations.delivering.send_cards import Sender
from bot.operations.watching.poll_tenant import poll_tenant
from bot.ports.slack import ClickKind
from bot.store import database
from bot.store.database import Database
from bot.store.engine import open_engine
from bot.store.migrate import migrate
from tests.bench.signing import scene_on
from tests.operations.fakes import FakeGraph
from tests.operations.scene import Scene
from tests.operations.signing import hire
from tests.values import detected, detection

HOUSE = Path(bot.__file__).parent


@dataclass
class Walk:
    """What ran between its beginning and its end, in every thread."""

    functions: set[tuple[str, str]] = field(default_factory=set)
    """File and name; a lambda or a comprehension is part of the function it stands in."""
    looks: int = 0
    transactions: int = 0
    is_under_way: bool = False

    def __post_init__(self) -> None:
        threading.setprofile(self._see)  # for threads that are started from now on: make it before the store's are

    def _see(self, frame, event, _argument) -> None:
        code = frame.f_code
        if event != "call" or not self.is_under_way or "/bot/" not in code.co_filename:
            return
        path = Path(code.co_filename)
        if path.is_relative_to(HOUSE) and not code.co_name.startswith("<"):
            self.functions.add((str(path.relative_to(HOUSE.parent)), code.co_qualname))
            if code.co_qualname == f"{Database.__name__}.look_here":
                self.looks += 1
            elif code.co_qualname == f"{Database.__name__}.transact_here":
                self.transactions += 1

    async def take(self, steps: Awaitable[object]) -> None:
        sys.setprofile(self._see)
        self.is_under_way = True
        try:
            await steps
        finally:
            self.is_under_way = False
            sys.setprofile(None)

    def tell(self, name: str, *, names: bool) -> None:
        files = sorted({path for path, _ in self.functions})
        print(
            f"{name:34} {len(self.functions):4} functions  {len(files):3} files  "
            f"{self.looks + self.transactions:2} transactions ({self.looks} of them only read)"
        )
        for path in files if names else ():
            print(f"    {path}: {', '.join(sorted(each for of, each in self.functions if of == path))}")


async def page_to_card(scene: Scene, walk: Walk) -> None:
    hold = scene.look(lambda tx: tx.leases.claim_lease("slack-sender", "this process", 600.0))
    sender = Sender(store=scene.store, slack=scene.slack, world=scene.clock, holder=lambda: hold)
    scene.detector.detected_surges = (detected("ada", "bob"),)
    scene.graph.detection_pages = [[detection("ada"), detection("bob")]]

    async def steps() -> None:
        await poll_tenant(scene.tenant)
        await sender.send_due()

    await walk.take(steps())
    assert len(scene.slack.posted) == 1


async def approve_to_run(scene: Scene, walk: Walk) -> None:
    for each in ("UANNA", "UBEN"):
        hire(scene, each)
    scene.flag("ada", "bob")
    request = await scene.ask()
    click = scene.click(ClickKind.APPROVE, "UBEN", request.id)
    await walk.take(scene.carry_out(click))
    assert scene.run_of(request) is not None


def main() -> None:
    database._SLOW_SECONDS = math.inf  # what tells of a slow transaction is no step of the walk
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", action="store_true")
    names = parser.parse_args().names
    walks = {"A page of detections to the card": page_to_card, "Approve to the queued run": approve_to_run}
    for name, walked in walks.items():
        with tempfile.TemporaryDirectory(prefix="countersign-walk-") as folder:
            url = f"sqlite:///{Path(folder) / 'countersign.sqlite3'}"
            engine = open_engine(url)
            migrate(engine)
            engine.dispose()
            scene, walk = scene_on(url, FakeGraph), Walk()
            asyncio.run(walked(scene, walk))
            walk.tell(name, names=names)
            scene.store.close_here()


if __name__ == "__main__":
    main()
