"""Socket Mode: docs.slack.dev/apis/events-api/using-socket-mode."""

import asyncio
import json
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import WSMsgType, web

from sim.workspace.delivery import Envelope, NotAcknowledged
from sim.workspace.rules import Json
from sim.workspace.state import State

CONNECTIONS = 10
PING_SECONDS = 10.0
CONNECTION_SECONDS = 3600


@dataclass(eq=False, slots=True)
class Connection:
    """One WebSocket of the app."""

    socket: web.WebSocketResponse
    waiting: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)


class SocketMode:
    """The app's connections. An envelope goes to exactly one of them, at random."""

    def __init__(self, state: State) -> None:
        self.connections: list[Connection] = []
        self.opened = 0
        """Connections that were ever opened."""
        self._state = state
        self._refusals: list[int] = []

    def refuse_handshakes(self, count: int, status: int = 503) -> None:
        """The next so many handshakes fail with this HTTP status; their tickets are spent all the same."""
        self._refusals += [status] * count

    async def carry(self, envelope: Envelope) -> Json | None:
        """Sends to one connection; NotAcknowledged after the patience of the workspace, or when nobody is there."""
        if not self.connections:
            raise NotAcknowledged("the app is not connected")
        connection = random.choice(self.connections)  # noqa: S311 (which connection gets it is no secret)
        answer: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope.envelope_id] = answer
        try:
            async with asyncio.timeout(self._state.patience):
                await connection.socket.send_str(json.dumps(envelope.message, ensure_ascii=False))
                return await answer
        except TimeoutError:
            raise NotAcknowledged(f"not acknowledged within {self._state.patience:g} s") from None
        except ConnectionError:
            raise NotAcknowledged("the connection broke") from None
        finally:
            connection.waiting.pop(envelope.envelope_id, None)

    async def disconnect(self, reason: Literal["warning", "refresh_requested", "link_disabled"]) -> None:
        """Tells every connection to go. After a warning they stay open for a while; otherwise they are closed."""
        word = json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-invented"}})
        for connection in list(self.connections):
            with suppress(ConnectionError):
                await connection.socket.send_str(word)
            if reason != "warning":
                await connection.socket.close()

    def cut(self) -> None:
        """Breaks every connection off without a word, as a network does."""
        for connection in list(self.connections):
            request = connection.socket._req  # noqa: SLF001 (aiohttp has no public way to break a connection)
            if request is not None and request.transport is not None:
                request.transport.abort()

    async def stop(self) -> None:
        """Closes every connection properly."""
        for connection in list(self.connections):
            await connection.socket.close()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """GET /link/: a WebSocket for a ticket of apps.connections.open, which is good for one use."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._state.tickets:
            return web.Response(status=401, text="ticket unknown or used")
        self._state.tickets.discard(ticket)
        if self._refusals:
            return web.Response(status=self._refusals.pop(0))
        if len(self.connections) >= CONNECTIONS:
            return web.Response(status=429, text="too_many_websockets")
        socket = web.WebSocketResponse(heartbeat=PING_SECONDS)
        await socket.prepare(request)
        connection = Connection(socket)
        self.connections.append(connection)
        self.opened += 1
        try:
            await socket.send_str(json.dumps(self._hello()))
            self._state.changes.signal()
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._acknowledge(connection, frame.data)
        finally:
            self.connections.remove(connection)
            for answer in connection.waiting.values():
                if not answer.done():
                    answer.set_exception(NotAcknowledged("the connection was closed"))
            self._state.changes.signal()
        return socket

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "connection_info": {"app_id": self._state.workspace.app_id},
            "debug_info": {
                "host": "applink-invented",
                "started": "2025-04-20 04:00:00.000",
                "build_number": 1,
                "approximate_connection_time": CONNECTION_SECONDS,
            },
        }

    @staticmethod
    def _acknowledge(connection: Connection, text: str) -> None:
        """Takes an acknowledgement from the connection that got the envelope; anything else goes unheard."""
        with suppress(ValueError):
            word = json.loads(text)
            answer = connection.waiting.get(word.get("envelope_id", "")) if isinstance(word, dict) else None
            if answer is not None and not answer.done():
                payload = word.get("payload")
                answer.set_result(payload if isinstance(payload, dict) and payload else None)
