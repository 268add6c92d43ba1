"""The bot with a heart that is listened to: how long its event loop was blocked, told in a file.

    HEARTBEAT_FILE=beat.json python -m tests.bench.heartbeat run

A thread can't tell: what counts is when the loop gets round to a task. The file holds the longest pauses so far.
"""

import asyncio
import json
import os
import time
from pathlib import Path

from bot import cli
from bot.process import app
from bot.settings import Settings

BEAT_SECONDS = 0.002
KEPT = 20
WRITE_EVERY_SECONDS = 0.5

serve = app.serve


async def beat(path: Path) -> None:
    """Sleep for a moment, again and again, and note by how much each sleep was too long."""
    longest: list[tuple[float, float]] = []
    written = began = time.monotonic()
    while True:
        before = time.perf_counter()
        await asyncio.sleep(BEAT_SECONDS)
        late = time.perf_counter() - before - BEAT_SECONDS
        now = time.monotonic()
        longest = sorted([*longest, (late, now - began)], reverse=True)[:KEPT]
        if now > written + WRITE_EVERY_SECONDS:
            told = json.dumps([{"blocked": late, "at": at} for late, at in longest])
            await asyncio.to_thread(path.write_text, told)
            written = now


async def serve_listened(settings: Settings) -> None:
    """The bot, with the heart beside it."""
    beating = asyncio.create_task(beat(Path(os.environ["HEARTBEAT_FILE"])))
    try:
        await serve(settings)
    finally:
        beating.cancel()


if __name__ == "__main__":
    app.serve = serve_listened
    cli.main()
