"""A raw client: nothing between the test and the wire but JSON."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from yarl import URL

from sim.tenant import Faults, Limits, Tenant, TenantServer, april_2025

TOKEN = "token-of-the-test"


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = datetime(2025, 4, 20, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> str:
        """The error's code and message, after a check that the body is what Graph's errors are."""
        body = self.json
        assert set(body) == {"error"}
        assert set(body["error"]) == {"code", "message", "innerError"}
        assert {"date", "request-id", "client-request-id"} <= set(body["error"]["innerError"])
        return f"{body['error']['code']}: {body['error']['message']}"


class Graph:
    def __init__(self, session: aiohttp.ClientSession, server: TenantServer) -> None:
        self.session = session
        self.server = server
        self.tenant = server.tenant

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        url = path if path.startswith("http") else f"{self.server.url}/v1.0/{path}"
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        request = self.session.request(method, URL(url, encoded=True), data=data, headers=sent)
        async with request as response:
            return Reply(response.status, dict(response.headers), await response.text())

    async def get(self, path: str, **headers: str) -> Reply:
        return await self.call("GET", path.replace(" ", "%20"), **headers)

    async def post(self, path: str, body: object, **headers: str) -> Reply:
        return await self.call("POST", path, body, **headers)

    async def act(self, action: str, *ids: str) -> Reply:
        return await self.post(f"identityProtection/riskyUsers/{action}", {"userIds": list(ids)})

    async def everything(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        link: str | None = path
        while link:
            reply = await self.get(link)
            assert reply.status == 200, reply.text
            found += reply.json["value"]
            link = reply.json.get("@odata.nextLink")
        return found


Open = Callable[..., Awaitable[Graph]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tenant(clock: Clock) -> Tenant:
    return april_2025(clock.now, users=300, clock=clock, processing_seconds=5.0, tail_seconds=60.0)


@pytest.fixture
async def serve() -> AsyncIterator[Open]:
    """Opens a tenant's server and a client of it. Unhurried limits unless a test asks for others."""
    async with AsyncExitStack() as stack:

        async def opened(tenant: Tenant, limits: Limits | None = None, faults: Faults | None = None) -> Graph:
            server = TenantServer(tenant, limits or Limits(scale=100_000), faults, TOKEN)
            await stack.enter_async_context(server)
            session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"})
            await stack.enter_async_context(session)
            return Graph(session, server)

        yield opened


@pytest.fixture
async def graph(serve: Open, tenant: Tenant) -> Graph:
    return await serve(tenant)
