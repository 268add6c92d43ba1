"""The demo as people start it: its own process, which hosts everything and plays both admins."""

import asyncio
import os
import re
import sys

import psutil
import pytest

from tests.journeys.side_by_side import Stories

stories = Stories()
pytestmark = pytest.mark.asyncio(loop_scope="module")

QUICK = """
import asyncio, sys
from sim.demo import play
from sim.stage import Pace
pace = Pace(users=300, scale=10, poll_seconds=1, resend_seconds=4, processing_seconds=(0.3, 1.0), tail_seconds=2.0)
sys.exit(asyncio.run(play(port=0, auto=True, pace=pace)))
"""
WITHIN = 120.0


def bots_of(demo: int) -> list[psutil.Process]:
    return [each for each in psutil.Process(demo).children() if each.cmdline()[-3:] == ["-m", "bot", "run"]]


@stories.story
async def test_the_demo_played_by_itself_ends_well_though_its_bot_is_killed_twice(tell):
    """Killed as Grace signs, and again when the run's card is there: exit 0, each step printed."""
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-c", QUICK, env={"PATH": os.environ["PATH"]}, stdout=asyncio.subprocess.PIPE
    )
    said: list[str] = []
    try:
        async with asyncio.timeout(WITHIN):
            async for line in demo.stdout:
                said.append(line.decode())
                if "Grace signs" in said[-1] and sum("is started again" in each for each in said) < 2:
                    for bot in bots_of(demo.pid):
                        bot.kill()
            status = await demo.wait()
    except TimeoutError:
        raise AssertionError("".join(said)) from None
    finally:
        if demo.returncode is None:
            demo.kill()
            await demo.wait()
    text = "".join(said)
    assert status == 0, text
    assert "The bot died (-9) and is started again." in text
    assert re.search(r"Slack, as two admins see it: http://127\.0\.0\.1:\d+/", text)
    assert "0 left" in text
    assert "0 of them touched" in text
    for person in ("Ada presses Approve and is told privately", "Mallory presses Approve and is told privately"):
        assert person in text
    assert "All ended well." in text


@stories.story
async def test_a_taken_port_is_told_and_ends_with_2(tell):
    taken = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    async with taken:
        port = str(taken.sockets[0].getsockname()[1])
        demo = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "demo", "--port", port, "--auto", stderr=asyncio.subprocess.PIPE
        )
        _, err = await demo.communicate()
    assert demo.returncode == 2
    assert f"--port {port}" in err.decode()
