import shutil
from collections.abc import AsyncIterator

import aiohttp
import pytest
from playwright.async_api import Browser, async_playwright

from sim.workspace import WorkspaceServer, contoso


class RawApp:
    """An app that knows only HTTP: calls methods and gives back status and answer."""

    def __init__(self, session: aiohttp.ClientSession, server: WorkspaceServer) -> None:
        self.session = session
        self.server = server
        self.headers: dict[str, str] = {}

    async def call(self, method: str, token: str | None = None, **arguments):
        token = token if token is not None else self.server.workspace.bot_token
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"}
        async with self.session.post(self.server.api_url + method, json=arguments, headers=headers) as answer:
            self.headers = dict(answer.headers)
            return await answer.json()

    async def read(self, method: str, **arguments):
        headers = {"Authorization": f"Bearer {self.server.workspace.bot_token}"}
        async with self.session.get(self.server.api_url + method, params=arguments, headers=headers) as answer:
            return await answer.json()

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        opened = await self.call("apps.connections.open", self.server.workspace.app_token)
        socket = await self.session.ws_connect(opened["url"])
        assert (await socket.receive_json())["type"] == "hello"
        return socket


@pytest.fixture
async def server() -> AsyncIterator[WorkspaceServer]:
    async with WorkspaceServer(contoso(), scale=20, patience=0.5) as running:
        yield running


@pytest.fixture
async def app(server: WorkspaceServer) -> AsyncIterator[RawApp]:
    async with aiohttp.ClientSession() as session:
        yield RawApp(session, server)


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium")
    assert found, "Chromium is needed for the browser tests"
    return found


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    quiet = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=chromium, args=[*quiet.split(), "--disable-component-update", "--disable-sync"]
        )
        yield running
        await running.close()
