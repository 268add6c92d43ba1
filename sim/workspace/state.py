"""What one server knows beside the workspace itself: open views, triggers, response URLs, files, and the calls made."""

import secrets
import time
from collections import deque
from dataclasses import dataclass, field

from sim.workspace.changes import Changes
from sim.workspace.dialogs import Dialogs
from sim.workspace.limits import RateLimits
from sim.workspace.refusals import SlackError
from sim.workspace.rules import Json
from sim.workspace.world import Workspace

TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 30 * 60.0
RESPONSE_URL_USES = 5


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a Web API method. `at` is monotonic seconds; `arguments` holds no token; `error` is None when ok."""

    at: float
    method: str
    arguments: Json
    error: str | None

    @property
    def ok(self) -> bool:
        """Whether the method did what it was asked."""
        return self.error is None


@dataclass(slots=True)
class Trigger:
    """Permission to open one dialog, born from something that a person did."""

    person_id: str
    born: float
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """Where the app may answer an interaction. `message_ts` is the message that was acted on, if any."""

    person_id: str
    channel_id: str
    message_ts: str | None
    thread_ts: str | None
    born: float
    uses: int = 0


@dataclass(slots=True)
class StoredFile:
    """A file on its way: told of, uploaded, then completed."""

    id: str
    name: str
    length: int
    alt_text: str
    content: bytes | None = None
    completed: bool = False


@dataclass(slots=True)
class State:
    """Everything behind one server. Nothing here is shared with another."""

    workspace: Workspace
    scale: float
    patience: float
    changes: Changes = field(default_factory=Changes)
    dialogs: Dialogs = field(init=False)
    limits: RateLimits = field(init=False)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    tickets: set[str] = field(default_factory=set)
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=100_000))
    url: str = ""
    stopping: bool = False

    def __post_init__(self) -> None:
        self.dialogs = Dialogs(self.workspace)
        self.limits = RateLimits(self.scale)

    def stop_watching(self) -> None:
        """Ends the streams of open pages, so that the server can close."""
        self.stopping = True
        self.changes.signal()

    def new_trigger(self, person_id: str) -> str:
        """A trigger_id for what a person has just done."""
        trigger_id = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self.triggers[trigger_id] = Trigger(person_id, time.monotonic())
        return trigger_id

    def spend_trigger(self, trigger_id: str) -> str:
        """Whose screen the trigger opens. It counts as used even if the view then turns out to be wrong."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() - trigger.born > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger.person_id

    def new_response_url(
        self, person_id: str, channel_id: str, message_ts: str | None = None, thread_ts: str | None = None
    ) -> str:
        """An address to answer what a person has just done."""
        key = f"{self.workspace.team_id}/{secrets.randbelow(10**13)}/{secrets.token_urlsafe(18)}"
        self.response_urls[key] = ResponseUrl(person_id, channel_id, message_ts, thread_ts, time.monotonic())
        return f"{self.url}/actions/{key}"
