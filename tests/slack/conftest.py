import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.ports.slack import Click, ClickInbox
from bot.ports.world import World
from bot.process.world import RealWorld
from bot.slack.connection import SlackConnection
from bot.slack.door import SlackDoor
from sim.workspace import WorkspaceServer, contoso


class Inbox:
    """A click inbox that remembers: what was committed (once a key), and what was handed over."""

    def __init__(self) -> None:
        self.taken: dict[str, Click] = {}
        self.arrivals: list[Click] = []
        self.carried_out: list[Click] = []
        self.errors: dict[str, str] = {}
        self.broken = False
        self.more = asyncio.Event()

    async def field_errors(self, click: Click) -> dict[str, str]:
        return self.errors

    async def take(self, click: Click) -> None:
        if self.broken:
            msg = f"the database is gone, and with it {click.user_id}"
            raise OSError(msg)
        self.arrivals.append(click)
        self.taken.setdefault(click.key, click)

    def carry_out_soon(self, click: Click) -> None:
        assert click.key in self.taken
        self.carried_out.append(click)
        self.more.set()

    async def next(self) -> Click:
        """The click that was handed over last, as soon as there is one more."""
        await asyncio.wait_for(self.more.wait(), 5)
        self.more.clear()
        return self.carried_out[-1]


class StandingWorld(RealWorld):
    """Intervals that pass when a test says so."""

    at = 1000.0

    def monotonic(self) -> float:
        return self.at


def _keep_their_contracts(inbox: Inbox, world: StandingWorld) -> tuple[ClickInbox, World]:
    """For mypy: a fake that leaves a port's contract is an error here."""
    return inbox, world


@pytest.fixture
async def server() -> AsyncIterator[WorkspaceServer]:
    async with WorkspaceServer(contoso(), scale=60, patience=1.5) as running:
        yield running


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def connection(server: WorkspaceServer) -> AsyncIterator[SlackConnection]:
    workspace = server.workspace
    made = SlackConnection(
        bot_token=workspace.bot_token,
        app_token=workspace.app_token,
        api_url=server.api_url,
        patience=1.0,
        ping_interval=0.3,
    )
    yield made
    await made.close()


@pytest.fixture
async def door(connection: SlackConnection) -> SlackDoor:
    client, team = await connection.open()
    return SlackDoor(client, team=team, world=RealWorld(), speed=40)


@pytest.fixture
async def listening(connection: SlackConnection, door: SlackDoor, inbox: Inbox) -> SlackConnection:
    """Connected, with every listener; the door shares its client."""
    connection.build_app(inbox)
    await connection.listen()
    return connection
