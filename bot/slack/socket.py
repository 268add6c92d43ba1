"""One Socket Mode connection: Slack's own client, with its loose ends tied.

The client, left to itself, retries a spent address for ever when a handshake fails, closes the old socket before it
opens the new one, and leaves its tasks behind at the end. So a link is one socket and is never mended: when it is worn
out, bot.slack.connection opens another and retires this one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.quiet import quiet_logger

SECONDS_TO_DRAIN = 5.0


class Link(SocketModeClient):
    """One connection with the tasks that belong to it."""

    def __init__(
        self,
        app: AsyncApp,
        *,
        app_token: str,
        client: AsyncWebClient,
        ping_interval: float,
        on_envelope: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        """on_envelope is called for each envelope as it comes. clock: seconds, for Bolt's own measure."""
        super().__init__(
            app_token,
            logger=quiet_logger(),
            web_client=client,
            auto_reconnect_enabled=False,
            ping_interval=ping_interval,
        )
        self.renew = asyncio.Event()
        """Slack asks for a new connection; this one still works for a while."""
        self._app = app
        self._on_envelope = on_envelope
        self._clock = clock
        self._at_work: set[asyncio.Task[Any]] = set()
        self._answering: set[asyncio.Task[Any]] = set()
        self.socket_mode_request_listeners.append(self._handle)

    async def run_message_listeners(self, message: dict[str, Any], raw_message: str) -> None:
        """As in the client, remembered while it runs."""
        task = asyncio.current_task()
        if task is not None:
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)
        if "envelope_id" in message:
            if task is not None:
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)
            self._on_envelope()
        await super().run_message_listeners(message, raw_message)

    async def _handle(self, _client: object, request: SocketModeRequest) -> None:
        started = self._clock()
        response = await run_async_bolt_app(self._app, request)
        await send_async_response(self, request, response, started)

    async def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - Slack's
        """Called by the client when Slack asks for a new connection: another link's work."""
        self.renew.set()

    async def drain(self) -> None:
        """Let what has come in be acknowledged."""
        if self._answering:
            await asyncio.wait(self._answering, timeout=SECONDS_TO_DRAIN)

    async def close(self) -> None:
        """Close for good, and leave no task and no socket behind."""
        self.closed = True
        self.auto_reconnect_enabled = False
        loops = (self.message_receiver, self.current_session_monitor, self.message_processor)
        for task in (*loops, *self._at_work):
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in (*loops, *self._at_work) if task), return_exceptions=True)
        for release in (self.disconnect, self.aiohttp_client_session.close):
            await _quietly(release)


async def _quietly(release: Callable[[], Awaitable[object]]) -> None:
    with suppress(OSError, RuntimeError, TimeoutError):
        async with asyncio.timeout(SECONDS_TO_DRAIN):
            await release()
