"""What the pacer promises over time: nobody starves, no slot is wasted, a shared budget is shared."""

import asyncio
import math
import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.graph.pacer import TURNS, Pacer
from bot.graph.rate import Pace
from bot.ports.graph import Priority
from tests.graph.virtual import run

SLOW = 1e-6


def pacer_at(pace):
    clock = asyncio.get_running_loop().time
    return Pacer(Pace(pace, now=clock()), clock)


async def saturate(pacer, priority, served, until):
    """Somebody who always has one more call to make."""
    clock = asyncio.get_running_loop().time
    while clock() < until:
        served.append((await pacer.slot(priority), priority))


def longest_wait(served, priority):
    times = [at for at, who in served if who is priority]
    return max(later - earlier for earlier, later in pairwise([0.0, *times]))


@pytest.mark.parametrize("pace", [0.05, 0.2, 1.0, 7.0, 60.0])
def test_with_everybody_waiting_nobody_starves_and_a_run_keeps_its_share(pace):
    async def scenario():
        pacer, served = pacer_at(pace), []
        until = 400 * max(1.0, 1 / pace)
        busy = [Priority.ACT, Priority.WATCH, Priority.BRIEF, Priority.DEEP]
        await asyncio.gather(*[saturate(pacer, priority, served, until) for priority in busy])
        return served

    served = run(scenario())
    shares = Counter(who for _, who in served)
    slot = 1 / pace
    assert shares[Priority.ACT] / len(served) >= (6 / 7 if pace >= 1 else 0.65) - 0.02
    for priority in (Priority.WATCH, Priority.BRIEF, Priority.DEEP):
        turn = TURNS[priority]
        assert longest_wait(served, priority) <= max(turn.seconds, turn.slots * slot) + 4 * slot + SLOW


def test_even_a_flood_of_clicks_leaves_a_run_its_turns():
    async def scenario():
        pacer, served = pacer_at(1.0), []
        busy = list(Priority)
        await asyncio.gather(*[saturate(pacer, priority, served, 400.0) for priority in busy])
        return served

    served = run(scenario())
    shares = Counter(who for _, who in served)
    assert shares[Priority.CLICK] / len(served) >= 9 / 20
    assert longest_wait(served, Priority.ACT) <= 5 + 4 + SLOW


def test_during_a_run_detections_are_never_older_than_a_minute():
    async def scenario():
        pacer, served, ages = pacer_at(1.0), [], []
        clock = asyncio.get_running_loop().time
        until = 600.0

        async def watch():
            """Two pages each time, and half a minute between the end of one reading and the next."""
            fresh_as_of = 0.0
            while clock() < until:
                began = await pacer.slot(Priority.WATCH)
                await pacer.slot(Priority.WATCH)
                ages.append(clock() - fresh_as_of)
                fresh_as_of = began
                await asyncio.sleep(10.0)

        others = [saturate(pacer, priority, served, until) for priority in (Priority.ACT, Priority.BRIEF)]
        await asyncio.gather(watch(), *others)
        return served, ages

    served, ages = run(scenario())
    assert max(ages) <= 60.0
    assert sum(who is Priority.ACT for _, who in served) / 600 >= 6 / 7 - 0.01


arrivals = st.lists(
    st.tuples(st.floats(min_value=0, max_value=60), st.sampled_from(list(Priority))), min_size=1, max_size=60
)


@settings(deadline=None, max_examples=60)
@given(arrivals, st.floats(min_value=0.1, max_value=20))
def test_no_slot_is_wasted_and_none_comes_early_whoever_calls_when(calls, pace):
    async def scenario():
        pacer, served = pacer_at(pace), []

        async def call(at, priority):
            await asyncio.sleep(at)
            since = asyncio.get_running_loop().time()
            served.append((await pacer.slot(priority), since, priority))

        await asyncio.gather(*[call(at, priority) for at, priority in calls])
        return sorted(served)

    served = run(scenario())
    slot = 1 / pace
    assert len(served) == len(calls)
    for (earlier, *_), (later, *_) in pairwise(served):
        assert later - earlier >= slot - 2e-6
        waiting = [since for at, since, _ in served if at >= later]
        assert later <= max(earlier + slot, min(waiting)) + 2e-6


@settings(deadline=None, max_examples=60)
@given(arrivals, st.floats(min_value=0.1, max_value=20))
def test_within_a_priority_the_order_is_that_of_arrival(calls, pace):
    async def scenario():
        pacer, served = pacer_at(pace), []

        async def call(at, priority):
            await asyncio.sleep(at)
            since = asyncio.get_running_loop().time()
            await pacer.slot(priority)
            served.append((priority, since))

        await asyncio.gather(*[call(at, priority) for at, priority in calls])
        return served

    served = run(scenario())
    for priority in Priority:
        since = [at for who, at in served if who is priority]
        assert since == sorted(since)


@settings(deadline=None, max_examples=60)
@given(
    arrivals,
    st.floats(min_value=0.2, max_value=10),
    st.floats(min_value=0, max_value=0.8),
    st.lists(st.floats(min_value=0, max_value=1.5), min_size=1, max_size=20),
)
def test_slots_held_ahead_of_time_keep_their_distance_and_nobody_starves_beside_them(calls, pace, ahead, thoughts):
    slot = 1 / pace

    async def scenario():
        pacer, sent = pacer_at(pace), []
        clock = asyncio.get_running_loop().time

        async def run_writes():
            for thought in thoughts:
                async with pacer.held(Priority.ACT, ahead * slot):
                    await asyncio.sleep(thought * slot)
                    sent.append(await pacer.use_held())

        async def call(at, priority):
            await asyncio.sleep(at)
            sent.append(await pacer.slot(priority))

        await asyncio.gather(run_writes(), *[call(at, priority) for at, priority in calls])
        return sent, clock()

    sent, end = run(scenario())
    assert len(sent) == len(calls) + len(thoughts)
    assert all(later - earlier >= slot - 2e-6 for earlier, later in pairwise(sorted(sent)))
    assert end <= 60 + (len(calls) + len(thoughts)) * slot * 2.5 + SLOW


class Budget:
    """One request a second for all apps of a tenant together; what comes early is refused and costs nothing."""

    def __init__(self):
        self.open_at = 0.0

    def takes(self, now):
        if now < self.open_at - 0.05:
            return False
        self.open_at = max(now, self.open_at) + 1.0
        return True

    def is_taken_by_another(self, now):
        """Another app, which always gets the next slot; at most three are taken ahead."""
        self.open_at = min(max(now, self.open_at) + 1.0, now + 3.0)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_beside_another_app_it_gives_way_without_hammering_and_is_at_full_speed_soon_after(share):
    async def scenario():
        pacer, budget, ours = pacer_at(1.0), Budget(), []
        clock = asyncio.get_running_loop().time
        chance = random.Random(4)

        async def we():
            while clock() < 700.0:
                at = await pacer.slot(Priority.ACT)
                await asyncio.sleep(0.05)
                took = budget.takes(clock())
                ours.append((clock(), took))
                if took:
                    pacer.answered(taken_at=at)
                else:
                    pacer.refused(taken_at=at, retry_after=None)

        async def other_app():
            while clock() < 600.0:
                await asyncio.sleep(chance.expovariate(share))
                budget.is_taken_by_another(clock())

        await asyncio.gather(we(), other_app())
        return ours

    ours = run(scenario())
    beside = [took for at, took in ours if at < 600]
    assert sum(beside) / 600 >= (1 - share) * 0.3
    assert beside.count(False) / 600 <= 0.25  # it does not hammer
    alone = [took for at, took in ours if 640 <= at < 700]
    assert all(alone)
    assert len(alone) >= 57


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(st.booleans(), st.none() | st.floats(min_value=0.01, max_value=600)), max_size=60))
def test_whatever_microsoft_answered_the_pace_comes_back_within_four_calls_and_the_wait_has_an_end(answers):
    async def scenario():
        pacer = pacer_at(1.0)
        clock = asyncio.get_running_loop().time
        waits = []
        for refused, retry_after in answers:
            asked = clock()
            at = await pacer.slot(Priority.ACT)
            waits.append(clock() - asked)
            if refused:
                pacer.refused(taken_at=at, retry_after=retry_after)
            else:
                pacer.answered(taken_at=at)
        for _ in range(4):
            pacer.answered(taken_at=await pacer.slot(Priority.ACT))
        return waits, pacer.rate.interval

    waits, interval = run(scenario())
    assert interval == 1.0
    assert max(waits, default=0) <= 300 + SLOW


@settings(deadline=None, max_examples=60)
@given(st.floats(min_value=0.8, max_value=2), st.integers(min_value=1, max_value=200))
def test_a_directory_that_is_nearly_spent_is_asked_ever_more_slowly_until_it_is_not(used, times):
    rate = Pace(800.0, now=0.0)
    for _ in range(times):
        before = rate.interval
        rate.answered(taken_at=0.0, used=used)
        assert rate.interval >= before
    assert rate.interval <= 5.01 / 800
    for _ in range(4):
        rate.answered(taken_at=0.0, used=0.5)
    assert rate.interval == 1 / 800


def test_a_call_that_cost_more_than_was_taken_for_it_is_paid_for_by_those_that_follow():
    async def scenario():
        pacer = pacer_at(10.0)
        first = await pacer.slot(Priority.BRIEF)
        pacer.answered(taken_at=first, more_units=4)
        return await pacer.slot(Priority.BRIEF) - first

    assert math.isclose(run(scenario()), 0.5, abs_tol=1e-6)


def test_an_answer_from_before_a_refusal_does_not_bring_the_pace_back():
    rate = Pace(1.0, now=0.0)
    rate.refused(2.0, taken_at=1.5, retry_after=None)
    rate.answered(taken_at=1.0)
    assert math.isclose(rate.interval, 1 / 0.7)
    rate.answered(taken_at=2.0)
    assert rate.interval < 1 / 0.7


def test_a_slot_given_back_does_not_shorten_what_microsoft_asked_to_wait():
    async def scenario():
        pacer = pacer_at(1.0)
        async with pacer.held(Priority.ACT):
            now = asyncio.get_running_loop().time()
            pacer.refused(taken_at=now, retry_after=7.0)
        return await pacer.slot(Priority.CLICK) - now

    assert run(scenario()) >= 7.0
