"""The door against the invented tenant, which keeps Microsoft's rules and knows the truth."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from bot.decide.action import Action
from bot.ports.graph import GraphError, Priority, Problem
from bot.watch.profile import profiles
from bot.watch.registration import Registered
from sim.tenant import Fault, Faults, Limits, TenantServer, april_2025

WATCH = Priority.WATCH
SCALE = 20


@pytest.fixture
async def server():
    async with TenantServer(april_2025(datetime.now(UTC)), Limits(scale=SCALE), Faults(), access_token="t") as running:
        yield running


@pytest.fixture
def tenant_door(server, opened):
    return opened(server.url, access_token="t", requests_per_second=SCALE, reports_per_second=SCALE / 2)


async def flagged(door, **more):
    return {user.user_id: user async for page in door.risky_users(priority=WATCH, **more) for user in page.items}


async def detected(door, since=None):
    return {found.id: found async for page in door.detections(since=since, priority=WATCH) for found in page.items}


async def test_every_flagged_user_and_detection_is_read_and_nothing_is_refused_at_full_pace(server, tenant_door):
    users = await flagged(tenant_door, only_at_risk=True)
    detections = await detected(tenant_door)
    truth = server.tenant.truth
    assert set(users) >= truth.eligible_user_ids - truth.late_user_ids
    assert {found.user_id for found in detections.values()} >= truth.surge_user_ids - truth.late_user_ids
    assert len(await detected(tenant_door, since=0)) == len(detections)
    assert Counter(record.status for record in server.requests).keys() == {200}


async def test_both_ways_to_read_users_find_the_same(server, tenant_door):
    users = await flagged(tenant_door)
    everyone = await tenant_door.count_users(priority=WATCH)
    by_pages = await tenant_door.users(users, tenant_users=everyone)
    before = len(server.requests)
    by_id = await tenant_door.users(users, tenant_users=None)
    assert by_pages == by_id
    calls = [record for record in server.requests[before:] if record.family == "batch"]
    assert len(calls) == -(-len(users) // 300)


async def test_passwordless_users_are_those_of_the_tenant(server, tenant_door):
    report = await tenant_door.registrations()
    truth = server.tenant.truth
    assert {
        user_id for user_id in truth.surge_user_ids if (report.get(user_id) or Registered(0)) & Registered.PASSWORDLESS
    } == truth.passwordless_user_ids


async def test_every_flagged_user_gets_the_sign_in_kind_that_they_have(server, tenant_door):
    truth = server.tenant.truth
    users = await tenant_door.users(truth.surge_user_ids, tenant_users=3_000)
    made = profiles(users.values(), await tenant_door.domains(), None)
    kinds = {user_id: made[user_id].kind.value if user_id in made else "unknown" for user_id in truth.surge_user_ids}
    assert kinds == dict(truth.kind_of)
    providers = {user_id: profile.provider.value for user_id, profile in made.items() if profile.provider}
    assert providers == dict(truth.provider_of)


async def test_a_confirmed_user_is_read_back_as_safe(server, tenant_door):
    server.tenant.processing_seconds = (0.0, 0.0)
    truth = server.tenant.truth
    user_id = next(iter(truth.eligible_user_ids - truth.late_user_ids - set(server.tenant.ineffective_user_ids)))
    answer = await tenant_door.send(Action.CONFIRM_SAFE, [user_id])
    assert answer.accepted
    user = await tenant_door.risky_user(user_id, priority=WATCH)
    assert not user.is_open
    assert user.risk_detail == "adminConfirmedAccountSafe"


@pytest.mark.parametrize("fault", ["truncated", "malformed", "reset", "empty_page", "unknown_enum"])
async def test_no_fault_loses_a_detection(server, tenant_door, fault):
    whole = await detected(tenant_door)
    server.faults.script(("GET", r"riskDetections"), getattr(Fault, fault)())
    assert set(await detected(tenant_door)) == set(whole)


@pytest.mark.parametrize("fault", [Fault.foreign_link(), Fault.repeated_link()])
async def test_a_link_astray_is_an_error(server, tenant_door, fault):
    server.faults.always(("GET", r"riskDetections"), fault)
    with pytest.raises(GraphError) as caught:
        await detected(tenant_door)
    assert caught.value.problem is Problem.MALFORMED


async def test_the_broken_last_link_of_risky_users_ends_the_list(server, tenant_door):
    whole = await flagged(tenant_door)
    server.faults.always(("GET", r"riskyUsers\?"), Fault.broken_last_link())
    assert set(await flagged(tenant_door)) == set(whole)


async def test_beside_other_apps_that_take_half_the_budget_everything_is_still_read(server, tenant_door):
    whole = await detected(tenant_door)
    server.tenant.other_apps_take(0.5)
    assert set(await detected(tenant_door)) == set(whole)
    assert set(await flagged(tenant_door))


@pytest.mark.parametrize(("licence", "read"), [("P1", "risky_users"), ("free", "passwordless")])
async def test_a_missing_licence_is_said_as_such(server, tenant_door, licence, read):
    server.tenant.licence = licence
    with pytest.raises(GraphError) as caught:
        await (flagged(tenant_door) if read == "risky_users" else tenant_door.registrations())
    assert caught.value.problem is Problem.NO_LICENCE


async def test_a_token_that_is_none_is_refused(server, opened):
    with pytest.raises(GraphError) as caught:
        await opened(server.url, access_token="another").count_users(priority=WATCH)
    assert caught.value.problem is Problem.TOKEN_REFUSED
