"""Faults: each as asked for, on the request it was asked for, and nothing lost by it at the tenant."""

import asyncio
import json
import time

import aiohttp
import pytest

from sim.tenant import Fault, Faults, Limits

RISKY = "identityProtection/riskyUsers"
PAGE = f"{RISKY}?$top=50"
MATCH = ("GET", "riskyUsers")


@pytest.fixture
def faults():
    return Faults()


@pytest.fixture
async def graph(serve, tenant, faults):
    return await serve(tenant, faults=faults)


@pytest.fixture
def user_id(tenant):
    truth = tenant.truth
    return min(truth.eligible_user_ids - truth.late_user_ids - tenant.ineffective_user_ids)


async def test_a_script_strikes_the_next_matching_requests_one_each(graph, faults):
    faults.script(MATCH, Fault.answer(503, headers={"Retry-After": "2"}), Fault.nothing(), Fault.answer(500))
    statuses = [(await graph.get(path)).status for path in (PAGE, "users?$top=1", PAGE, PAGE, PAGE)]
    assert statuses == [503, 200, 200, 500, 200]


async def test_an_answer_has_graphs_error_body_or_the_one_it_was_given(graph, faults):
    faults.script(MATCH, Fault.answer(504), Fault.answer(502, "<html>Bad Gateway</html>"), Fault.answer(200, {"x": 1}))
    assert (await graph.get(PAGE)).error.startswith("GatewayTimeout: ")
    assert (await graph.get(PAGE)).text == "<html>Bad Gateway</html>"
    assert (await graph.get(PAGE)).json == {"x": 1}


async def test_a_predicate_chooses_requests_too(graph, faults):
    faults.script(lambda method, path: method == "GET" and path.endswith("$top=7"), Fault.answer(500))
    assert (await graph.get(f"{RISKY}?$top=8")).status == 200
    assert (await graph.get(f"{RISKY}?$top=7")).status == 500


@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_reset_comes_before_or_after_the_write_is_carried_out(graph, faults, clock, user_id, carried_out):
    faults.script(("POST", "confirmSafe"), Fault.reset(carried_out=carried_out))
    with pytest.raises(aiohttp.ClientConnectionError):
        await graph.act("confirmSafe", user_id)
    clock.advance(10)
    assert graph.tenant.state_of(user_id) == ("confirmedSafe" if carried_out else "atRisk")
    assert [(write.action, write.user_ids, write.status) for write in graph.tenant.writes] == [
        ("confirmSafe", (user_id,), 204 if carried_out else 0)
    ]
    assert graph.server.requests[-1].status == 0


@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_504_may_hide_a_write_that_was_carried_out(graph, faults, clock, user_id, carried_out):
    faults.script(("POST", "confirmSafe"), Fault.answer(504, carried_out=carried_out))
    assert (await graph.act("confirmSafe", user_id)).status == 504
    clock.advance(10)
    assert graph.tenant.state_of(user_id) == ("confirmedSafe" if carried_out else "atRisk")


async def test_a_truncated_body_ends_the_connection_in_its_middle(graph, faults):
    faults.script(MATCH, Fault.truncated())
    with pytest.raises(aiohttp.ClientPayloadError):
        await graph.get(PAGE)
    assert (await graph.get(PAGE)).status == 200


async def test_a_malformed_body_is_whole_and_no_json(graph, faults):
    faults.script(MATCH, Fault.malformed())
    reply = await graph.get(PAGE)
    assert reply.status == 200
    with pytest.raises(json.JSONDecodeError):
        _ = reply.json


async def test_an_empty_page_leads_to_what_should_have_stood_there(graph, faults):
    whole = await graph.everything(PAGE)
    faults.script(MATCH, Fault.empty_page(), Fault.empty_page(), Fault.nothing(), Fault.empty_page())
    first = (await graph.get(PAGE)).json
    assert first["value"] == []
    second = (await graph.get(first["@odata.nextLink"])).json
    assert second["value"] == []
    assert second["@odata.nextLink"] != first["@odata.nextLink"]
    assert await graph.everything(second["@odata.nextLink"]) == whole


async def test_a_link_to_another_host_carries_the_same_path(graph, faults):
    faults.script(MATCH, Fault.foreign_link("graph.evil.example"))
    link = (await graph.get(PAGE)).json["@odata.nextLink"]
    assert link.startswith("https://graph.evil.example/v1.0/identityProtection/riskyUsers?")


async def test_a_repeated_link_leads_back_to_its_own_page(graph, faults):
    second = (await graph.get(PAGE)).json["@odata.nextLink"]
    faults.always(MATCH, Fault.repeated_link())
    assert (await graph.get(second)).json["@odata.nextLink"] == second


async def test_unknown_enum_values_stand_on_the_first_row_only(graph, faults):
    faults.script(MATCH, Fault.unknown_enum())
    rows = (await graph.get(PAGE)).json["value"]
    assert rows[0]["riskState"] == rows[0]["riskLevel"] == rows[0]["riskDetail"] == "memberOfAFutureVersion"
    assert "memberOfAFutureVersion" not in json.dumps(rows[1:])


async def test_the_last_link_answers_400_with_an_empty_message(graph, faults):
    faults.always(MATCH, Fault.broken_last_link())
    link, rows = PAGE, []
    while True:
        reply = await graph.get(link)
        if reply.status != 200:
            break
        rows += reply.json["value"]
        link = reply.json["@odata.nextLink"]
    assert (reply.status, reply.error) == (400, "BadRequest: ")
    assert {row["id"] for row in rows} == {user.id for user in graph.tenant.risky_users}


async def test_a_delay_is_late_and_right(graph, faults):
    faults.script(MATCH, Fault.delay(0.2))
    began = time.monotonic()
    assert (await graph.get(PAGE)).status == 200
    assert time.monotonic() - began >= 0.2


async def test_a_hook_is_awaited_before_and_after_the_write_is_carried_out(graph, faults, user_id):
    seen = []

    async def hook(arrival):
        processing = graph.tenant.risky_users[user_id].is_processing
        seen.append((arrival.moment, arrival.method, arrival.family, json.loads(arrival.body), processing))

    faults.on_request(hook)
    await graph.act("confirmSafe", user_id)
    told = ("POST", "identityProtection", {"userIds": [user_id]})
    assert seen == [("arrived", *told, False), ("carried out", *told, True)]
    faults.clear()
    await graph.get(PAGE)
    assert len(seen) == 2


async def test_a_caller_killed_as_its_post_arrives_may_still_have_written(graph, faults, clock, user_id):
    """What a kill -9 of the caller does to its connection: the tenant goes on with what it has read."""
    killed = asyncio.Event()
    finished = asyncio.Event()

    async def hook(arrival):
        if arrival.moment == "arrived":
            call.cancel()
            killed.set()
        else:
            finished.set()

    faults.on_request(hook)
    call = asyncio.ensure_future(graph.act("confirmSafe", user_id))
    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.wait_for(killed.wait(), 5)
    await asyncio.wait_for(finished.wait(), 5)
    clock.advance(10)
    assert graph.tenant.state_of(user_id) == "confirmedSafe"


async def test_a_rate_strikes_its_share_and_the_same_requests_for_the_same_seed(graph, faults):
    async def statuses(seed):
        faults.clear()
        faults.rate(0.2, [Fault.answer(500), Fault.answer(503)], seed=seed)
        return [(await graph.get("users?$top=1")).status for _ in range(200)]

    first = await statuses(7)
    assert first == await statuses(7)
    assert first != await statuses(8)
    assert 20 <= len(first) - first.count(200) <= 60
    assert set(first) == {200, 500, 503}


async def test_a_fault_strikes_a_request_inside_a_batch(graph, faults):
    faults.script(("GET", "/domains"), Fault.answer(503))
    requests = [{"id": "1", "method": "GET", "url": "/domains"}, {"id": "2", "method": "GET", "url": "/users?$top=1"}]
    reply = await graph.post("$batch", {"requests": requests})
    assert {answer["id"]: answer["status"] for answer in reply.json["responses"]} == {"1": 503, "2": 200}


async def test_a_request_that_the_limits_refuse_uses_up_no_fault(serve, tenant, faults):
    graph = await serve(tenant, Limits(directory_units=1), faults)
    assert (await graph.get("domains")).status == 200
    faults.script(("GET", "/domains|/riskyUsers"), Fault.answer(500))
    assert (await graph.get("domains")).status == 429
    assert (await graph.get(PAGE)).status == 500
