"""How clicks, submissions, commands and events reach the app, and what happens when they don't."""

import asyncio
import json

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from sim.workspace import AnswerRefused, NotAcknowledged, WorkspaceServer, contoso
from sim.workspace.contoso import ADA, BOT, IDENTITY_ALERTS, MALLORY

BUTTONS = [
    {
        "type": "actions",
        "block_id": "row",
        "elements": [
            {"type": "button", "action_id": "go", "value": "opaque", "text": {"type": "plain_text", "text": "Go on"}}
        ],
    }
]
FORM = {
    "type": "modal",
    "callback_id": "form",
    "notify_on_close": True,
    "title": {"type": "plain_text", "text": "Form"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Why"},
            "element": {"type": "plain_text_input", "action_id": "text", "min_length": 3},
        }
    ],
}


async def card(app, **more):
    answer = await app.call("chat.postMessage", channel=IDENTITY_ALERTS, text="card", blocks=BUTTONS, **more)
    return answer["ts"]


async def acknowledge(socket, envelope, payload=None):
    answer = {"envelope_id": envelope["envelope_id"]} | ({"payload": payload} if payload else {})
    await socket.send_json(answer)


async def form(app, server, **more):
    opened = await app.call("views.open", trigger_id=server.new_trigger(ADA), view=FORM | more)
    assert opened["ok"], opened


async def test_a_click_is_delivered_with_everything_that_slack_tells(app, server):
    socket, ts = await app.connect(), await card(app)
    pressing = asyncio.create_task(server.press(ADA, IDENTITY_ALERTS, ts, "Go"))
    envelope = await socket.receive_json()
    await acknowledge(socket, envelope)
    assert await pressing is None
    payload = envelope["payload"]
    assert (envelope["type"], payload["type"]) == ("interactive", "block_actions")
    assert payload["user"] == {"id": ADA, "username": "ada", "name": "ada", "team_id": server.workspace.team_id}
    assert payload["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": IDENTITY_ALERTS,
        "is_ephemeral": False,
    }
    assert payload["message"]["blocks"][0]["elements"][0]["value"] == "opaque"
    action = payload["actions"][0]
    assert (action["action_id"], action["block_id"], action["value"]) == ("go", "row", "opaque")
    assert payload["enterprise"] is None
    assert payload["state"] == {"values": {}}


async def test_a_click_that_is_not_acknowledged_fails_and_is_not_repeated(app, server):
    socket, ts = await app.connect(), await card(app)
    with pytest.raises(NotAcknowledged, match=r"within 0\.5 s"):
        await server.press(ADA, IDENTITY_ALERTS, ts, "Go")
    assert [(e.acknowledged, bool(e.failure)) for e in server.envelopes] == [(False, True)]
    await acknowledge(socket, await socket.receive_json())  # too late: nobody waits any more
    assert len(server.envelopes) == 1


async def test_an_event_that_is_not_acknowledged_comes_four_times(app):
    async with WorkspaceServer(contoso(), scale=6000, patience=0.05) as slack:
        app.server = slack
        socket = await app.connect()
        await slack.send_message(ADA, IDENTITY_ALERTS, f"<@{BOT}> hello")
        async with asyncio.timeout(5):
            got = [await socket.receive_json() for _ in range(4)]
        assert [(e["retry_attempt"], e["retry_reason"]) for e in got] == [(0, ""), *[(n, "timeout") for n in (1, 2, 3)]]
        assert len({e["payload"]["event_id"] for e in got}) == 1


async def test_each_payload_goes_to_one_of_up_to_ten_connections(app):
    async with WorkspaceServer(contoso(), scale=1_000_000, patience=0.5) as slack:
        app.server = slack
        sockets = [await app.connect() for _ in range(10)]
        opened = await app.call("apps.connections.open", slack.workspace.app_token)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await app.session.ws_connect(opened["url"])

        async def answer_one(socket):
            envelope = await socket.receive_json()
            await acknowledge(socket, envelope)

        ts = await card(app)
        readers = [asyncio.create_task(answer_one(socket)) for socket in sockets]
        await slack.press(ADA, IDENTITY_ALERTS, ts, "Go")
        assert sum(reader.done() for reader in readers) <= 1
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        assert sum(not reader.cancelled() for reader in readers) == 1


async def test_a_ticket_is_good_for_one_handshake_even_if_it_fails(app, server):
    url = (await app.call("apps.connections.open", server.workspace.app_token))["url"]
    server.refuse_handshakes(1)
    for status in (503, 401):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await app.session.ws_connect(url)
        assert refused.value.status == status


async def test_slack_may_ask_for_a_new_connection_and_the_network_may_cut_one(app, server):
    socket = await app.connect()
    await server.disconnect("warning")
    assert (await socket.receive_json())["reason"] == "warning"
    assert server.connections == 1
    await server.disconnect("refresh_requested")
    assert (await socket.receive_json())["reason"] == "refresh_requested"
    assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    other = await app.connect()
    await server.wait_for(lambda: server.connections == 1)
    server.cut()
    assert (await other.receive()).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
    await server.wait_for(lambda: server.connections == 0)


async def test_nobody_presses_what_that_person_does_not_see(app, server):
    await app.call("chat.postEphemeral", channel=IDENTITY_ALERTS, user=ADA, text="t", blocks=BUTTONS)
    private = server.ephemerals(ADA)[0]["ts"]
    for person, ts, button in [(MALLORY, private, "Go"), (ADA, "1.000001", "Go"), (ADA, private, "Stop")]:
        with pytest.raises(LookupError):
            await server.press(person, IDENTITY_ALERTS, ts, button)


async def test_a_submission_is_checked_by_the_client_and_answered_by_the_app(app, server):
    socket = await app.connect()
    await form(app, server)
    assert await server.fill_and_submit(ADA, {"Why": ""}) == {"Why": "Please complete this required field."}
    assert await server.fill_and_submit(ADA, {"Why": "no"}) == {"Why": "Please enter at least 3 characters."}
    assert server.envelopes == []

    async def submit(text, answer):
        submitting = asyncio.create_task(server.fill_and_submit(ADA, {"Why": text}))
        envelope = await socket.receive_json()
        await acknowledge(socket, envelope, answer)
        values = envelope["payload"]["view"]["state"]["values"]
        assert values["why"]["text"] == {"type": "plain_text_input", "value": text}
        return await submitting

    refused = {"response_action": "errors", "errors": {"why": "Say more."}}
    assert await submit("because", refused) == {"Why": "Say more."}
    with pytest.raises(AnswerRefused):
        await submit("because", {"response_action": "errors", "errors": {"nowhere": "Say more."}})
    with pytest.raises(AnswerRefused):
        await submit("because", {"response_action": "update", "view": {"type": "modal"}})
    assert await submit("because", {"response_action": "push", "view": FORM}) == {}
    assert server.dialog(ADA)["previous_view_id"]
    assert await submit("because", None) == {}
    assert server.dialog(ADA)["previous_view_id"] is None
    assert await submit("because", {"response_action": "clear"}) == {}
    assert server.dialog(ADA) is None


async def test_a_closed_dialog_is_told_of_when_the_app_wants_to_know(app, server):
    socket = await app.connect()
    await form(app, server)
    closing = asyncio.create_task(server.close_dialog(ADA))
    envelope = await socket.receive_json()
    await acknowledge(socket, envelope)
    await closing
    assert (envelope["payload"]["type"], envelope["payload"]["is_cleared"]) == ("view_closed", False)


async def test_what_is_typed_outlives_an_update_of_the_view(app, server):
    await form(app, server)
    with pytest.raises(LookupError):
        await server.fill_and_submit(ADA, {"Nothing of the kind": "x"})
    await server.select(ADA, "Why", "because")
    view_id = server.dialog(ADA)["id"]
    assert (await app.call("views.update", view_id=view_id, view=FORM))["ok"]
    assert server.dialog(ADA)["state"]["values"]["why"]["text"]["value"] == "because"


async def test_a_response_url_is_good_for_five_answers(app, server):
    socket, ts = await app.connect(), await card(app)
    pressing = asyncio.create_task(server.press(ADA, IDENTITY_ALERTS, ts, "go"))
    envelope = await socket.receive_json()
    await acknowledge(socket, envelope)
    await pressing
    statuses = []
    for body in [
        {"text": "one"},
        {"text": "two", "response_type": "in_channel"},
        {"text": "new", "replace_original": True},
        {"blocks": [{"type": "no"}]},
        {"delete_original": True},
        {"text": "six"},
    ]:
        async with app.session.post(envelope["payload"]["response_url"], json=body) as answer:
            statuses.append(answer.status)
    assert statuses == [200, 200, 200, 400, 200, 404]
    assert [m["text"] for m in server.ephemerals(ADA)] == ["one"]
    assert [m["text"] for m in server.messages()] == ["two"]


async def test_a_payload_can_be_replayed_and_forged(app, server):
    socket, ts = await app.connect(), await card(app)

    async def answer_all():
        while True:
            await acknowledge(socket, await socket.receive_json())

    answering = asyncio.create_task(answer_all())
    await server.press(ADA, IDENTITY_ALERTS, ts, "Go")
    await server.replay(server.envelopes[-1])
    first, second = server.envelopes
    assert first.payload == second.payload
    assert first.envelope_id != second.envelope_id
    await server.forge({**first.payload, "user": {"id": MALLORY}})
    assert server.envelopes[-1].payload["user"]["id"] == MALLORY
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)


async def test_in_http_mode_requests_are_signed_and_answered_in_the_body(app, server):
    got = []

    async def receive(request):
        body = await request.text()
        right = SignatureVerifier(server.workspace.signing_secret).is_valid_request(body, dict(request.headers))
        got.append((request.path, right, (await request.post()).get("payload") or body))
        if len(got) == 1:
            return web.json_response({"response_action": "errors", "errors": {"why": "Say more."}})
        return web.Response(status=200 if len(got) < 4 else 500)

    listener = web.Application()
    listener.router.add_post("/slack/events", receive)
    runner = web.AppRunner(listener)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    try:
        await form(app, server)
        assert await server.fill_and_submit(ADA, {"Why": "because"}) == {"Why": "Say more."}
        await server.command(ADA, IDENTITY_ALERTS, "/countersign", "status")
        await server.send_message(ADA, IDENTITY_ALERTS, "@countersign hello")
        await server.wait_for(lambda: len(server.envelopes) == 3 and server.envelopes[-1].acknowledged)
        with pytest.raises(NotAcknowledged, match="HTTP 500"):
            await server.press(ADA, IDENTITY_ALERTS, await card(app), "Go")
    finally:
        await runner.cleanup()
    assert [right for _, right, _ in got] == [True] * 4
    assert json.loads(got[0][2])["type"] == "view_submission"
    assert "command=%2Fcountersign" in got[1][2]
    assert json.loads(got[2][2])["event"]["type"] == "app_mention"
