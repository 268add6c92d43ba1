"""What the workspace sends to the app, and what became of it."""

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import Literal, Protocol

from sim.workspace.rules import Json
from sim.workspace.state import State

Kind = Literal["interactive", "slash_commands", "events_api"]

RETRY_AFTER = (0.0, 60.0, 300.0)  # seconds until an event is delivered again: docs.slack.dev/apis/events-api


class NotAcknowledged(Exception):  # noqa: N818 (what happened to the click, and how the caller reads it)
    """The app didn't acknowledge in time, or no connection was there: Slack shows the person an error."""


@dataclass(slots=True)
class Envelope:
    """One thing sent to the app. `answer` is the payload of the acknowledgement; `failure` says why there is none."""

    kind: Kind
    payload: Json
    envelope_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempt: int = 0
    retry_reason: str = ""
    acknowledged: bool = False
    answer: Json | None = None
    failure: str | None = None

    @property
    def message(self) -> Json:
        """As it goes over a Socket Mode connection."""
        takes_answer = self.kind == "slash_commands" or self.payload.get("type") == "view_submission"
        shape: Json = {
            "envelope_id": self.envelope_id,
            "type": self.kind,
            "payload": self.payload,
            "accepts_response_payload": takes_answer,
        }
        if self.kind == "events_api":
            shape.update(retry_attempt=self.attempt, retry_reason=self.retry_reason)
        return shape


class Carrier(Protocol):
    """A way to the app. `carry` returns the payload of the acknowledgement and raises NotAcknowledged."""

    async def carry(self, envelope: Envelope) -> Json | None:
        """Takes one envelope to the app."""
        ...


class Delivery:
    """Sends envelopes by the carrier in use and keeps a record of each attempt."""

    def __init__(self, state: State, carrier: Carrier) -> None:
        self.carrier = carrier
        self.envelopes: list[Envelope] = []
        self._state = state
        self._retries: set[asyncio.Task[None]] = set()

    async def deliver(self, kind: Kind, payload: Json) -> Json | None:
        """Sends a click, a submission or a command: once, and never again."""
        return await self._send(Envelope(kind, payload))

    def announce(self, payload: Json) -> None:
        """Sends an event in the background, and up to three times more while it isn't acknowledged."""
        task = asyncio.get_running_loop().create_task(self._insist(payload))
        self._retries.add(task)
        task.add_done_callback(self._retries.discard)

    async def stop(self) -> None:
        """Gives up what is still to be delivered."""
        waiting = list(self._retries)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _insist(self, payload: Json) -> None:
        for attempt, pause in enumerate((None, *RETRY_AFTER)):
            if pause:
                await asyncio.sleep(pause / self._state.scale)
            envelope = Envelope("events_api", payload, attempt=attempt, retry_reason="timeout" if attempt else "")
            try:
                await self._send(envelope)
            except NotAcknowledged:
                continue
            return

    async def _send(self, envelope: Envelope) -> Json | None:
        self.envelopes.append(envelope)
        try:
            envelope.answer = await self.carrier.carry(envelope)
            envelope.acknowledged = True
        except NotAcknowledged as failure:
            envelope.failure = str(failure)
            raise
        finally:
            self._state.changes.signal()
        return envelope.answer
