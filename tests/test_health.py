"""What whoever watches the bot from outside is told over HTTP."""

from aiohttp.test_utils import TestClient, TestServer

from bot.process.health import health_app


async def answers(path, *, parts, age):
    async with TestClient(TestServer(health_app(lambda: parts, envelope_age=lambda: age))) as client:
        answer = await client.get(path)
        return answer.status, await answer.json()


async def test_health_tells_how_long_slack_has_been_silent():
    assert await answers("/healthz", parts={}, age=12.5) == (200, {"alive": True, "slack_envelope_age": 12.5})
    assert await answers("/healthz", parts={}, age=None) == (200, {"alive": True, "slack_envelope_age": None})


async def test_a_bot_that_lacks_a_part_is_alive_but_not_ready():
    parts = {"slack": True, "graph": False}
    assert (await answers("/healthz", parts=parts, age=None))[0] == 200
    assert await answers("/readyz", parts=parts, age=None) == (503, parts)
    assert await answers("/readyz", parts={"slack": True}, age=None) == (200, {"slack": True})
