"""The bot with a watch on its event loop, as a process of its own: `python -m tests.bench.watched_bot run`.

BENCH_BLOCKED names the file that gets how long the loop was blocked at the longest, in milliseconds; BENCH_SCALE how
many times faster than Microsoft's the reports' limit runs. The product knows neither.
"""

import asyncio
import logging
import os
import time
from functools import partial
from pathlib import Path

from bot import cli
from bot.graph.endpoints import REPORTS_PER_SECOND
from bot.process import app
from bot.process.replica import Replica

BEAT = 0.005


def say(path: Path, seconds: float) -> None:
    """Write it down."""
    path.write_text(f"{1000 * seconds:.1f}")


async def watch(path: Path) -> None:
    """Sleep for a moment, and see how late it is.

    Only what this process itself did counts: while another one had the processor, ours used no time of it.
    """
    longest = 0.0
    if "BENCH_SLOW" in os.environ:  # which callbacks are slow, on stderr
        asyncio.get_running_loop().set_debug(True)
        asyncio.get_running_loop().slow_callback_duration = 0.03
        logging.getLogger("asyncio").addHandler(logging.StreamHandler())
        logging.getLogger("asyncio").setLevel(logging.WARNING)
    while True:
        began, used = time.monotonic(), time.process_time()
        await asyncio.sleep(BEAT)
        late = time.monotonic() - began - BEAT
        blocked = min(late, time.process_time() - used)
        if blocked > longest:
            longest = blocked
            say(path, longest)


def main() -> None:
    """Run the bot's command line with the watch beside it."""
    app.open_graph = partial(  # type: ignore[assignment]
        app.open_graph, reports_per_second=REPORTS_PER_SECOND * float(os.environ["BENCH_SCALE"])
    )
    live = Replica.live

    async def watched(replica: Replica, stop: asyncio.Event) -> None:
        watching = asyncio.create_task(watch(Path(os.environ["BENCH_BLOCKED"])))
        try:
            await live(replica, stop)
        finally:
            watching.cancel()

    Replica.live = watched  # type: ignore[method-assign]
    cli.main()


if __name__ == "__main__":
    main()
