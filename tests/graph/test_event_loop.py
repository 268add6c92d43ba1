"""Large answers are read without keeping the event loop from anything else for more than 50 ms."""

import asyncio
import sys
import time
from contextlib import asynccontextmanager

import pytest

from tests.graph.canned import LOG_PAGE, LOG_PAGES, USERS

LONGEST = 0.050
BEAT = 0.001
TRIES = 3
"""The machine may be busy with other things: what counts is the best of so many."""


@pytest.fixture
async def large(opened):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.graph.canned", stdout=asyncio.subprocess.PIPE
    )
    port = int(await process.stdout.readline())
    yield opened(f"http://127.0.0.1:{port}", requests_per_second=500.0, reports_per_second=500.0, read=30.0)
    process.terminate()
    await process.wait()


@asynccontextmanager
async def listened(pauses):
    """Note by how much each of many short sleeps was too long, as far as this process was at work meanwhile."""

    async def beat():
        while True:
            before, busy = time.perf_counter(), time.process_time()
            await asyncio.sleep(BEAT)
            late = time.perf_counter() - before - BEAT
            pauses.append(min(late, time.process_time() - busy))

    beating = asyncio.create_task(beat())
    await asyncio.sleep(0)
    try:
        yield
    finally:
        beating.cancel()


async def sign_ins(door):
    return sum([len(page.items) async for page in door.sign_ins(since=0)])


async def registrations(door):
    return len(await door.registrations())


async def changes(door):
    return sum([len(page.users) async for page in door.directory_changes(None)])


async def users(door):
    wanted = [f"{number:032x}" for number in range(0, USERS, 3)]
    return len(await door.users(wanted, tenant_users=USERS)) * 3


@pytest.mark.parametrize(
    ("read", "expected"),
    [(sign_ins, LOG_PAGES * LOG_PAGE), (registrations, USERS), (changes, USERS), (users, USERS)],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_reading_leaves_the_event_loop_free(large, read, expected):
    best = float("inf")
    for _ in range(TRIES):
        pauses = []
        began = time.perf_counter()
        async with listened(pauses):
            assert await read(large) == expected
        print(f"{read.__name__}: {time.perf_counter() - began:.2f} s, longest pause {max(pauses) * 1000:.1f} ms")
        best = min(best, max(pauses))
        if best < LONGEST:
            break
    assert best < LONGEST
