"""Each API family keeps a pace of its own, learns from what Microsoft answers, and leaves the others alone."""

import asyncio
import time

import pytest

from bot.graph.credential import _ReadyToken
from bot.graph.endpoints import IN_RESERVE, Family
from bot.ports.graph import Priority
from tests.graph.microsoft import TOKEN, body, error, page


async def duration(reading):
    began = time.monotonic()
    await reading
    return time.monotonic() - began


async def sign_ins(door):
    return [item async for found in door.sign_ins(since=0) for item in found.items]


def interval(door, family):
    return door._pacers[family].rate.interval


async def test_reports_keep_a_reserve_below_five_in_ten_seconds(microsoft, opened):
    door = opened(microsoft.url, reports_per_second=0.5)
    five_more = 5 * interval(door, Family.REPORTS)
    assert 10.0 < five_more < 10.0 * 1.1
    assert interval(door, Family.REPORTS) == pytest.approx(2.0 / (1 - IN_RESERVE))


async def test_a_refusal_with_retry_after_is_waited_out_by_the_whole_family_and_by_no_other(microsoft, door):
    microsoft.will(error(429, "TooManyRequests", headers={"Retry-After": "0.4"}), page())
    assert await duration(sign_ins(door)) >= 0.4

    refused = asyncio.Event()

    async def refuse(request):
        refused.set()
        return await error(429, "TooManyRequests", headers={"Retry-After": "20"})(request)

    microsoft.will(refuse, body(b"3000"))
    waiting = asyncio.create_task(sign_ins(door))
    await refused.wait()
    assert await duration(door.count_users(priority=Priority.CLICK)) < 10
    assert not waiting.done()
    waiting.cancel()


async def test_policies_draw_on_the_budget_of_risk(microsoft, opened):
    began = time.monotonic()
    door = opened(microsoft.url, requests_per_second=5.0)
    microsoft.otherwise = page()
    await door.access_policies()
    assert [found async for found in door.risky_users(priority=Priority.WATCH)]
    assert time.monotonic() - began >= 2 * 0.2 - 0.01


async def test_a_service_that_is_down_and_says_for_how_long_is_left_alone_so_long(microsoft, door):
    microsoft.will(error(503, "Unavailable", headers={"Retry-After": "0.4"}), page())
    assert await duration(sign_ins(door)) >= 0.4


async def test_a_directory_that_is_nearly_spent_is_asked_more_slowly_and_finds_back(microsoft, door):
    full = interval(door, Family.DIRECTORY)
    microsoft.will(page(headers={"x-ms-throttle-limit-percentage": "0.95"}))
    await door.microsoft_apps()
    assert interval(door, Family.DIRECTORY) > full
    microsoft.will(page(headers={"x-ms-throttle-limit-percentage": "0.3"}))
    await door.microsoft_apps()
    assert interval(door, Family.DIRECTORY) == pytest.approx(full)


async def test_what_a_call_cost_by_microsofts_count_is_paid_before_the_next(microsoft, door):
    rate = door._pacers[Family.DIRECTORY].rate
    microsoft.otherwise = page(headers={"x-ms-resource-unit": "150"})
    assert await duration(door.microsoft_apps()) < 0.3
    assert rate.opens_at - time.monotonic() > 100 * rate.interval


@pytest.mark.parametrize("odd", ["", "-5", "1e9", "many", "99999999999", "²"])
async def test_a_cost_that_is_none_changes_nothing(microsoft, door, odd):
    rate = door._pacers[Family.DIRECTORY].rate
    microsoft.otherwise = page(headers={"x-ms-resource-unit": odd})
    await door.microsoft_apps()
    assert rate.opens_at - time.monotonic() <= rate.interval


async def test_a_large_tenant_has_a_larger_budget(microsoft, door):
    microsoft.will(body(b"60000"))
    await door.count_users(priority=Priority.WATCH)
    assert interval(door, Family.DIRECTORY) == pytest.approx(1 / 800)


async def test_writes_to_accounts_keep_below_three_thousand_in_150_seconds(microsoft, door):
    assert 3000 * interval(door, Family.DIRECTORY_WRITES) > 150.0


async def test_announcements_keep_below_240_a_minute(microsoft, door):
    assert 240 * interval(door, Family.ANNOUNCEMENTS) > 60.0


async def test_a_token_that_was_long_in_coming_does_not_bring_two_calls_together(microsoft, opened, monkeypatch):
    door = opened(microsoft.url, requests_per_second=5.0)
    arrived = []

    async def reply(request):
        arrived.append(time.monotonic())
        return await page()(request)

    async def slow_token(provider, uri, additional_authentication_context=None):
        if not arrived:
            await asyncio.sleep(0.15)
        return TOKEN

    monkeypatch.setattr(_ReadyToken, "get_authorization_token", slow_token)
    microsoft.otherwise = reply
    await asyncio.gather(door.access_policies(), door.access_policies())
    assert arrived[1] - arrived[0] >= 0.19
