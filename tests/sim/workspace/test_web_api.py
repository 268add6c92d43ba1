"""The Web API answers a raw client as Slack does: tokens, scopes, rates, messages, people."""

import json
import time

import aiohttp
import pytest

from sim.workspace import WorkspaceServer, contoso
from sim.workspace.contoso import ADA, BOT, GRACE, IDENTITY_ALERTS, MALLORY, SIGNERS

DIVIDER = [{"type": "divider"}]


async def post(app, text="hello", channel=IDENTITY_ALERTS, **more):
    answer = await app.call("chat.postMessage", channel=channel, text=text, **more)
    assert answer["ok"], answer
    return answer


async def test_a_call_without_a_right_token_is_refused(app, server):
    assert (await app.call("auth.test", token=" "))["error"] == "not_authed"
    assert (await app.call("auth.test", token="xoxb-wrong"))["error"] == "invalid_auth"
    assert (await app.call("auth.test", server.workspace.app_token))["error"] == "not_allowed_token_type"
    assert (await app.call("apps.connections.open"))["error"] == "not_allowed_token_type"
    assert (await app.call("auth.test"))["user_id"] == BOT


async def test_a_token_in_a_json_body_is_not_taken(app, server):
    body = {"token": server.workspace.bot_token}
    async with app.session.post(server.api_url + "auth.test", json=body) as answer:
        assert (await answer.json())["error"] == "not_authed"
    async with app.session.post(server.api_url + "auth.test", data=body) as answer:
        assert (await answer.json())["ok"]


async def test_forms_queries_and_json_bodies_are_read_alike(app, server):
    headers = {"Authorization": f"Bearer {server.workspace.bot_token}"}
    form = {"channel": IDENTITY_ALERTS, "text": "t", "blocks": json.dumps(DIVIDER), "unfurl_links": "false"}
    async with app.session.post(server.api_url + "chat.postMessage", data=form, headers=headers) as answer:
        assert (await answer.json())["message"]["blocks"][0]["type"] == "divider"
    assert (await app.read("users.info", user=ADA))["user"]["id"] == ADA
    assert (await app.call("users.info", user=ADA))["error"] == "invalid_arguments"  # this one reads no JSON
    assert (await app.read("chat.postMessage", channel=IDENTITY_ALERTS, text="t"))["error"] == "invalid_arguments"


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        ("{", "application/json", "invalid_json"),
        ("[1]", "application/json", "json_not_object"),
        ("a", "text/csv", "invalid_post_type"),
    ],
)
async def test_a_body_that_makes_no_sense_is_refused(app, server, body, kind, error):
    headers = {"Authorization": f"Bearer {server.workspace.bot_token}", "Content-Type": kind}
    async with app.session.post(server.api_url + "auth.test", data=body, headers=headers) as answer:
        assert (await answer.json())["error"] == error


async def test_unknown_methods_and_arguments_are_refused(app):
    assert (await app.call("chat.shout"))["error"] == "unknown_method"
    answer = await app.call("chat.postMessage", channel=IDENTITY_ALERTS, txet="t")
    assert answer["response_metadata"]["messages"] == ["[ERROR] unknown argument: txet"]


async def test_a_missing_scope_is_named(app, server):
    server.workspace.scopes.discard("chat:write")
    answer = await app.call("chat.postMessage", channel=IDENTITY_ALERTS, text="t")
    assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")
    assert "users:read" in answer["provided"].split(",")


async def test_an_update_with_text_alone_takes_the_blocks_away(app, server):
    ts = (await post(app, blocks=DIVIDER))["ts"]
    assert (await app.call("chat.update", channel=IDENTITY_ALERTS, ts=ts, text="now"))["ok"]
    assert "blocks" not in server.message(ts)
    assert server.message(ts)["edited"]["user"] == BOT


async def test_only_own_messages_can_be_changed(app, server):
    theirs = await server.send_message(ADA, IDENTITY_ALERTS, "mine")
    place = {"channel": IDENTITY_ALERTS, "ts": theirs["ts"]}
    assert (await app.call("chat.update", **place, text="t"))["error"] == "cant_update_message"
    assert (await app.call("chat.delete", **place))["error"] == "cant_delete_message"
    gone = {"channel": IDENTITY_ALERTS, "ts": "1.000001"}
    assert (await app.call("chat.update", **gone, text="t"))["error"] == "message_not_found"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "t"}, "channel_not_found"),
        ({"channel": "#identity-alerts", "text": "t"}, "channel_not_found"),
        ({"channel": IDENTITY_ALERTS}, "no_text"),
        ({"channel": IDENTITY_ALERTS, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": IDENTITY_ALERTS, "text": "t", "thread_ts": "1.000001"}, "cannot_reply_to_message"),
        ({"channel": IDENTITY_ALERTS, "text": "t", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"channel": IDENTITY_ALERTS, "text": "t", "blocks": "{"}, "invalid_blocks_format"),
        ({"channel": IDENTITY_ALERTS, "text": "t", "unfurl_links": "maybe"}, "invalid_arguments"),
    ],
)
async def test_a_wrong_message_is_refused(app, arguments, error):
    assert (await app.call("chat.postMessage", **arguments))["error"] == error


async def test_a_channel_without_the_app_takes_messages_only_with_the_public_scope(app, server):
    server.workspace.home.members.remove(BOT)
    await post(app)
    server.workspace.scopes.discard("chat:write.public")
    assert (await app.call("chat.postMessage", channel=IDENTITY_ALERTS, text="t"))["error"] == "not_in_channel"
    server.workspace.home.is_private = True
    assert (await app.call("chat.postMessage", channel=IDENTITY_ALERTS, text="t"))["error"] == "channel_not_found"


async def test_a_message_to_a_person_lands_in_the_direct_messages(app, server):
    answer = await post(app, channel=GRACE)
    assert answer["channel"].startswith("D")
    assert (await app.call("conversations.open", users=GRACE))["channel"]["id"] == answer["channel"]
    assert [server.plain(m) for m in server.direct_messages(GRACE)] == ["hello"]
    assert server.direct_messages(ADA) == []


async def test_a_private_answer_is_seen_by_one_person(app, server):
    place = {"channel": IDENTITY_ALERTS, "user": MALLORY}
    assert (await app.call("chat.postEphemeral", **place, text="You may not sign."))["ok"]
    assert [m["text"] for m in server.ephemerals(MALLORY)] == ["You may not sign."]
    assert server.ephemerals(ADA) == []
    assert server.messages() == []
    server.workspace.home.members.remove(MALLORY)
    assert (await app.call("chat.postEphemeral", **place, text="t"))["error"] == "user_not_in_channel"


async def test_a_message_is_found_again_by_its_metadata(app):
    metadata = {"event_type": "surge", "event_payload": {"id": "1"}}
    ts = (await post(app, metadata=metadata))["ts"]
    await post(app, thread_ts=ts, metadata=metadata | {"event_type": "request"})
    plainly = await app.read("conversations.history", channel=IDENTITY_ALERTS)
    assert [m.get("metadata") for m in plainly["messages"]] == [None]
    fully = await app.read("conversations.history", channel=IDENTITY_ALERTS, include_all_metadata="true")
    assert [m["metadata"] for m in fully["messages"]] == [metadata]
    thread = await app.read("conversations.replies", channel=IDENTITY_ALERTS, ts=ts, include_all_metadata="true")
    assert [m["metadata"]["event_type"] for m in thread["messages"]] == ["surge", "request"]
    assert thread["messages"][0]["reply_count"] == 1


async def test_history_comes_newest_first_and_page_by_page(app, server):
    for number in range(3):
        await server.send_message(ADA, IDENTITY_ALERTS, str(number))
    first = await app.read("conversations.history", channel=IDENTITY_ALERTS, limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    rest = await app.read("conversations.history", channel=IDENTITY_ALERTS, limit=2, cursor=cursor)
    assert [m["text"] for m in first["messages"] + rest["messages"]] == ["2", "1", "0"]
    assert (first["has_more"], rest["has_more"]) == (True, False)


async def test_people_are_described_and_addresses_need_their_scope(app, server):
    server.change_person(MALLORY, is_restricted=True, is_stranger=True)
    user = (await app.read("users.info", user=MALLORY))["user"]
    assert (user["is_restricted"], user["is_stranger"], "email" in user["profile"]) == (True, True, False)
    assert (await app.read("users.info", user="U0NOBODY"))["error"] == "user_not_found"
    assert (await app.read("users.lookupByEmail", email="ADA@contoso.example"))["user"]["id"] == ADA
    server.change_person(ADA, deleted=True)
    assert (await app.read("users.lookupByEmail", email="ada@contoso.example"))["error"] == "users_not_found"
    server.workspace.scopes.discard("users:read.email")
    assert "email" not in (await app.read("users.info", user=GRACE))["user"]["profile"]


async def test_the_members_of_a_group_are_those_of_the_moment(app, server):
    assert (await app.read("usergroups.users.list", usergroup=SIGNERS))["users"] == [ADA, GRACE]
    server.change_group(SIGNERS, [ADA])
    listed = await app.read("usergroups.list", include_users="true")
    assert listed["usergroups"][0]["users"] == [ADA]
    assert (await app.read("usergroups.users.list", usergroup="S0NONE"))["error"] == "no_such_subteam"


async def test_a_shared_channel_says_so(app, server):
    server.workspace.home.is_ext_shared = True
    assert (await app.read("conversations.info", channel=IDENTITY_ALERTS))["channel"]["is_ext_shared"] is True


async def test_a_channel_takes_one_message_a_second_and_then_says_when(app, server):
    async with WorkspaceServer(contoso()) as slack:
        app.server = slack
        answers = [await app.call("chat.postMessage", channel=IDENTITY_ALERTS, text="t") for _ in range(4)]
        assert [a.get("error") for a in answers] == [None, None, None, "ratelimited"]
        assert 1 <= int(app.headers["Retry-After"]) <= 3
        assert (await app.call("chat.postMessage", channel=ADA, text="t"))["ok"]


@pytest.mark.parametrize(("method", "calls"), [("chat.update", 50), ("users.info", 100), ("usergroups.list", 20)])
async def test_a_method_takes_so_many_calls_a_minute(app, method, calls):
    async with WorkspaceServer(contoso()) as slack:
        app.server = slack
        errors = [(await app.read(method)).get("error") for _ in range(calls + 1)]
        assert errors.count("ratelimited") == 1
        assert errors[-1] == "ratelimited"
        assert int(app.headers.get("Retry-After", 60)) <= 60


async def test_a_trigger_opens_one_dialog_within_three_seconds(app, server, monkeypatch):
    view = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": DIVIDER}
    trigger = server.new_trigger(ADA)
    opened = await app.call("views.open", trigger_id=trigger, view=view)
    assert opened["ok"], opened
    assert (await app.call("views.open", trigger_id=trigger, view=view))["error"] == "exchanged_trigger_id"
    assert (await app.call("views.open", trigger_id="1.2.x", view=view))["error"] == "invalid_trigger_id"
    late, now = server.new_trigger(ADA), time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 3.1)
    assert (await app.call("views.open", trigger_id=late, view=view))["error"] == "expired_trigger_id"


async def test_a_view_is_updated_by_its_latest_hash_and_while_it_is_open(app, server):
    view = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": DIVIDER}
    opened = (await app.call("views.open", trigger_id=server.new_trigger(ADA), view=view))["view"]
    place = {"view_id": opened["id"], "view": view}
    changed = await app.call("views.update", **place, hash=opened["hash"])
    assert changed["view"]["hash"] != opened["hash"]
    assert (await app.call("views.update", **place, hash=opened["hash"]))["error"] == "hash_conflict"
    await server.close_dialog(ADA)
    assert (await app.call("views.update", **place))["error"] == "not_found"


async def test_only_three_views_stand_on_one_another(app, server):
    view = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": DIVIDER}
    answers = [await app.call("views.open", trigger_id=server.new_trigger(ADA), view=view)]
    answers += [await app.call("views.push", trigger_id=server.new_trigger(ADA), view=view) for _ in range(3)]
    assert [a.get("error") for a in answers] == [None, None, None, "push_limit_reached"]
    assert answers[2]["view"]["root_view_id"] == answers[0]["view"]["id"]


async def test_a_file_is_told_of_uploaded_and_shared(app, server):
    ts = (await post(app))["ts"]
    headers = {"Authorization": f"Bearer {server.workspace.bot_token}"}
    form = {"filename": "chart.png", "length": "4", "alt_txt": "Flags by hour"}
    async with app.session.post(server.api_url + "files.getUploadURLExternal", data=form, headers=headers) as answer:
        told = await answer.json()
    done = {"files": [{"id": told["file_id"], "title": "Chart"}], "channel_id": IDENTITY_ALERTS, "thread_ts": ts}
    assert (await app.call("files.completeUploadExternal", **done))["error"] == "file_not_found"
    async with app.session.post(told["upload_url"], data=b"12345") as answer:
        assert answer.status == 400
    async with app.session.post(told["upload_url"], data=b"1234") as answer:
        assert answer.status == 200
    assert (await app.call("files.completeUploadExternal", **done))["ok"]
    assert [server.plain(m) for m in server.messages(thread_ts=ts)] == ["\nChart (Flags by hour)"]


async def test_a_permalink_names_channel_message_and_thread(app):
    ts = (await post(app))["ts"]
    reply = (await post(app, thread_ts=ts))["ts"]
    link = (await app.read("chat.getPermalink", channel=IDENTITY_ALERTS, message_ts=reply))["permalink"]
    assert link.startswith(
        f"https://contoso.slack.com/archives/{IDENTITY_ALERTS}/p{reply.replace('.', '')}?thread_ts={ts}"
    )


async def test_the_log_of_calls_holds_no_token(app, server):
    await post(app)
    await app.call("chat.update", channel=IDENTITY_ALERTS, ts="1.000001", text="t")
    assert [(c.method, c.error) for c in server.calls] == [
        ("chat.postMessage", None),
        ("chat.update", "message_not_found"),
    ]
    assert server.workspace.bot_token not in str(server.calls)


async def test_a_failure_can_be_ordered(app, server):
    server.fail("chat.postMessage", "http_500")
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {server.workspace.bot_token}"}
        form = {"channel": IDENTITY_ALERTS, "text": "t"}
        async with session.post(server.api_url + "chat.postMessage", data=form, headers=headers) as answer:
            assert answer.status == 500
    await post(app)
    assert len(server.messages()) == 1
