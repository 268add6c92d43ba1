"""What of talking is kept: cards with what is wanted and shown, and clicks until they are carried out.

Times are microseconds since 1970 UTC.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.ports.slack import Click, Posted


class CardSubject(StrEnum):
    """What a card shows."""

    SURGE = "surge"
    REQUEST = "request"
    RUN = "run"
    CALL = "call"
    REMINDER = "reminder"
    """The second call, at half-time, and those of later rounds."""


@dataclass(frozen=True, slots=True)
class Card:
    """One message that is kept up to date."""

    tenant_id: str
    id: str
    subject: CardSubject
    subject_id: str
    channel: str
    """Where it belongs: a channel's or, for a call, a person's id."""
    parent_id: str | None
    """The card in whose thread it stands."""
    posted: Posted | None
    wanted: int
    shown: int
    posting_since: int | None
    """A first post was begun then and never confirmed."""
    attempts: int


class Cards(Protocol):
    """Messages wanted and shown."""

    def ensure(
        self,
        *,
        card_id: str,
        tenant_id: str,
        subject: CardSubject,
        subject_id: str,
        channel: str,
        parent_id: str | None,
    ) -> None:
        """There is to be such a card; a second one for the same subject and channel changes nothing."""

    def want(self, tenant_id: str, subject: CardSubject, subject_id: str) -> None:
        """What the cards of this subject show has changed."""

    def due(self, now: int) -> tuple[Card, ...]:
        """Cards that show less than is wanted and may be tried now; those never posted first."""

    def next_due(self) -> int | None:
        """When a postponed card may be tried next."""

    def get(self, tenant_id: str, card_id: str) -> Card | None:
        """By id."""

    def of(self, tenant_id: str, subject: CardSubject, subject_id: str) -> tuple[Card, ...]:
        """All cards of a subject."""

    def is_at(self, subject: CardSubject, subject_id: str, channel: str, ts: str) -> bool:
        """Whether this message is a card of this subject that we posted."""

    def tenant_of(self, subject: CardSubject, subject_id: str) -> str | None:
        """The tenant of a subject, from its opaque id."""

    def begin_posting(self, card: Card, at: int) -> None:
        """A first post is about to be sent."""

    def set_posted(self, card: Card, posted: Posted, shown: int) -> None:
        """It stands there and shows what was wanted then."""

    def set_shown(self, card: Card, shown: int, *, not_before: int) -> None:
        """It was updated; the next update may not come sooner than not_before."""

    def set_failed(self, card: Card, why: str, *, try_at: int, fate_unknown: bool) -> None:
        """It could not be sent."""


@dataclass(frozen=True, slots=True)
class KeptClick:
    """A click that was committed and not yet carried out."""

    click: Click
    taken_at: int
    attempts: int


class Clicks(Protocol):
    """Clicks, each carried out once."""

    def add(self, tenant_id: str, click: Click, at: int, *, try_at: int) -> bool:
        """Keep it, for whoever is to try it from try_at on; False if its key is known."""

    def undone(self, now: int) -> tuple[KeptClick, ...]:
        """Clicks that wait to be carried out and may be tried now."""

    def is_done(self, key: str) -> bool:
        """Whether it was carried out."""

    def get(self, key: str) -> Click | None:
        """A click that was kept, carried out or not."""

    def finish(self, key: str, at: int, *, answer: str = "") -> None:
        """It was carried out, or refused with an answer. `answer` is kept for whoever waits on the command line."""

    def answer(self, key: str) -> str | None:
        """What came of a click; None while it waits to be carried out."""

    def fail(self, key: str, why: str, try_at: int | None) -> None:
        """It could not be carried out; None: never to be tried again."""
