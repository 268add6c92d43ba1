"""Who goes first, and that nobody waits while a slot is open."""

import asyncio
import time

import pytest

from bot.graph.pacer import Pacer
from bot.graph.rate import Pace
from bot.ports.graph import GraphError, Priority


def pacer_of(units_per_second):
    return Pacer(Pace(units_per_second, now=time.monotonic()), time.monotonic)


async def order_of(pacer, *priorities):
    served = []

    async def call(name, priority):
        await pacer.slot(priority)
        served.append(name)

    async with asyncio.TaskGroup() as group:
        for number, priority in enumerate(priorities):
            group.create_task(call(number, priority))
    return served


async def test_a_click_goes_before_what_came_earlier():
    served = await order_of(pacer_of(200), Priority.DEEP, Priority.WATCH, Priority.CLICK, Priority.ACT)
    assert served == [2, 3, 1, 0]


async def test_within_a_priority_who_came_first_goes_first():
    assert await order_of(pacer_of(200), *[Priority.BRIEF] * 6) == [0, 1, 2, 3, 4, 5]


async def test_slots_keep_their_distance_and_none_is_wasted():
    pacer = pacer_of(100)
    began = time.monotonic()
    taken = [await pacer.slot(Priority.WATCH) for _ in range(20)]
    gaps = [later - earlier for earlier, later in zip([began, *taken], taken, strict=False)]
    assert min(gaps) >= 0.01 - 1e-5
    assert taken[-1] - began < 20 * 0.01 * 1.5


async def test_a_caller_who_gives_up_leaves_its_slot_to_the_next():
    pacer = pacer_of(50)
    leaving = asyncio.create_task(pacer.slot(Priority.CLICK))
    staying = asyncio.create_task(pacer.slot(Priority.WATCH))
    await asyncio.sleep(0)
    leaving.cancel()
    began = time.monotonic()
    assert await staying - began < 0.03


async def test_a_refusal_holds_back_those_who_already_wait():
    pacer = pacer_of(50)
    began = time.monotonic()
    waiting = asyncio.create_task(pacer.slot(Priority.WATCH))
    await asyncio.sleep(0)
    pacer.refused(taken_at=began, retry_after=0.2)
    assert await waiting - began >= 0.2 - 1e-3


async def test_closing_turns_away_all_who_wait_and_all_who_come():
    pacer = pacer_of(0.01)
    waiting = asyncio.create_task(pacer.slot(Priority.WATCH))
    await asyncio.sleep(0)
    pacer.close()
    with pytest.raises(GraphError):
        await waiting
    with pytest.raises(GraphError):
        await pacer.slot(Priority.CLICK)
