"""The real slack-bolt talks to the workspace over the wire."""

from contextlib import asynccontextmanager

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sim.workspace import contoso
from sim.workspace.contoso import ADA, BOT, IDENTITY_ALERTS

CARD = [
    {"type": "header", "text": {"type": "plain_text", "text": "A surge"}},
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "ask", "text": {"type": "plain_text", "text": "Request remediation"}}
        ],
    },
]


def loading(**more):
    return {
        "type": "modal",
        "callback_id": "request",
        "title": {"type": "plain_text", "text": "Request"},
        "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "Loading"}}],
        **more,
    }


FORM = loading(
    submit={"type": "plain_text", "text": "Ask"},
    private_metadata="opaque",
    blocks=[
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        },
        {
            "type": "input",
            "block_id": "cohorts",
            "label": {"type": "plain_text", "text": "Cohorts"},
            "element": {
                "type": "multi_static_select",
                "action_id": "chosen",
                "options": [
                    {"text": {"type": "plain_text", "text": name}, "value": name} for name in ("cloud-only", "hybrid")
                ],
            },
        },
    ],
)


@asynccontextmanager
async def connected(server):
    client = AsyncWebClient(token=server.workspace.bot_token, base_url=server.api_url)
    app = AsyncApp(client=client)
    handler = AsyncSocketModeHandler(app, server.workspace.app_token)
    await handler.connect_async()
    await server.wait_for(lambda: server.connections)
    try:
        yield app
    finally:
        await handler.close_async()


async def test_bolt_gets_a_click_opens_a_dialog_and_reads_what_was_filled_in(server):
    async with connected(server) as app:
        seen = {}

        @app.action("ask")
        async def ask(ack, body, client):
            await ack()
            opened = await client.views_open(trigger_id=body["trigger_id"], view=loading())
            await client.views_update(view_id=opened["view"]["id"], hash=opened["view"]["hash"], view=FORM)

        @app.view("request")
        async def request(ack, view):
            values = view["state"]["values"]
            if values["reason"]["text"]["value"] == "no":
                await ack(response_action="errors", errors={"reason": "Say more."})
                return
            seen.update(values)
            await ack()

        posted = await app.client.chat_postMessage(channel=IDENTITY_ALERTS, text="A surge", blocks=CARD)
        await server.press(ADA, IDENTITY_ALERTS, posted["ts"], "Request rem")
        dialog = await server.wait_for(lambda: (v := server.dialog(ADA)) and v["submit"] and v)
        assert dialog["private_metadata"] == "opaque"

        filled = {"Reason": "no", "Cohorts": ["hybrid"]}
        assert await server.fill_and_submit(ADA, filled) == {"Reason": "Say more."}
        assert await server.fill_and_submit(ADA, filled | {"Reason": "false alarm"}) == {}
        assert server.dialog(ADA) is None
        assert seen["reason"]["text"]["value"] == "false alarm"
        assert [o["value"] for o in seen["cohorts"]["chosen"]["selected_options"]] == ["hybrid"]


async def test_bolt_hears_mentions_direct_messages_commands_and_home_tabs(server):
    async with connected(server) as app:
        heard = []

        @app.event("app_mention")
        async def mention(event):
            heard.append(("mention", event["user"], event["text"]))

        @app.event("message")
        async def direct(event, say):
            heard.append(("direct", event["channel_type"], event["text"]))
            await say("I heard you")

        @app.event("app_home_opened")
        async def home(event, client):
            blocks = [{"type": "header", "text": {"type": "plain_text", "text": "Home"}}]
            await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

        @app.command("/countersign")
        async def command(ack, body, respond):
            await ack(f"you said {body['text']}")
            await respond("and later")

        await server.send_message(ADA, IDENTITY_ALERTS, "@countersign what is <up>?")
        await server.send_message(ADA, BOT, "hello")
        await server.open_home(ADA)
        await server.command(ADA, IDENTITY_ALERTS, "/countersign", "status")
        await server.wait_for(lambda: len(heard) == 2 and len(server.direct_messages(ADA)) == 2 and server.home(ADA))
        assert set(heard) == {("mention", ADA, f"<@{BOT}> what is &lt;up&gt;?"), ("direct", "im", "hello")}
        await server.wait_for(lambda: len(server.ephemerals(ADA)) == 2)
        assert {server.plain(m) for m in server.ephemerals(ADA)} == {"you said status", "and later"}


def test_every_workspace_has_its_own_tokens():
    assert contoso().bot_token != contoso().bot_token
