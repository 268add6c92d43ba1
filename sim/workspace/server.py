"""The workspace as a server, and as something that a test or a play can hold in its hands."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Literal, Self, TypeVar

from aiohttp import web

from sim.workspace.delivery import Delivery, Envelope, Kind
from sim.workspace.filling import Filled
from sim.workspace.hands import Hands, Surface
from sim.workspace.http_mode import HttpMode
from sim.workspace.methods.directory import group_shape, user_shape
from sim.workspace.page_server import Page
from sim.workspace.reading import plain
from sim.workspace.rules import Json
from sim.workspace.socket_mode import SocketMode
from sim.workspace.state import Call, State
from sim.workspace.uploads import ResponseUrls, Uploads
from sim.workspace.web_api import WebApi
from sim.workspace.world import Channel, Workspace

Found = TypeVar("Found")

REQUEST_BYTES = 64 * 1024 * 1024


class WorkspaceServer:
    """Serves a workspace on one port: the Web API, Socket Mode, uploads, response URLs and the page.

    `scale` says how many times faster than Slack's the rate limits and the retries of events run; `patience` is how
    many seconds the app has to acknowledge (Slack: 3). What is returned here are copies: messages in Slack's shape,
    with the id of their `channel` beside.
    """

    def __init__(self, workspace: Workspace, *, scale: float = 1.0, patience: float = 3.0) -> None:
        self.workspace = workspace
        self._state = State(workspace, scale, patience)
        self._api = WebApi(self._state)
        self._socket = SocketMode(self._state)
        self._delivery = Delivery(self._state, self._socket)
        self._hands = Hands(self._state, self._delivery)
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listens; port 0 takes a free one."""
        self._state.stopping = False
        app = web.Application(client_max_size=REQUEST_BYTES)
        app.router.add_route("*", "/api/{method}", self._api.handle)
        app.router.add_get("/link/", self._socket.handle)
        app.router.add_post("/upload/v1/{file_id}", Uploads(self._state).handle)
        Page(self._state, self._hands).add_to(app)
        app.router.add_post("/actions/{key:.+}", ResponseUrls(self._state).handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self._state.url = f"http://{host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Closes every connection and stops listening. The workspace keeps what happened in it."""
        await self._delivery.stop()
        await self._socket.stop()
        self._state.stop_watching()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # Where it is

    @property
    def url(self) -> str:
        """The server's address without a slash at the end."""
        return self._state.url

    @property
    def api_url(self) -> str:
        """What SLACK_API_URL has to be."""
        return f"{self.url}/api/"

    @property
    def page_url(self) -> str:
        """The page that shows the workspace."""
        return f"{self.url}/"

    # What happened

    @property
    def calls(self) -> list[Call]:
        """Every call of the Web API, oldest first."""
        return list(self._state.calls)

    @property
    def envelopes(self) -> list[Envelope]:
        """Everything sent to the app, each attempt by itself, oldest first."""
        return list(self._delivery.envelopes)

    @property
    def connections(self) -> int:
        """How many Socket Mode connections the app holds."""
        return len(self._socket.connections)

    @property
    def connections_opened(self) -> int:
        """How many Socket Mode connections the app ever opened."""
        return self._socket.opened

    async def wait_for(self, predicate: Callable[[], Found], timeout: float = 10.0) -> Found:  # noqa: ASYNC109
        """What the predicate returns once that is true. It is asked after every change; TimeoutError in the end."""
        return await self._state.changes.until(predicate, timeout)

    # What people see

    def messages(self, channel: str | None = None, thread_ts: str | None = None) -> list[Json]:
        """The top-level messages of a channel (the first channel without one), or the replies in a thread without the
        message above them; oldest first.
        """
        shown = self._channel(channel)
        if thread_ts is not None:
            return _copies(shown, shown.replies(thread_ts))
        return _copies(shown, [m for m in shown.messages if m.get("thread_ts", m["ts"]) == m["ts"]])

    def message(self, ts: str) -> Json:
        """The message with this ts in whatever channel; LookupError when there is none."""
        for channel in self.workspace.channels.values():
            if (found := channel.find(ts)) is not None:
                return _copies(channel, [found])[0]
        raise LookupError(f"no message {ts}")

    def ephemerals(self, person_id: str, channel: str | None = None) -> list[Json]:
        """The private answers that a person has got, in all channels or in one; oldest first."""
        places = [self._channel(channel)] if channel else list(self.workspace.channels.values())
        found = [c for place in places for c in _copies(place, [m for who, m in place.ephemerals if who == person_id])]
        return sorted(found, key=lambda message: str(message["ts"]))

    def direct_messages(self, person_id: str) -> list[Json]:
        """The messages between the app and a person, oldest first."""
        found = [c for c in self.workspace.channels.values() if c.im_with == person_id]
        return [copied for channel in found for copied in _copies(channel, channel.messages)]

    def dialog(self, person_id: str) -> Json | None:
        """The view on top of a person's screen, with what is filled in under `state`; None when none is open."""
        return copy.deepcopy(self._state.dialogs.top(person_id))

    def home(self, person_id: str) -> Json | None:
        """The app's home tab as a person sees it."""
        return copy.deepcopy(self._state.dialogs.homes.get(person_id))

    def plain(self, shown: Json) -> str:
        """A message or a dialog as a person reads it, with people's names."""
        return plain(shown, self.workspace.people)

    # What people do

    async def press(
        self,
        person_id: str,
        channel: str | None,
        ts: str | None,
        button: str,
        where: Surface = "message",
    ) -> Json | None:
        """Presses a button by its action_id or by how its label begins, and confirms where the button asks. Returns the
        payload of the acknowledgement. LookupError when the person sees no such button; NotAcknowledged after 3 s.
        """
        return await self._hands.press(person_id, channel, ts, button, where)

    async def select(
        self, person_id: str, label: str, option: str | Sequence[str], channel: str | None = None, ts: str | None = None
    ) -> Json | None:
        """Chooses an option in the top dialog (or in a message), and tells the app where it wants to be told."""
        return await self._hands.choose(person_id, label, option, channel, ts)

    async def fill_and_submit(self, person_id: str, values: Mapping[str, Filled] | None = None) -> dict[str, str]:
        """Fills the top dialog by label and submits it. Returns the errors below the inputs, by label, those of Slack's
        own client too; empty when it went through. AnswerRefused and NotAcknowledged as in Hands.submit.
        """
        return await self._hands.fill_and_submit(person_id, values or {})

    async def close_dialog(self, person_id: str) -> Json | None:
        """Closes the top dialog with its close button."""
        return await self._hands.close(person_id)

    async def send_message(self, person_id: str, channel: str, text: str, thread_ts: str | None = None) -> Json:
        """Writes into a channel or, with the app's user id for channel, a direct message. "@name" mentions."""
        return self._hands.say(person_id, channel, text, thread_ts)

    async def command(self, person_id: str, channel: str, command: str, text: str = "") -> Json | None:
        """Types a slash command. Returns what the app acknowledged it with."""
        return await self._hands.command(person_id, channel, command, text)

    async def open_home(self, person_id: str) -> None:
        """Opens the app's home tab."""
        self._hands.open_home(person_id)

    def change_person(self, person_id: str, **changes: object) -> None:
        """Changes fields of a person, and tells the app (user_change)."""
        person = replace(self.workspace.people[person_id], **changes)  # type: ignore[arg-type]
        self.workspace.people[person_id] = person
        self._state.changes.signal()
        self._hands.tell("user_change", {"type": "user_change", "user": user_shape(self._state, person)})

    def change_group(self, group_id: str, members: Sequence[str]) -> None:
        """Sets the members of a user group, and tells the app (subteam_updated)."""
        group = replace(self.workspace.groups[group_id], members=tuple(members))
        self.workspace.groups[group_id] = group
        self._state.changes.signal()
        shape = group_shape(self._state, group, with_members=True)
        self._hands.tell("subteam_updated", {"type": "subteam_updated", "subteam": shape})

    # What goes wrong

    async def replay(self, envelope: Envelope) -> Json | None:
        """Sends the same payload once more, as an attacker or a faulty network would."""
        return await self._delivery.deliver(envelope.kind, copy.deepcopy(envelope.payload))

    async def forge(self, payload: Json, kind: Kind = "interactive") -> Json | None:
        """Sends a payload that nobody's click has made."""
        return await self._delivery.deliver(kind, payload)

    def new_trigger(self, person_id: str) -> str:
        """A trigger_id as a click of this person would make it."""
        return self._state.new_trigger(person_id)

    def fail(self, method: str, error: str = "internal_error", count: int = 1) -> None:
        """The next calls of a Web API method answer with this error and do nothing; `http_500` is an HTTP error."""
        self._api.fail(method, error, count)

    def refuse_handshakes(self, count: int, status: int = 503) -> None:
        """The next WebSocket handshakes fail; their tickets are spent."""
        self._socket.refuse_handshakes(count, status)

    async def disconnect(
        self, reason: Literal["warning", "refresh_requested", "link_disabled"] = "refresh_requested"
    ) -> None:
        """Asks the app to connect anew, as Slack does now and then."""
        await self._socket.disconnect(reason)

    def cut(self) -> None:
        """Breaks the Socket Mode connections off without a word."""
        self._socket.cut()

    def deliver_to(self, url: str, signing_secret: str | None = None) -> None:
        """From now on the app gets signed HTTP requests at this address instead of Socket Mode."""
        secret = signing_secret if signing_secret is not None else self.workspace.signing_secret
        self._delivery.carrier = HttpMode(self._state, url, secret)

    def _channel(self, channel_id: str | None) -> Channel:
        return self.workspace.channels[channel_id] if channel_id else self.workspace.home


def _copies(channel: Channel, messages: list[Json]) -> list[Json]:
    return [{**copy.deepcopy(message), "channel": channel.id} for message in messages]
