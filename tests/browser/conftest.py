import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from sim.stage import Pace, Stage

QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "Chromium is needed for the browser tests"
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=found, args=[*QUIET.split(), "--disable-component-update", "--disable-sync"]
        )
        yield running
        await running.close()


@pytest.fixture
def small() -> Stage:
    """The whole demo, small and fast, not started yet: a third of 600 people flagged, the last of them late."""
    return Stage(
        Pace(users=600, scale=8, poll_seconds=2, resend_seconds=4, processing_seconds=(0.5, 2.0), tail_seconds=6)
    )
