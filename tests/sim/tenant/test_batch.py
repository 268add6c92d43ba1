"""$batch: what it takes as a whole, and what it does with each."""

import base64

import pytest


def get(name, url, **more):
    return {"id": name, "method": "GET", "url": url, **more}


async def answers(graph, *requests):
    reply = await graph.post("$batch", {"requests": list(requests)})
    assert reply.status == 200, reply.text
    return {answer["id"]: answer for answer in reply.json["responses"]}


async def test_21_requests_are_refused_and_20_are_not(graph):
    requests = [get(str(number), "/users?$top=1") for number in range(21)]
    assert (await graph.post("$batch", {"requests": requests})).status == 400
    assert len(await answers(graph, *requests[:20])) == 20


@pytest.mark.parametrize(
    "requests",
    [
        [],
        "x",
        [get("1", "/users"), get("1", "/domains")],
        [get("", "/users")],
        [get(1, "/users")],
        [{"method": "GET", "url": "/users"}],
        [{"id": "1", "url": "/users"}],
        [{"id": "1", "method": "get", "url": "/users"}],
        [get("1", "https://graph.microsoft.com/v1.0/users")],
        [get("1", "/v1.0/users")],
        [get("1", "/$batch")],
        [get("1", "/users", surprise=1)],
        [get("1", "/users", headers=[])],
        [get("1", "/users", dependsOn=["2"]), get("2", "/users")],
        [{"id": "1", "method": "POST", "url": "/directoryObjects/getByIds", "body": {"ids": []}}],
    ],
)
async def test_a_batch_that_is_not_as_documented_is_refused_as_a_whole(graph, requests):
    reply = await graph.post("$batch", {"requests": requests})
    assert reply.status == 400
    assert reply.error
    assert all(entry.family == "batch" for entry in graph.server.requests)


async def test_a_batch_that_is_no_json_is_refused(graph):
    assert (await graph.post("$batch", b'{"requests":')).status == 400
    assert (await graph.post("$batch", {"requests": [get("1", "/users")], "more": 1})).status == 400
    assert (await graph.post("$batch?x=1", {"requests": [get("1", "/users")]})).status == 400


async def test_the_outer_answer_is_200_whatever_is_inside_and_in_another_order(graph):
    graph.tenant.granted.discard("Domain.Read.All")
    graph.tenant.granted.discard("Directory.Read.All")
    requests = [get("a", "/users/nobody"), get("b", "/domains"), get("c", "/nothing"), get("d", "/users?$select=id")]
    reply = await graph.post("$batch", {"requests": requests})
    statuses = {answer["id"]: answer["status"] for answer in reply.json["responses"]}
    assert statuses == {"a": 404, "b": 403, "c": 404, "d": 200}
    assert [answer["id"] for answer in reply.json["responses"]] != ["a", "b", "c", "d"]
    for answer in reply.json["responses"]:
        assert ("error" in answer["body"]) is (answer["status"] >= 400)


async def test_300_users_come_with_one_call_of_20_times_15_ids(graph):
    ids = [user.id for user in graph.tenant.users][:300]
    parts = [ids[start : start + 15] for start in range(0, 300, 15)]
    found = await answers(
        graph,
        *(
            get(str(number), "/users?$select=id&$filter=id in ({})".format(",".join(f"'{one}'" for one in part)))
            for number, part in enumerate(parts)
        ),
    )
    assert sorted(row["id"] for answer in found.values() for row in answer["body"]["value"]) == sorted(ids)
    assert [entry.family for entry in graph.server.requests] == ["directory"] * 20 + ["batch"]


async def test_writes_and_headers_work_inside_a_batch(graph):
    truth = graph.tenant.truth
    user_id = min(truth.eligible_user_ids - truth.late_user_ids)
    post = {
        "id": "w",
        "method": "POST",
        "url": "/identityProtection/riskyUsers/confirmSafe",
        "headers": {"Content-Type": "application/json"},
        "body": {"userIds": [user_id]},
    }
    count = get("n", "/users/$count", headers={"ConsistencyLevel": "eventual"})
    found = await answers(graph, post, count)
    assert found["w"]["status"] == 204
    assert "body" not in found["w"]
    assert base64.b64decode(found["n"]["body"]).decode() == str(len(graph.tenant.users))
    assert [write.status for write in graph.tenant.writes] == [204]


async def test_what_depends_on_a_failure_is_not_tried(graph):
    found = await answers(graph, get("1", "/users/nobody"), get("2", "/domains", dependsOn=["1"]))
    assert found["2"]["status"] == 424
