"""The page that shows the workspace as people see it, and the hands it lends them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from sim.workspace.delivery import NotAcknowledged
from sim.workspace.hands import Hands, Place
from sim.workspace.refusals import SlackError
from sim.workspace.rules import Json
from sim.workspace.state import State
from sim.workspace.world import Channel

FILES = Path(__file__).parent / "page"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
IMAGES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
GATHER_SECONDS = 0.05
KEEP_ALIVE_SECONDS = 15.0

Deed = Callable[[str, Json], Awaitable[Json]]


class Page:
    """Static files, a stream of what one person sees, and what that person does. Only the page itself may use it: a
    foreign Host or Origin is refused.
    """

    def __init__(self, state: State, hands: Hands) -> None:
        self._state = state
        self._hands = hands
        self._deeds: dict[str, Deed] = {
            "use": self._use,
            "submit": self._submit,
            "close": self._close,
            "say": self._say,
            "home": self._home,
            "dismiss": self._dismiss,
        }

    def add_to(self, app: web.Application) -> None:
        """Adds the routes of the page."""
        app.router.add_get("/", self._file)
        app.router.add_get("/page/sight", self._sight)
        app.router.add_get("/page/files/{file_id}", self._stored_file)
        app.router.add_get("/page/{name}", self._file)
        app.router.add_post("/page/do/{deed}", self._do)

    def _check_host(self, request: web.Request) -> None:
        """Only by the server's own name: a name that somebody else points here is refused."""
        port = self._state.url.rsplit(":", 1)[-1]
        if request.host not in {f"127.0.0.1:{port}", f"localhost:{port}", self._state.url.removeprefix("http://")}:
            raise web.HTTPForbidden(text="unknown host")

    async def _file(self, request: web.Request) -> web.Response:
        self._check_host(request)
        known = {path.name: path for path in FILES.iterdir() if path.suffix in TYPES}
        path = known.get(request.match_info.get("name", "index.html"))
        if path is None:
            raise web.HTTPNotFound
        return web.Response(body=path.read_bytes(), content_type=TYPES[path.suffix], charset="utf-8", headers=HEADERS)

    async def _stored_file(self, request: web.Request) -> web.Response:
        self._check_host(request)
        stored = self._state.files.get(request.match_info["file_id"])
        if stored is None or stored.content is None:
            raise web.HTTPNotFound
        kinds = [kind for start, kind in IMAGES.items() if stored.content.startswith(start)]
        headers = HEADERS if kinds else {**HEADERS, "Content-Disposition": "attachment"}
        kind = kinds[0] if kinds else "application/octet-stream"
        return web.Response(body=stored.content, content_type=kind, headers=headers)

    async def _sight(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: what the person sees, whole, after each change."""
        self._check_host(request)
        person_id = request.query.get("person", "") or self._people()[0]["id"]
        if person_id not in self._state.workspace.people:
            raise web.HTTPNotFound
        stream = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await stream.prepare(request)
        version, before = -1, ""
        with suppress(ConnectionError):
            while not self._state.stopping:
                try:
                    version = await asyncio.wait_for(self._state.changes.after(version), KEEP_ALIVE_SECONDS)
                except TimeoutError:
                    await stream.write(b": still here\n\n")
                    continue
                sight = json.dumps(self._seen_by(person_id), ensure_ascii=False)
                if sight != before:
                    before = sight
                    await stream.write(f"data: {sight}\n\n".encode())
                    await asyncio.sleep(GATHER_SECONDS)
        return stream

    def _people(self) -> list[Json]:
        people = self._state.workspace.people.values()
        return [
            {"id": person.id, "name": person.name, "real_name": person.real_name, "is_bot": person.is_bot}
            for person in people
        ]

    def _seen_by(self, person_id: str) -> Json:
        workspace = self._state.workspace
        channels = [channel for channel in workspace.channels.values() if person_id in channel.members]
        return {
            "me": person_id,
            "team": workspace.team_name,
            "domain": workspace.domain,
            "app": {"name": workspace.app_name, "user": workspace.bot_user_id},
            "people": self._people(),
            "groups": [{"id": group.id, "handle": group.handle} for group in workspace.groups.values()],
            "commands": workspace.commands,
            "channels": [_channel(channel, person_id) for channel in channels],
            "dialog": self._state.dialogs.top(person_id),
            "home": self._state.dialogs.homes.get(person_id),
        }

    async def _do(self, request: web.Request) -> web.Response:
        self._check_host(request)
        if request.headers.get("Origin") != f"http://{request.host}" or request.content_type != "application/json":
            raise web.HTTPForbidden(text="only the page itself may do that")
        deed = self._deeds.get(request.match_info["deed"])
        try:
            body = json.loads(await request.text())
            person_id = body["person"]
        except (ValueError, KeyError, TypeError):
            raise web.HTTPBadRequest(text="a JSON object with a person") from None
        if deed is None or person_id not in self._state.workspace.people:
            raise web.HTTPNotFound
        try:
            answer = {"ok": True, **await deed(person_id, body)}
        except NotAcknowledged as failure:
            answer = {"ok": False, "error": "not_acknowledged", "detail": str(failure)}
        except (LookupError, SlackError) as failure:
            answer = {"ok": False, "error": "not_possible", "detail": str(failure)}
        return web.json_response(answer, headers=HEADERS)

    async def _use(self, person_id: str, body: Json) -> Json:
        place = Place(
            body["block_id"], body["action_id"], body.get("channel"), body.get("ts"), body.get("where") == "home"
        )
        await self._hands.use(person_id, place, body.get("filled"))
        return {}

    async def _submit(self, person_id: str, body: Json) -> Json:
        for block_id, fields in body.get("values", {}).items():
            for action_id, filled in fields.items():
                await self._hands.use(person_id, Place(block_id, action_id), filled, quietly=True)
        return {"errors": await self._hands.submit(person_id)}

    async def _close(self, person_id: str, _body: Json) -> Json:
        await self._hands.close(person_id)
        return {}

    async def _say(self, person_id: str, body: Json) -> Json:
        text = str(body["text"])
        command, _, rest = text.partition(" ")
        if command.startswith("/"):
            await self._hands.command(person_id, body["channel"], command, rest.strip())
        else:
            self._hands.say(person_id, body["channel"], text, body.get("thread_ts"))
        return {}

    async def _home(self, person_id: str, _body: Json) -> Json:
        self._hands.open_home(person_id)
        return {}

    async def _dismiss(self, person_id: str, body: Json) -> Json:
        channel = self._state.workspace.channels[body["channel"]]
        channel.ephemerals = [
            (who, message) for who, message in channel.ephemerals if (who, message["ts"]) != (person_id, body["ts"])
        ]
        self._state.changes.signal()
        return {}


def _channel(channel: Channel, person_id: str) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "topic": channel.topic,
        "direct": channel.im_with is not None,
        "members": len(channel.members),
        "messages": [
            {name: value for name, value in message.items() if name not in {"metadata", "bot_profile"}}
            for message in channel.messages
        ],
        "privates": [message for who, message in channel.ephemerals if who == person_id],
    }
