"""The full breakdown of a surge beside the slowest API family's bound: 20,000 flagged of 60,000, nothing read before.

    python -m tests.bench.briefing

The real bot is a child process. The services' limits run twice as fast, and the bounds with them. A bound is the
number of requests that the invented tenant counted, divided by its rate.
"""

import asyncio
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from sim.stage import Pace, Stage

USERS = 60_000
SCALE = 2.0
MEGABYTE = 1024 * 1024
MOST_COLD, MOST_WARM = 120, 5
MOST_BLOCKED_MILLISECONDS = 50
RATES = {"identityProtection": 1.0, "reports": 0.5, "directory": 800.0, "serviceAnnouncement": 4.0}
"""Requests a second; for the directory, resource units, of which a request takes one or more."""
THROTTLED = 429
BEING_READ = b"it is being read"


class Looker:
    """Looks into the bot's database and at its memory from outside."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.peak = 0

    def newest(self) -> tuple[int, bytes]:
        """Revision and body of the newest briefing."""
        rows = self._ask("SELECT revision, body FROM briefings ORDER BY revision DESC LIMIT 1")
        return (rows[0][0], rows[0][1]) if rows else (0, BEING_READ)

    def next_due(self) -> int:
        """When the next briefing is due, in microseconds UTC."""
        rows = self._ask("SELECT briefing_due FROM surges")
        return rows[0][0] or 0 if rows else 0

    def make_due(self) -> None:
        """Let the next briefing come at once."""
        self._ask("UPDATE surges SET briefing_due = 1")

    def _ask(self, statement: str) -> list[tuple]:
        path = self.stage.folder / "countersign.sqlite3"
        try:
            with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
                return list(connection.execute(statement))
        except sqlite3.OperationalError:
            return []

    async def measure(self) -> None:
        """Keep the most memory that the bot ever took."""
        while True:
            bot = self.stage.bot
            if bot is not None and bot.returncode is None:
                try:
                    self.peak = max(self.peak, psutil.Process(bot.pid).memory_info().rss)
                except psutil.NoSuchProcess:
                    return
            await asyncio.sleep(0.1)


def counted(stage: Stage, since: float, until: float) -> Counter[str]:
    """Requests of each family that the tenant took in this span; a batch counts as what is in it."""
    return Counter(
        each.family
        for each in stage.graph.requests
        if since <= each.time <= until and each.status not in {THROTTLED, 0}
    )


async def reached(found, patience: float) -> float:
    """When it came about (seconds, monotonic)."""
    deadline = time.monotonic() + patience
    while not found():
        if time.monotonic() > deadline:
            raise TimeoutError
        await asyncio.sleep(0.1)
    return time.monotonic()


async def main() -> None:
    with TemporaryDirectory() as folder:
        blocked = Path(folder) / "blocked"
        blocked.write_text("0")
        pace = Pace(users=USERS, scale=SCALE, poll_seconds=20, tail_seconds=0.0)
        stage = Stage(
            pace,
            log_file=Path(folder) / "bot.log",
            program="tests.bench.watched_bot",
            environment={"BENCH_BLOCKED": str(blocked), "BENCH_SCALE": str(SCALE), "PYTHONPATH": str(Path.cwd())},
        )
        any(stage.tenant.sign_ins.newest(user_id="nobody"))  # old sign-ins are made up at the first look, in seconds
        async with stage:
            looker = Looker(stage)
            measuring = asyncio.create_task(looker.measure())
            try:
                await brief(stage, looker)
            except TimeoutError:
                print((Path(folder) / "bot.log").read_text()[-3000:])
                raise
            print(
                f"event loop blocked    {float(blocked.read_text()):7.1f} ms   (bound {MOST_BLOCKED_MILLISECONDS} ms)"
            )
            print(f"memory, peak          {looker.peak / MEGABYTE:7.0f} MB   (bound 256 MB)")
            measuring.cancel()


async def brief(stage: Stage, looker: Looker) -> None:
    """From the first page of detections that shows a surge to the last figure; then once more, warm."""
    began = await reached(lambda: any("signIns" in each.path for each in stage.graph.requests), 120)
    began = next(each.time for each in stage.graph.requests if "signIns" in each.path)
    first = await reached(lambda: looker.newest()[0] > 0, 120)
    ended = await reached(lambda: BEING_READ not in looker.newest()[1], 900)
    requests = counted(stage, began, ended)
    bounds = {family: requests[family] / (rate * SCALE) for family, rate in RATES.items()}
    slowest = max(bounds, key=lambda family: bounds[family])
    for family, bound in bounds.items():
        print(f"  {family:<20} {requests[family]:5} requests, bound {bound:6.1f} s")
    print(f"first briefing        {first - began:7.1f} s")
    refused = Counter(each.family for each in stage.graph.requests if each.status == THROTTLED)
    print(f"refused               {sum(refused.values()):7}      {dict(refused) or ''}")
    took, bound = ended - began, 1.1 * bounds[slowest]
    print(f"the full breakdown    {took:7.1f} s    (bound {bound:.1f} s: 1.1 times {slowest})")
    print(f"directory, cold       {requests['directory']:7}      (bound {MOST_COLD} requests)", flush=True)
    await reached(lambda: looker.next_due() > time.time() * 1_000_000 + 100_000_000, 60)
    again = time.monotonic()
    looker.make_due()
    await reached(lambda: looker.next_due() > time.time() * 1_000_000 + 100_000_000, 120)
    warm = counted(stage, again, time.monotonic())
    print(f"directory, warm       {warm['directory']:7}      (bound {MOST_WARM} requests)", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
