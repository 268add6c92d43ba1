"""A server on a real socket that answers as a test tells it, and remembers what it was asked."""

import json
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]
TOKEN = "invented-token-of-a-test"


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict
    body: bytes


@dataclass
class Microsoft:
    """Gives the replies in order; without any left, `otherwise`."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    replies: deque[Reply] = field(default_factory=deque)
    otherwise: Reply | None = None

    def will(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(request.method, request.path_qs, headers, await request.read()))
        reply = self.replies.popleft() if self.replies else self.otherwise
        return await (reply or error(500, "NothingLeft"))(request)


def body(content, status: int = 200, headers: dict | None = None) -> Reply:
    async def reply(request):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        return web.Response(status=status, body=data, content_type="application/json", headers=headers)

    return reply


def page(*entries, link: str | None = None, headers: dict | None = None) -> Reply:
    """A page; a link that begins with a slash is on this server."""

    async def reply(request):
        content = {"value": list(entries)}
        if link:
            content["@odata.nextLink"] = f"http://{request.host}{link}" if link.startswith("/") else link
        return await body(content, headers=headers)(request)

    return reply


def error(status: int, code: str, message: str = "Something.", headers: dict | None = None) -> Reply:
    return body({"error": {"code": code, "message": message, "innerError": {}}}, status, headers)


def no_content() -> Reply:
    return body(b"", 204, {"request-id": "11111111-2222-3333-4444-555555555555"})


async def reset(request: web.Request) -> web.StreamResponse:
    linger = struct.pack("ii", 1, 0)
    request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    request.transport.abort()
    return web.Response()


async def truncated(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_length = 1000
    await response.prepare(request)
    await response.write(b'{"value":[{"id":"d1","use')
    request.transport.close()
    return response


def detection(name: str, **more) -> dict:
    return {
        "id": name,
        "userId": f"user-of-{name}",
        "riskState": "atRisk",
        "riskEventType": "leakedCredentials",
        "detectedDateTime": "2025-04-20T04:00:00Z",
        **more,
    }


def risky(name: str, **more) -> dict:
    return {"id": name, "riskState": "atRisk", "riskLastUpdatedDateTime": "2025-04-20T04:00:00Z", **more}
