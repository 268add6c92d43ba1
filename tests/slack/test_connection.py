import asyncio
import gc
import logging

import pytest

from bot.ports.slack import SlackError
from bot.slack.connection import SlackConnection
from bot.slack.door import SlackDoor
from sim.workspace import NotAcknowledged, WorkspaceServer
from sim.workspace.contoso import GRACE, IDENTITY_ALERTS
from tests.slack.accounts import request_account
from tests.slack.conftest import Inbox

CARD = "0c" * 16


async def test_two_connections_are_held(listening: SlackConnection, server: WorkspaceServer):
    await server.wait_for(lambda: server.connections == 2)
    assert listening.connected


async def test_health_knows_the_age_of_the_last_envelope(
    listening: SlackConnection, door: SlackDoor, server: WorkspaceServer
):
    assert listening.last_envelope_age is None
    posted = await door.post(request_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    await server.press(GRACE, None, posted.ts, "Approve")
    assert listening.last_envelope_age is not None
    assert listening.last_envelope_age < 5


@pytest.mark.parametrize(("reason", "left_open"), [("warning", 2), ("refresh_requested", 0), ("link_disabled", 0)])
async def test_when_slack_renews_the_connections_clicks_go_on_arriving(
    reason, left_open, listening: SlackConnection, door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    posted = await door.post(request_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    await server.wait_for(lambda: server.connections == 2)
    await server.disconnect(reason)
    await server.wait_for(lambda: server.connections_opened >= 4 and server.connections == 2 + left_open)
    for _ in range(10):
        await server.press(GRACE, None, posted.ts, "Approve")
    assert len(inbox.taken) == 10


async def test_a_connection_that_broke_is_opened_again(
    listening: SlackConnection, door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    posted = await door.post(request_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    await server.wait_for(lambda: server.connections == 2)
    server.cut()
    await server.wait_for(lambda: server.connections == 0)
    await server.wait_for(lambda: server.connections == 2)
    await server.press(GRACE, None, posted.ts, "Approve")
    assert len(inbox.taken) == 1


async def test_after_failed_handshakes_a_new_address_is_asked_for(
    connection: SlackConnection, door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    server.refuse_handshakes(3)
    connection.build_app(inbox)
    await connection.listen(within=0)
    assert not connection.connected
    await server.wait_for(lambda: server.connections == 2, timeout=20)
    asked = [call for call in server.calls if call.method == "apps.connections.open"]
    assert len(asked) >= 4


async def test_a_handshake_that_fails_while_connected_does_not_end_it(
    listening: SlackConnection, server: WorkspaceServer
):
    await server.wait_for(lambda: server.connections == 2)
    server.refuse_handshakes(2)
    server.cut()
    await server.wait_for(lambda: server.connections == 0)
    await server.wait_for(lambda: server.connections == 2, timeout=20)


async def test_a_refused_app_token_is_told_at_the_start(server: WorkspaceServer, inbox: Inbox):
    connection = SlackConnection(bot_token=server.workspace.bot_token, app_token="xapp-wrong", api_url=server.api_url)
    await connection.open()
    connection.build_app(inbox)
    with pytest.raises(SlackError, match="invalid_auth"):
        await connection.listen()
    await connection.close()


async def test_a_click_that_is_being_taken_is_acknowledged_before_the_end(
    listening: SlackConnection, door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    arrived, go_on = asyncio.Event(), asyncio.Event()
    take = inbox.take

    async def slowly(click) -> None:
        arrived.set()
        await go_on.wait()
        await take(click)

    inbox.take = slowly
    posted = await door.post(request_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    press = asyncio.create_task(server.press(GRACE, None, posted.ts, "Approve"))
    await arrived.wait()
    closing = asyncio.create_task(listening.close())
    await asyncio.sleep(0)
    go_on.set()
    await closing
    await press
    assert len(inbox.taken) == 1


async def test_the_end_leaves_no_task_and_no_socket_behind(server: WorkspaceServer, inbox: Inbox):
    before = asyncio.all_tasks()
    connection = SlackConnection(
        bot_token=server.workspace.bot_token, app_token=server.workspace.app_token, api_url=server.api_url
    )
    await connection.open()
    connection.build_app(inbox)
    await connection.listen()
    await server.wait_for(lambda: server.connections == 2)
    await connection.close()
    await server.wait_for(lambda: server.connections == 0)
    assert not connection.connected
    ours = {task for task in asyncio.all_tasks() - before if "RequestHandler" not in repr(task)}
    assert ours == set()
    gc.collect()


async def test_after_the_end_no_click_is_taken(
    listening: SlackConnection, door: SlackDoor, server: WorkspaceServer, inbox: Inbox
):
    posted = await door.post(request_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    await listening.close()
    await server.wait_for(lambda: server.connections == 0)
    with pytest.raises(NotAcknowledged):
        await server.press(GRACE, None, posted.ts, "Approve")
    assert inbox.taken == {}


async def test_a_failed_handshake_tells_no_ticket(
    connection: SlackConnection, door: SlackDoor, server: WorkspaceServer, inbox: Inbox, caplog
):
    caplog.set_level(logging.DEBUG)
    server.refuse_handshakes(2)
    connection.build_app(inbox)
    await connection.listen(within=0.1)
    await server.wait_for(lambda: server.connections >= 1, timeout=20)
    assert "Slack's library" in caplog.text
    assert "ticket=" not in caplog.text
