"""A read is tried again where that helps, and says what is wrong where it doesn't."""

import asyncio
import time

import anyio
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.graph.endpoints import GUARD, Family
from bot.ports.graph import Graph, GraphError, Priority, Problem
from tests.graph.microsoft import TOKEN, body, detection, error, page, reset, risky, truncated

WATCH = Priority.WATCH


async def names(pages):
    return [item.id async for page in pages for item in page.items]


def test_the_door_is_what_the_use_cases_ask_for(door):
    graph: Graph = door
    assert {name for name in vars(Graph) if not name.startswith("_")} <= set(dir(graph))


@pytest.mark.parametrize(
    "fault",
    [
        *(error(status, "x") for status in (408, 429, 500, 502, 503, 504)),
        reset,
        truncated,
        body(b'{"value":[{"id"'),
        body(b"<html>"),
        body(b""),
        body({"value": None}),
    ],
)
async def test_a_passing_fault_is_tried_again_and_nothing_is_lost(microsoft, door, fault):
    microsoft.will(fault, fault, page(detection("d1")))
    assert await names(door.detections(since=None, priority=WATCH)) == ["d1"]
    assert len(microsoft.asked) == 3


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (error(503, "x"), Problem.UNAVAILABLE),
        (reset, Problem.UNAVAILABLE),
        (truncated, Problem.UNAVAILABLE),
        (body(b"{"), Problem.MALFORMED),
    ],
)
async def test_a_lasting_fault_ends_after_four_tries(microsoft, door, fault, problem):
    microsoft.otherwise = fault
    with pytest.raises(GraphError) as caught:
        await names(door.detections(since=None, priority=WATCH))
    assert caught.value.problem is problem
    assert len(microsoft.asked) == 4


async def test_a_busy_neighbour_may_refuse_us_more_often_than_a_fault_may(microsoft, door):
    microsoft.will(*[error(429, "TooManyRequests")] * 8, page(detection("d1")))
    assert await names(door.detections(since=None, priority=WATCH)) == ["d1"]


async def test_endless_throttling_ends_too(microsoft, door):
    microsoft.otherwise = error(429, "TooManyRequests")
    with pytest.raises(GraphError) as caught:
        await names(door.detections(since=None, priority=WATCH))
    assert caught.value.problem is Problem.THROTTLED


@pytest.mark.parametrize("asked", ["1", "0.4"])
async def test_retry_after_is_waited_for_whole_or_fractional(microsoft, door, asked):
    microsoft.will(error(429, "x", headers={"Retry-After": asked}), page(detection("d1")))
    began = asyncio.get_running_loop().time()
    await names(door.detections(since=None, priority=WATCH))
    assert asyncio.get_running_loop().time() - began >= float(asked)


async def test_a_refusal_without_retry_after_slows_the_whole_family_and_success_brings_the_pace_back(microsoft, opened):
    door = opened(microsoft.url, requests_per_second=100.0)
    full = 0.01 / (1 - GUARD)
    microsoft.will(error(429, "x"), page())
    assert door.slot_seconds() == pytest.approx(full)
    await names(door.detections(since=None, priority=WATCH))
    assert full < door.slot_seconds() <= 2 * full
    microsoft.otherwise = page()
    for _ in range(6):
        await names(door.detections(since=None, priority=WATCH))
    assert door.slot_seconds() == pytest.approx(full)


async def test_the_next_call_keeps_its_distance_from_when_one_is_written_not_from_when_its_connection_was_begun(
    microsoft, opened, monkeypatch
):
    connect, arrived = anyio.connect_tcp, []

    async def connect_slowly(*arguments, **options):
        await asyncio.sleep(0.3)
        return await connect(*arguments, **options)

    async def note(request):
        arrived.append(time.monotonic())
        return await page()(request)

    monkeypatch.setattr(anyio, "connect_tcp", connect_slowly)
    microsoft.otherwise = note
    door = opened(microsoft.url, requests_per_second=2.0)
    await names(door.detections(since=None, priority=WATCH))
    opens_at = door._pacers[Family.IDENTITY_PROTECTION].rate.opens_at
    assert opens_at >= arrived[0] + door.slot_seconds() - 0.1


async def test_silence_ends_with_a_time_out(microsoft, opened):
    async def silence(request):
        await asyncio.Event().wait()
        return web.Response()

    microsoft.otherwise = silence
    with pytest.raises(GraphError) as caught:
        await names(opened(microsoft.url, read=0.05).detections(since=None, priority=WATCH))
    assert caught.value.problem is Problem.UNAVAILABLE
    assert "in time" in caught.value.why


async def test_nobody_at_home_is_said_as_such(opened, unused_tcp_port):
    with pytest.raises(GraphError) as caught:
        await opened(f"http://127.0.0.1:{unused_tcp_port}").count_users(priority=WATCH)
    assert caught.value.problem is Problem.UNAVAILABLE


@pytest.mark.parametrize(
    ("answer", "problem", "why"),
    [
        (error(401, "InvalidAuthenticationToken"), Problem.TOKEN_REFUSED, "InvalidAuthenticationToken"),
        (error(403, "Forbidden", "required scopes are missing"), Problem.NOT_PERMITTED, "IdentityRiskyUser.Read.All"),
        (error(403, "Forbidden", "Your tenant is not licensed for this feature."), Problem.NO_LICENCE, "Entra ID P2"),
        (body(b"<html>no</html>", 403), Problem.NOT_PERMITTED, "IdentityRiskyUser.Read.All"),
        (error(400, "BadRequest", "Invalid page size"), Problem.BAD_REQUEST, "BadRequest"),
        (error(404, "NotFound"), Problem.NOT_FOUND, "riskyUsers"),
        (body(b"", 302, {"Location": "https://elsewhere.example/"}), Problem.MALFORMED, "302"),
    ],
)
async def test_a_refusal_is_said_with_its_mend_and_not_repeated(microsoft, door, answer, problem, why):
    microsoft.otherwise = answer
    with pytest.raises(GraphError) as caught:
        [user async for found in door.risky_users(priority=WATCH) for user in found.items]
    assert caught.value.problem is problem
    assert why in caught.value.why
    assert len(microsoft.asked) == 1


async def test_a_missing_permission_for_the_report_is_named(microsoft, door):
    microsoft.otherwise = error(403, "Authentication_MSGraphPermissionMissing")
    with pytest.raises(GraphError, match=r"needs AuditLog\.Read\.All"):
        await door.registrations()


async def test_neither_errors_nor_logs_hold_the_token_or_a_payload(microsoft, door, capsys, caplog):
    caplog.set_level(0)
    said = "ann@contoso.example is secret"
    microsoft.will(error(403, "Forbidden", said), body(b'{"value":"' + said.encode()))
    microsoft.otherwise = error(500, "x", said)
    with capture_logs() as logs:
        for attempt in (door.users_by_address("ann@contoso.example"), door.count_users(priority=WATCH)):
            with pytest.raises(GraphError) as caught:
                await attempt
            assert "ann" not in str(caught.value)
    output = capsys.readouterr()
    everything = f"{logs}{output.out}{output.err}{caplog.text}"
    assert "graph_read_failed" in everything
    assert "ann@" not in everything
    assert TOKEN not in everything


async def test_one_risky_user_is_read_and_one_that_is_not_listed_is_none(microsoft, door):
    microsoft.will(body(risky("u1", riskState="dismissed")), error(404, "NotFound"))
    found = await door.risky_user("u1", priority=WATCH)
    assert found is not None
    assert not found.is_open
    assert await door.risky_user("u2", priority=WATCH) is None


async def test_newer_enum_members_are_asked_for(microsoft, door):
    microsoft.will(page(), page(), body(risky("u1")))
    await names(door.detections(since=None, priority=WATCH))
    [found async for found in door.risky_users(priority=WATCH)]
    await door.risky_user("u1", priority=WATCH)
    assert [asked.headers.get("prefer") for asked in microsoft.asked] == ["include-unknown-enum-members"] * 3


async def test_a_budget_that_graph_calls_nearly_spent_slows_the_directory_down(microsoft, door):
    microsoft.will(body(b"3000"), page(headers={"x-ms-throttle-limit-percentage": "0.9"}))
    await door.count_users(priority=WATCH)
    full_speed = door._pacers[Family.DIRECTORY].rate.interval
    await door.users_by_address("ann@contoso.example")
    assert door._pacers[Family.DIRECTORY].rate.interval > full_speed
