"""`countersign demo`: April 2025 on an invented tenant and workspace, for hands or played by itself."""

import asyncio
import signal
import sys
import time

from sim.autoplay import Autoplay, StoryFailedError
from sim.stage import Pace, Stage


async def play(*, port: int, auto: bool, pace: Pace | None = None) -> int:
    """Host the demo. With auto, play both admins and give 0 if all ended well; else wait for Ctrl-C."""
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:6.1f} s] {line}", flush=True)  # noqa: T201 - the demo talks to a terminal

    try:
        async with Stage(pace or Pace(), port=port, say=say) as stage:
            say(f"Slack, as two admins see it: {stage.slack.page_url}")
            say(f"The bot's log: {stage.log_path}")
            if not auto:
                say("Press Ctrl-C to end.")
                await _until_told()
                return 0
            try:
                well = await Autoplay(stage, say).play()
            except StoryFailedError as failure:
                say(f"The story stopped: {failure}")
                say("The bot's last words:")
                for line in stage.log_path.read_text(errors="replace").splitlines()[-15:]:
                    say(f"    {line[:300]}")
                return 1
            say("All ended well." if well else "It did not end well.")
            return 0 if well else 1
    except OSError as problem:
        sys.stderr.write(f"--port {port}: the page can't be served there ({problem.strerror}). Name another port.\n")
        return 2


async def _until_told() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
