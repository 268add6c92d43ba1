"""What leaves the house for the breach service, at what pace, and what its answers come to."""

import logging
from datetime import UTC, date, datetime

import pytest
from aiohttp import web

from bot.breach.door import BreachDoor, BreachDoors
from bot.ports.breaches import BreachError, BreachProblem
from bot.process.world import RealWorld
from bot.watch.breach import Leak
from sim.breach import Breach, BreachServer

KEY, ADA = "0123456789abcdef0123456789abcdef", "ada@contoso.example"
FAST = 6000
"""Questions a minute of a test that is not about the pace."""


def end_of(year, month, day):
    return int(datetime(year, month, day, 23, 59, 59, tzinfo=UTC).timestamp() + 1) * 1_000_000


@pytest.fixture
async def service():
    async with BreachServer(key=KEY, per_minute=FAST) as service:
        yield service


@pytest.fixture
async def opened():
    doors = []

    def open_door(url, *, key=KEY, per_minute=FAST):
        doors.append(BreachDoor(url=url, key=key, per_minute=per_minute, world=RealWorld()))
        return doors[-1]

    yield open_door
    for door in doors:
        await door.close()


async def refused(asking):
    with pytest.raises(BreachError) as problem:
        await asking
    assert problem.value.__cause__ is None
    assert "contoso" not in str(problem.value)
    assert KEY not in str(problem.value)
    return problem.value.problem


async def test_breaches_with_passwords_are_leaks_at_the_end_of_their_day(service, opened):
    service.know(ADA, Breach("Adobe", date(2013, 10, 4)), Breach("Combo", date(2024, 12, 31)))
    assert set(await opened(service.url).leaks_of(ADA)) == {
        Leak("Adobe", end_of(2013, 10, 4)),
        Leak("Combo", end_of(2024, 12, 31)),
    }


async def test_breaches_without_passwords_and_invented_ones_are_no_leaks(service, opened):
    service.know(
        ADA,
        Breach("Newsletter", date(2020, 1, 1), data_classes=("Email addresses",)),
        Breach("Hoax", date(2020, 1, 1), is_fabricated=True),
    )
    assert await opened(service.url).leaks_of(ADA) == ()
    assert service.asked == [ADA]


async def test_an_address_that_the_service_does_not_know_has_no_leak(service, opened):
    assert await opened(service.url).leaks_of("bob@contoso.example") == ()
    assert [each.status for each in service.requests] == [404]


@pytest.mark.parametrize("address", ["a/../b?c#d@contoso.example", "ü+1 %@contoso.example", " ada@contoso.example "])
async def test_an_address_is_one_part_of_the_path_whatever_it_holds(service, opened, address):
    service.know(address, Breach("Adobe", date(2013, 10, 4)))
    assert len(await opened(service.url).leaks_of(address)) == 1
    assert service.asked == [address.strip()]


async def test_a_refused_key_is_said_with_the_mend(service, opened):
    assert await refused(opened(service.url, key="another").leaks_of(ADA)) is BreachProblem.KEY_REFUSED
    assert "COUNTERSIGN_BREACH_KEY" in BreachProblem.KEY_REFUSED.value


async def test_an_address_that_is_refused_is_told_apart_from_one_that_is_unknown(service, opened):
    asking = opened(service.url).leaks_of(f"{'x' * 300}@contoso.example")
    assert await refused(asking) is BreachProblem.ADDRESS_REFUSED


async def test_a_service_that_is_down_or_away_did_not_answer(service, opened):
    service.is_down = True
    assert await refused(opened(service.url).leaks_of(ADA)) is BreachProblem.UNAVAILABLE
    assert await refused(opened("http://127.0.0.1:9").leaks_of(ADA)) is BreachProblem.UNAVAILABLE


async def test_it_is_never_asked_faster_than_is_set(opened):
    async with BreachServer(key=KEY, per_minute=7, scale=60) as service:  # seven a second
        door = opened(service.url, per_minute=300)
        for number in range(11):
            await door.leaks_of(f"user{number}@contoso.example")
    assert {each.status for each in service.requests} == {404}
    times = [each.time for each in service.requests]
    assert times[-1] - times[0] >= 10 * 0.2 * 0.95  # arrivals are not departures


async def test_after_a_refusal_it_waits_as_long_as_the_service_asks_and_puts_the_question_again(opened):
    async with BreachServer(key=KEY, per_minute=1, scale=100) as service:
        service.know("bob@contoso.example", Breach("Adobe", date(2013, 10, 4)))
        door = opened(service.url)
        await door.leaks_of(ADA)
        assert len(await door.leaks_of("bob@contoso.example")) == 1
    statuses = [each.status for each in service.requests]
    assert statuses == [404, 429, 200]
    assert service.requests[2].time - service.requests[1].time >= 0.99


async def test_the_rate_of_the_key_is_read_without_an_address(opened):
    async with BreachServer(key=KEY, per_minute=50) as service:
        assert await opened(service.url).allowed_per_minute() == 50
    assert service.asked == []


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"{}", b'[{"Name":"x"}]', b'[{"Name":"x","BreachDate":"soon","DataClasses":[]}]', b"\xff"]
)
async def test_an_answer_that_makes_no_sense_is_no_answer(opened, body):
    async def answer(_request):
        return web.Response(body=body, content_type="application/json")

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        assert await refused(opened(f"http://{host}:{port}").leaks_of(ADA)) is BreachProblem.MALFORMED
    finally:
        await runner.cleanup()


async def test_a_redirect_is_not_followed_since_it_would_take_address_and_key_elsewhere(service, opened):
    async def answer(_request):
        raise web.HTTPFound(f"{service.url}/api/v3/breachedaccount/{ADA}")

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        assert await refused(opened(f"http://{host}:{port}").leaks_of(ADA)) is BreachProblem.UNAVAILABLE
    finally:
        await runner.cleanup()
    assert service.requests == []


async def test_no_address_and_no_key_is_logged(service, opened, caplog):
    caplog.set_level(logging.DEBUG)
    door = opened(service.url)
    await door.leaks_of(ADA)
    service.is_down = True
    await refused(door.leaks_of(ADA))
    assert "contoso" not in caplog.text
    assert KEY not in caplog.text


async def test_tenants_with_one_key_share_one_door_and_without_a_key_there_is_none():
    doors = BreachDoors(RealWorld())
    first = doors.open(url="http://127.0.0.1:9", key=KEY, per_minute=10)
    assert doors.open(url="http://127.0.0.1:9", key=KEY, per_minute=10) is first
    assert doors.open(url="http://127.0.0.1:9", key="another", per_minute=10) is not first
    assert doors.open(url="http://127.0.0.1:9", key="", per_minute=10) is None
    await doors.close()
