"""Writes to accounts go out together and are answered one by one; what they did is read from the account."""

import json
from urllib.parse import unquote

import pytest

from bot.decide.action import Action
from bot.ports.graph import GraphError
from tests.graph.microsoft import body, error, reset, truncated
from tests.graph.test_directory import batch_of, ids_in

REVOKE, REQUIRE = Action.REVOKE_SESSIONS, Action.REQUIRE_PASSWORD_CHANGE
NAMES = [f"user-{number:02}" for number in range(20)]
DONE = {REVOKE: (200, {"value": True}, {}), REQUIRE: (204, None, {})}


def user_in(url):
    return url.split("/")[2]


@pytest.mark.parametrize("action", [REVOKE, REQUIRE])
async def test_twenty_users_cost_one_call_and_each_has_an_answer(microsoft, door, action):
    microsoft.otherwise = batch_of(lambda url: DONE[action])
    answer = await door.send(action, NAMES)
    assert answer.accepted
    assert list(answer.users) == NAMES
    assert all(each.accepted for each in answer.users.values())
    (asked,) = microsoft.asked
    inner = json.loads(asked.body)["requests"]
    assert asked.path == "/v1.0/$batch"
    if action is REVOKE:
        assert inner[0] == {"id": "0", "method": "POST", "url": "/users/user-00/revokeSignInSessions"}
    else:
        assert inner[0] == {
            "id": "0",
            "method": "PATCH",
            "url": "/users/user-00",
            "headers": {"Content-Type": "application/json"},
            "body": {"passwordProfile": {"forceChangePasswordNextSignInWithMfa": True}},
        }


async def test_one_that_was_refused_does_not_spoil_the_others_and_nothing_is_repeated(microsoft, door):
    def judge(url):
        if user_in(url) == "user-03":
            refused = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges."}}
            return 403, refused, {"request-id": "22222222-2222-3333-4444-555555555555"}
        return DONE[REQUIRE]

    microsoft.otherwise = batch_of(judge)
    answer = await door.send(REQUIRE, NAMES)
    refused = [name for name, each in answer.users.items() if not each.accepted]
    assert refused == ["user-03"]
    assert answer.users["user-03"].why == "Authorization_RequestDenied: Insufficient privileges."
    assert answer.users["user-03"].request_id == "22222222-2222-3333-4444-555555555555"
    assert len(microsoft.asked) == 1


async def test_the_longest_wait_asked_for_within_holds_the_next_write(microsoft, door, world):
    waits = {"user-00": "0.1", "user-01": "0.4", "user-02": ""}

    def judge(url):
        wait = waits.pop(user_in(url), None)
        return DONE[REVOKE] if wait is None else (429, {"error": {"code": "x"}}, {"Retry-After": wait})

    microsoft.otherwise = batch_of(judge)
    answer = await door.send(REVOKE, NAMES[:4])
    assert [each.status for each in answer.users.values()] == [429, 429, 429, 200]
    began = world.monotonic()
    await door.send(REVOKE, NAMES[:1])
    assert world.monotonic() - began >= 0.35


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
async def test_a_batch_that_was_refused_as_a_whole_is_everybodys_refusal(microsoft, door, status):
    microsoft.otherwise = error(status, "Code", "Words.")
    answer = await door.send(REVOKE, NAMES[:3])
    assert [(each.status, each.why) for each in answer.users.values()] == [(status, "Code: Words.")] * 3
    assert len(microsoft.asked) == 1


@pytest.mark.parametrize("fault", [reset, truncated, body(b'{"responses":[{"id":'), body({"responses": []})])
async def test_where_no_answer_came_the_fate_of_each_is_unknown(microsoft, door, fault):
    microsoft.otherwise = fault
    answer = await door.send(REVOKE, NAMES[:3])
    assert [each.status for each in answer.users.values()] == [None] * 3
    assert all(each.why for each in answer.users.values())
    assert len(microsoft.asked) == 1


async def test_one_answer_that_is_missing_is_one_unknown_fate(microsoft, door):
    async def reply(request):
        asked = json.loads(await request.read())["requests"]
        return await body({"responses": [{"id": each["id"], "status": 204} for each in asked[1:]]})(request)

    microsoft.otherwise = reply
    answer = await door.send(REQUIRE, NAMES[:3])
    assert [each.status for each in answer.users.values()] == [None, 204, 204]


@pytest.mark.parametrize("user_ids", [[], [*NAMES, "one-more"], ["a", "a"]])
async def test_no_write_for_nobody_for_more_than_20_or_for_one_twice(microsoft, door, user_ids):
    with pytest.raises(ValueError, match=r"1 to 20|once"):
        await door.send(REVOKE, user_ids)
    assert not microsoft.asked


async def test_an_id_with_a_slash_stays_within_its_place(microsoft, door):
    microsoft.otherwise = batch_of(lambda url: DONE[REVOKE])
    await door.send(REVOKE, ["../groups?x=1#y"])
    (inner,) = json.loads(microsoft.asked[0].body)["requests"]
    assert inner["url"] == "/users/..%2Fgroups%3Fx%3D1%23y/revokeSignInSessions"


async def test_an_account_shows_what_was_done_to_it(microsoft, door, world):
    def found(url):
        entry = {
            "accountEnabled": True,
            "signInSessionsValidFromDateTime": "2025-04-20T04:00:00Z",
            "lastPasswordChangeDateTime": None,
            "passwordProfile": {"forceChangePasswordNextSignIn": False, "forceChangePasswordNextSignInWithMfa": True},
        }
        return 200, {"value": [{"id": name, **entry} for name in ids_in(url) if name != "gone"]}, {}

    microsoft.otherwise = batch_of(found)
    before = world.now()
    states = await door.account_states(["a", "gone", "a", ""])
    assert set(states) == {"a"}
    state = states["a"]
    assert (state.sessions_valid_from, state.must_change_password) == (1745121600_000000, True)
    assert (state.password_changed_at, state.account_enabled) == (None, True)
    assert before <= state.read_at <= world.now()
    (inner,) = json.loads(microsoft.asked[0].body)["requests"]
    assert "passwordProfile" in unquote(inner["url"])


@pytest.mark.parametrize("profile", [None, {}, {"forceChangePasswordNextSignIn": None}, "x"])
async def test_a_profile_that_says_nothing_is_unknown_not_no(microsoft, door, profile):
    microsoft.otherwise = batch_of(lambda url: (200, {"value": [{"id": "a", "passwordProfile": profile}]}, {}))
    assert (await door.account_states(["a"]))["a"].must_change_password is None


@pytest.mark.parametrize(
    "refusal", [(403, {"error": {"code": "Denied"}}), (400, {"error": {"code": "Request_UnsupportedQuery"}})]
)
async def test_where_profiles_may_not_be_seen_the_rest_is_still_read(microsoft, door, refusal):
    def judge(url):
        if "passwordProfile" in url:
            return *refusal, {}
        return 200, {"value": [{"id": "a", "accountEnabled": False}]}, {}

    microsoft.otherwise = batch_of(judge)
    state = (await door.account_states(["a"]))["a"]
    assert (state.account_enabled, state.must_change_password) == (False, None)


async def test_accounts_that_may_not_be_read_at_all_are_an_error(microsoft, door):
    microsoft.otherwise = batch_of(lambda url: (403, {"error": {"code": "Denied"}}, {}))
    with pytest.raises(GraphError, match=r"needs User\.Read\.All"):
        await door.account_states(["a"])
