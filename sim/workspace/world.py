"""What there is in a workspace: people, groups, channels with their messages, and the one app installed in it."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sim.workspace.rules import Json


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the workspace, or somebody seen through a shared channel (`is_stranger`)."""

    id: str
    name: str
    real_name: str
    email: str
    team_id: str
    is_bot: bool = False
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_admin: bool = False
    enterprise_id: str | None = None
    tz: str = "Europe/London"


@dataclass(frozen=True, slots=True)
class UserGroup:
    """A user group; `members` are ids of people."""

    id: str
    handle: str
    name: str
    members: tuple[str, ...]
    deleted: bool = False


@dataclass(slots=True)
class Channel:
    """A channel or, with `im_with`, the direct messages between the app and one person. Messages are in Slack's shape,
    oldest first, replies among them; private answers are (person, message).
    """

    id: str
    name: str
    members: list[str]
    topic: str = ""
    is_private: bool = False
    is_ext_shared: bool = False
    is_archived: bool = False
    im_with: str | None = None
    messages: list[Json] = field(default_factory=list)
    ephemerals: list[tuple[str, Json]] = field(default_factory=list)

    def find(self, ts: str) -> Json | None:
        """The message with this ts, if any."""
        return next((message for message in self.messages if message["ts"] == ts), None)

    def replies(self, thread_ts: str) -> list[Json]:
        """The replies in a thread, oldest first."""
        return [m for m in self.messages if m.get("thread_ts") == thread_ts and m["ts"] != thread_ts]


@dataclass(slots=True)
class Workspace:
    """The world that a server shows. Tokens, scopes and members may be changed at any time."""

    team_id: str
    team_name: str
    domain: str
    people: dict[str, Person]
    groups: dict[str, UserGroup]
    channels: dict[str, Channel]
    app_id: str
    app_name: str
    bot_id: str
    bot_user_id: str
    bot_token: str
    app_token: str
    signing_secret: str
    verification_token: str
    scopes: set[str]
    subscriptions: set[str]
    commands: dict[str, str]
    clock: Callable[[], float] = time.time
    pins: set[tuple[str, str]] = field(default_factory=set)
    _last_ts: int = 0

    @property
    def home(self) -> Channel:
        """The first channel."""
        return next(iter(self.channels.values()))

    def new_ts(self) -> str:
        """The id of a message: its time in UTC seconds with microseconds, never the same twice."""
        self._last_ts = max(self._last_ts + 1, int(self.clock() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def direct(self, person_id: str) -> Channel:
        """The direct messages between the app and a person; opened when there are none yet."""
        for channel in self.channels.values():
            if channel.im_with == person_id:
                return channel
        person = self.people[person_id]
        opened = Channel(
            id=new_id("D"), name=person.real_name, members=[person_id, self.bot_user_id], im_with=person_id
        )
        self.channels[opened.id] = opened
        return opened


def new_id(prefix: str) -> str:
    """An id as Slack makes them: a letter for the kind, then upper-case letters and digits."""
    return prefix + "0" + "".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(9))
