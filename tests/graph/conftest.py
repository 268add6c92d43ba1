"""A scripted Microsoft on a socket, and a door that leads to it, fast."""

import pytest
from aiohttp import web

from bot.graph.door import open_graph
from bot.graph.transport import Patience
from bot.process.world import RealWorld
from tests.graph.microsoft import TOKEN, Microsoft


@pytest.fixture
def world():
    return RealWorld()


@pytest.fixture
async def microsoft():
    scripted = Microsoft()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", scripted.serve)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scripted.url = "http://127.0.0.1:{1}".format(*runner.addresses[0])
    yield scripted
    await runner.cleanup()


@pytest.fixture
async def opened(world):
    """Opens doors and closes them at the end."""
    doors = []

    def open_one(url, *, access_token=TOKEN, requests_per_second=500.0, reports_per_second=500.0, read=5.0):
        door = open_graph(
            tenant_id="tenant-of-a-test",
            graph_url=url,
            access_token=access_token,
            world=world,
            requests_per_second=requests_per_second,
            reports_per_second=reports_per_second,
            patience=Patience(read=read, again=0.005),
        )
        doors.append(door)
        return door

    yield open_one
    for door in doors:
        await door.close()


@pytest.fixture
def door(microsoft, opened):
    return opened(microsoft.url)
