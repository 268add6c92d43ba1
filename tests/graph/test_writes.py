"""A write is sent once, says what came, and never raises for what Graph or the net does."""

import asyncio
import json

import pytest
from aiohttp import web

from bot.decide.action import Action
from bot.graph.endpoints import GUARD
from bot.graph.pacer import Pacer
from bot.graph.rate import Pace
from bot.ports.graph import Priority
from tests.graph.microsoft import TOKEN, body, error, no_content, reset, truncated


@pytest.mark.parametrize(
    ("action", "path"),
    [
        (Action.CONFIRM_SAFE, "/v1.0/identityProtection/riskyUsers/confirmSafe"),
        (Action.DISMISS_RISK, "/v1.0/identityProtection/riskyUsers/dismiss"),
        (Action.CONFIRM_COMPROMISED, "/v1.0/identityProtection/riskyUsers/confirmCompromised"),
    ],
)
async def test_each_action_goes_where_microsoft_wants_it(microsoft, door, action, path):
    microsoft.will(no_content())
    answer = await door.send(action, ["u1", "u2"])
    (asked,) = microsoft.asked
    assert (asked.method, asked.path) == ("POST", path)
    assert json.loads(asked.body) == {"userIds": ["u1", "u2"]}
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert answer.accepted
    assert answer.request_id == "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
async def test_a_refused_write_is_an_answer_and_is_not_repeated(microsoft, door, status):
    microsoft.otherwise = error(status, "SomeCode", "Microsoft's words.", headers={"Retry-After": "1"})
    answer = await door.send(Action.CONFIRM_SAFE, ["u1"])
    assert answer.status == status
    assert not answer.accepted
    assert answer.why == "SomeCode: Microsoft's words."
    assert len(microsoft.asked) == 1


@pytest.mark.parametrize("fault", [reset, truncated])
async def test_a_write_without_an_answer_has_an_unknown_fate_and_is_not_repeated(microsoft, door, fault):
    microsoft.otherwise = fault
    answer = await door.send(Action.CONFIRM_SAFE, ["u1"])
    assert answer.status is None
    assert answer.why
    assert len(microsoft.asked) == 1


async def test_a_write_that_times_out_has_an_unknown_fate(microsoft, opened):
    async def silence(request):
        await asyncio.Event().wait()
        return web.Response()

    microsoft.otherwise = silence
    answer = await opened(microsoft.url, read=0.05).send(Action.CONFIRM_SAFE, ["u1"])
    assert answer.status is None
    assert "in time" in answer.why
    assert len(microsoft.asked) == 1


async def test_a_throttled_write_slows_the_family_down(microsoft, opened):
    door = opened(microsoft.url, requests_per_second=100.0)
    microsoft.will(error(429, "TooManyRequests"))
    await door.send(Action.CONFIRM_SAFE, ["u1"])
    assert door.slot_seconds() == pytest.approx(0.01 / (1 - GUARD) / 0.7)


async def test_an_answer_that_is_no_odata_is_said_by_its_status(microsoft, door):
    microsoft.will(body(b"<html>gateway</html>", 502))
    assert (await door.send(Action.DISMISS_RISK, ["u1"])).why == "HTTP 502"


@pytest.mark.parametrize("count", [0, 61])
async def test_no_write_for_nobody_and_none_for_more_than_60(microsoft, door, count):
    with pytest.raises(ValueError, match="1 to 60"):
        await door.send(Action.CONFIRM_SAFE, [f"u{number}" for number in range(count)])
    assert not microsoft.asked


async def test_a_slot_that_is_held_is_used_by_the_next_write(microsoft, opened):
    door = opened(microsoft.url, requests_per_second=10.0)
    microsoft.will(no_content())
    async with door.held_slot(Priority.ACT):
        began = asyncio.get_running_loop().time()
        await door.send(Action.CONFIRM_SAFE, ["u1"])
        assert asyncio.get_running_loop().time() - began < 0.09


async def test_nobody_is_served_while_a_slot_is_held_and_the_next_counts_from_its_use():
    now = [0.0]
    pacer = Pacer(Pace(1.0, now=-1.0), lambda: now[0])
    async with pacer.held(Priority.ACT):
        now[0] = 5.0
        other = asyncio.ensure_future(pacer.slot(Priority.CLICK))
        await asyncio.sleep(0)
        assert not other.done()
        await pacer.use_held()
        assert pacer.rate.opens_at == 6.0
    other.cancel()
    pacer.close()


async def test_a_held_slot_that_was_not_used_goes_to_whoever_waits():
    now = [0.0]
    pacer = Pacer(Pace(1.0, now=-1.0), lambda: now[0])
    async with pacer.held(Priority.ACT):
        other = asyncio.ensure_future(pacer.slot(Priority.WATCH))
        await asyncio.sleep(0)
    assert await other == 0.0
