"""Every limit, broken on the wire; and their exact rules, by a clock of the test's own."""

import asyncio
import uuid

import pytest

from sim.tenant import Limits, Tenant, User
from sim.tenant.limits import Meters
from sim.tenant.refusal import GraphError

REPORT = "reports/authenticationMethods/userRegistrationDetails?$top=1"


def meters(limits=None, users=1000, others=0.0):
    return Meters(limits or Limits(), lambda: users, lambda: others)


def accepted(budget, family, now, **cost):
    try:
        budget.take(family, now, **cost)
    except GraphError:
        return False
    return True


# On the wire


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "identityProtection/riskDetections?$top=1"),
        ("GET", "identityProtection/riskyUsers?$top=1"),
        ("POST", "identityProtection/riskyUsers/confirmSafe"),
    ],
)
async def test_two_identity_protection_requests_within_a_second_are_one_too_many(serve, tenant, method, path):
    graph = await serve(tenant, Limits())
    assert (await graph.get("identityProtection/riskyUsers?$top=1")).status == 200
    reply = await graph.call(method, path, {"userIds": []} if method == "POST" else None)
    assert reply.status == 429
    assert reply.error == "TooManyRequests: Please retry again later."
    assert reply.json["error"]["innerError"]["status"] == "429"
    assert "Retry-After" not in reply.headers
    assert [(write.action, write.status) for write in tenant.writes] == (
        [("confirmSafe", 429)] if method == "POST" else []
    )


async def test_a_client_that_keeps_the_pace_over_a_real_socket_is_never_refused(serve, tenant):
    graph = await serve(tenant, Limits(scale=20))
    for _ in range(20):
        assert (await graph.get("identityProtection/riskDetections?$top=500")).status == 200
        await asyncio.sleep(0.05)


async def test_a_sixth_report_within_ten_seconds_is_refused_with_the_time_to_wait(serve, tenant):
    graph = await serve(tenant, Limits())
    assert [(await graph.get(REPORT)).status for _ in range(5)] == [200] * 5
    reply = await graph.get(REPORT)
    assert reply.status == 429
    assert 8 <= int(reply.headers["Retry-After"]) <= 10


async def test_the_directory_tells_its_cost_warns_from_80_percent_and_then_refuses(serve, tenant):
    graph = await serve(tenant, Limits(directory_units=20))
    replies = [await graph.get("users?$top=999") for _ in range(11)]
    assert [reply.status for reply in replies] == [200] * 10 + [429]
    assert {reply.headers["x-ms-resource-unit"] for reply in replies} == {"2"}
    warned = [reply.headers.get("x-ms-throttle-limit-percentage") for reply in replies]
    assert warned[:8] == [None] * 7 + ["0.80"]
    assert warned[9] == "1.00"
    assert 8 <= int(replies[-1].headers["Retry-After"]) <= 10


@pytest.mark.parametrize(
    ("method", "path", "units"),
    [
        ("GET", "users", 2),
        ("GET", "users?$top=19", 1),
        ("GET", "users?$top=20", 2),
        ("GET", "users?$select=id", 1),
        ("GET", "users?$select=id&$top=5", 1),
        ("GET", "users?$expand=manager", 3),
        ("GET", "users/ada@contoso.example", 1),
        ("GET", "users/delta", 1),
        ("GET", "domains", 1),
        ("GET", "groups/x/transitiveMembers", 5),
        ("GET", "groups/x/transitiveMembers?$select=id&$top=1", 3),
        ("GET", "organization", 1),
        ("POST", "directoryObjects/getByIds", 3),
    ],
)
async def test_a_request_costs_what_the_table_says(graph, method, path, units):
    reply = await graph.call(method, path, {} if method == "POST" else None)
    assert reply.headers["x-ms-resource-unit"] == str(units)


async def test_writes_to_the_directory_have_a_budget_of_their_own(serve, tenant):
    graph = await serve(tenant, Limits(directory_writes=2))
    path = "users/mallory@contoso.example/revokeSignInSessions"
    assert [(await graph.call("POST", path)).status for _ in range(3)] == [200, 200, 429]
    assert (await graph.get("users?$top=1")).status == 200


async def test_in_a_batch_each_request_is_judged_alone(serve, tenant):
    graph = await serve(tenant, Limits())
    urls = ["/identityProtection/riskyUsers?$top=1"] * 3 + [f"/{REPORT}"] * 6 + ["/users?$top=1"]
    requests = [{"id": str(number), "method": "GET", "url": url} for number, url in enumerate(urls)]
    reply = await graph.post("$batch", {"requests": requests})
    assert reply.status == 200
    answers = {int(answer["id"]): answer for answer in reply.json["responses"]}
    assert [answers[number]["status"] for number in range(10)] == [200, 429, 429, 200, 200, 200, 200, 200, 429, 200]
    assert "Retry-After" not in answers[1]["headers"]
    assert int(answers[8]["headers"]["Retry-After"]) >= 8
    assert answers[1]["body"]["error"]["code"] == "TooManyRequests"


async def test_a_refused_request_takes_nothing_and_one_that_fails_later_does(serve, tenant):
    graph = await serve(tenant, Limits())
    assert (await graph.get("identityProtection/riskyUsers?$top=501")).status == 400
    assert (await graph.get("identityProtection/riskyUsers?$top=500")).status == 429


# The rules


def test_the_next_slot_opens_a_second_after_the_last_and_may_be_taken_a_twentieth_early():
    budget = meters()
    assert accepted(budget, "identityProtection", 100.0)
    assert not accepted(budget, "identityProtection", 100.94)
    assert accepted(budget, "identityProtection", 100.96)
    assert not accepted(budget, "identityProtection", 101.91)  # early once doesn't make the pace faster
    assert accepted(budget, "identityProtection", 101.96)


def test_who_comes_late_has_not_saved_slots():
    budget = meters()
    assert accepted(budget, "identityProtection", 100.0)
    assert accepted(budget, "identityProtection", 110.0)
    assert not accepted(budget, "identityProtection", 110.5)


def test_an_hour_at_the_early_edge_gets_no_more_than_the_rate():
    budget = meters()
    taken = sum(accepted(budget, "identityProtection", tick * 0.01) for tick in range(60_000))
    assert taken <= 601


@pytest.mark.parametrize("scale", [1, 20])
def test_scale_makes_time_go_faster_for_every_family(scale):
    budget = meters(Limits(scale=scale))
    assert accepted(budget, "identityProtection", 0.0)
    assert not accepted(budget, "identityProtection", 0.7 / scale)
    assert accepted(budget, "identityProtection", 1.0 / scale)
    assert [accepted(budget, "reports", 0.0) for _ in range(6)] == [True] * 5 + [False]
    assert not accepted(budget, "reports", 9.4 / scale)
    assert accepted(budget, "reports", 10.0 / scale)


def test_a_window_slides_and_does_not_jump():
    budget = meters()
    for second in range(5):
        assert accepted(budget, "reports", second)
    assert not accepted(budget, "reports", 9.0)
    assert accepted(budget, "reports", 10.0)
    assert not accepted(budget, "reports", 10.5)
    assert accepted(budget, "reports", 11.0)


@pytest.mark.parametrize(("users", "units"), [(49, 3500), (50, 5000), (500, 5000), (501, 8000)])
def test_the_directorys_units_go_by_the_tenants_size(users, units):
    budget = meters(users=users)
    assert accepted(budget, "directory", 0.0, cost=units)
    assert not accepted(budget, "directory", 9.9, cost=1)
    assert accepted(budget, "directory", 10.0, cost=1)


def test_three_thousand_writes_fit_into_150_seconds():
    budget = meters()
    assert all(accepted(budget, "directory", 0.0, write=True) for _ in range(3000))
    assert not accepted(budget, "directory", 149.0, write=True)
    assert accepted(budget, "directory", 150.0, write=True)


def test_other_apps_take_slots_of_the_same_budget():
    alone, shared = meters(), meters(others=0.5)
    pace = [number * 1.0 for number in range(400)]
    assert all(accepted(alone, "identityProtection", now) for now in pace)
    taken = sum(accepted(shared, "identityProtection", now) for now in pace)
    assert 100 <= taken <= 300


async def test_other_apps_come_and_go_with_the_tenant(serve, tenant):
    graph = await serve(tenant, Limits())
    tenant.other_apps_take(1000.0)
    statuses = [(await graph.get("identityProtection/riskyUsers?$top=1")).status for _ in range(3)]
    assert statuses == [429] * 3


async def test_60000_users_are_read_once_by_delta_in_61_requests_of_one_unit_each(serve):
    users = [
        User(str(uuid.UUID(int=number)), f"u{number}@contoso.example", f"U {number}", 0) for number in range(60_000)
    ]
    graph = await serve(Tenant(users=users), Limits(scale=100))
    link, read, requests = "users/delta?$select=id,displayName", 0, 0
    while True:
        reply = await graph.get(link, Prefer="odata.maxpagesize=999")
        assert reply.headers["x-ms-resource-unit"] == "1"
        read, requests = read + len(reply.json["value"]), requests + 1
        if "@odata.deltaLink" in reply.json:
            break
        link = reply.json["@odata.nextLink"]
    assert (read, requests) == (60_000, 61)
    assert (await graph.get(reply.json["@odata.deltaLink"])).json["value"] == []
