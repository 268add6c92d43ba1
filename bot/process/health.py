"""Health over HTTP on loopback: /healthz says that the process lives, /readyz that it can do its job."""

from collections.abc import Callable, Mapping

from aiohttp import web

State = Callable[[], Mapping[str, bool]]


def health_app(state: State, *, envelope_age: Callable[[], float | None]) -> web.Application:
    """An aiohttp application. `state` names each part that must work and whether it does.

    envelope_age: seconds since Slack sent anything over Socket Mode; None before the first, and in HTTP mode.
    """

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"alive": True, "slack_envelope_age": envelope_age()})

    async def readyz(_request: web.Request) -> web.Response:
        parts = dict(state())
        return web.json_response(parts, status=200 if all(parts.values()) else 503)

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    return app
