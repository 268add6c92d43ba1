"""Start, first card, memory: the real bot as a child process, 20,000 flagged of 60,000 users.

    python -m tests.bench.whole_process

Prints each figure beside its bound. The services' limits run ten times as fast, so that it takes a minute or two.
"""

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from sim.autoplay import Autoplay
from sim.stage import Pace, Stage
from sim.tenant import Arrival

USERS = 60_000
SCALE = 10.0
MEGABYTE = 1024 * 1024


class Watcher:
    """Notes when pages of detections were served and how much memory the bot takes."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.pages: list[float] = []
        self.peak = 0

    async def note(self, arrival: Arrival) -> None:
        if arrival.moment == "carried out" and "riskDetections" in arrival.path:
            self.pages.append(time.monotonic())

    async def measure(self) -> None:
        while True:
            bot = self.stage.bot
            if bot is not None and bot.returncode is None:
                try:
                    self.peak = max(self.peak, psutil.Process(bot.pid).memory_info().rss)
                except psutil.NoSuchProcess:
                    return
            await asyncio.sleep(0.1)


async def main() -> None:
    with TemporaryDirectory() as folder:
        pace = Pace(users=USERS, scale=SCALE, poll_seconds=10, resend_seconds=10, tail_seconds=5)
        stage = Stage(pace, log_file=Path(folder) / "bot.log")
        watcher = Watcher(stage)
        stage.faults.on_request(watcher.note)
        began = time.monotonic()
        async with stage:
            measuring = asyncio.create_task(watcher.measure())
            await stage.slack.wait_for(lambda: stage.slack.connections, timeout=30)
            connected = time.monotonic() - began
            await stage.slack.wait_for(stage.slack.messages, timeout=60)
            posted = next(call.at for call in stage.slack.calls if call.method == "chat.postMessage")
            sure = watcher.pages[0]
            print(f"start to connected         {connected:6.2f} s    (bound 3 s)")
            print(f"first page to first card   {posted - sure:6.2f} s    (bound 2 s)", flush=True)
            await Autoplay(stage, lambda _line: None, last_figure="cloud-only").play()
            flagged = len(stage.tenant.truth.surge_user_ids)
            print(f"memory, peak               {watcher.peak / MEGABYTE:6.0f} MB   (bound 256 MB, {flagged:,} flagged)")
            print(f"the whole story            {time.monotonic() - began:6.0f} s    (limits {SCALE:.0f} times as fast)")
            measuring.cancel()


if __name__ == "__main__":
    asyncio.run(main())
