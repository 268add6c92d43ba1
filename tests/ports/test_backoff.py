"""A service that fails is asked less and less often, and never given up for good."""

import asyncio

from bot.ports.backoff import wait_after, wait_unless


def test_each_failure_doubles_the_wait_up_to_the_longest():
    assert [wait_after(failures, first=1.0, longest=30.0) for failures in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_wait_counted_in_whole_microseconds_stays_whole():
    assert [wait_after(failures, first=20_000_000, longest=300_000_000) for failures in (1, 4, 5)] == [
        20_000_000,
        160_000_000,
        300_000_000,
    ]


def test_a_service_that_is_away_for_years_is_still_asked():
    assert wait_after(10**9, first=0.5, longest=30.0) == 30.0


async def test_who_waits_is_woken_before_the_time_is_up():
    told = asyncio.Event()
    waiting = asyncio.create_task(wait_unless(told, 60.0))
    await asyncio.sleep(0)
    told.set()
    await asyncio.wait_for(waiting, 1.0)


async def test_who_is_not_woken_goes_on_when_the_time_is_up():
    await asyncio.wait_for(wait_unless(asyncio.Event(), 0.01), 1.0)
