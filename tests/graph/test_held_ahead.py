"""A slot may be held a little before it opens, so that what is to be judged costs none of it."""

import asyncio
import time

import pytest

from bot.graph.pacer import Pacer
from bot.graph.rate import Pace
from bot.ports.graph import Priority

SLOT = 0.2


@pytest.fixture
def pacer():
    """Its first slot opens one interval after its making."""
    return Pacer(Pace(1 / SLOT, now=time.monotonic()), time.monotonic)


async def test_a_slot_is_held_before_it_opens_and_used_when_it_does(pacer):
    opens_at = pacer.rate.opens_at
    async with pacer.held(Priority.ACT, ahead=0.1):
        assert time.monotonic() < opens_at
        used_at = await pacer.use_held()
    assert used_at is not None
    assert opens_at <= used_at
    assert pacer.rate.opens_at >= used_at + SLOT - 0.001


async def test_nobody_is_served_between_the_holding_and_the_use(pacer):
    order = []

    async def another():
        await pacer.slot(Priority.CLICK)
        order.append("another")

    async with pacer.held(Priority.ACT, ahead=0.1):
        waiting = asyncio.create_task(another())
        await pacer.use_held()
        order.append("used")
    await waiting
    assert order == ["used", "another"]


async def test_a_slot_that_was_held_early_and_not_used_opens_no_earlier_for_the_next(pacer):
    opens_at = pacer.rate.opens_at
    async with pacer.held(Priority.ACT, ahead=0.15):
        pass
    assert await pacer.slot(Priority.WATCH) >= opens_at - 0.001


async def test_what_takes_longer_than_was_thought_only_takes_longer():
    now = [0.95]
    pacer = Pacer(Pace(1.0, now=0.0), lambda: now[0])
    async with pacer.held(Priority.ACT, ahead=0.1):
        now[0] = 1.5
        assert await pacer.use_held() == 1.5
    assert pacer.rate.opens_at == 2.5
