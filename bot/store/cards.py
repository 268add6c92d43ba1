"""Cards: the messages of the bot, each with what is wanted and what is shown."""

from dataclasses import dataclass, fields

from sqlalchemy import RowMapping, func, select, update

from bot.ports.slack import CardSubject, Posted
from bot.store.rows import Repository, insert_rows
from bot.store.tables import cards

__all__ = ["Card", "CardSubject", "Cards"]


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


_MOST_WHY = 300
_PLAIN = [field.name for field in fields(Card) if field.name not in {"subject", "posted"}]


def _card(row: RowMapping) -> Card:
    posted = Posted(row["posted_channel"], row["posted_ts"]) if row["posted_ts"] else None
    return Card(subject=CardSubject(row["subject"]), posted=posted, **{name: row[name] for name in _PLAIN})


class Cards(Repository):
    """Messages wanted and shown."""

    def ensure_card(
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
        row = {
            "tenant_id": tenant_id,
            "id": card_id,
            "subject": subject.value,
            "subject_id": subject_id,
            "channel": channel,
            "parent_id": parent_id,
            "wanted": 1,
            "shown": 0,
            "attempts": 0,
            "try_at": 0,
            "why": "",
        }
        insert_rows(self._connection, cards, [row])

    def want_update(self, tenant_id: str, subject: CardSubject, subject_id: str) -> None:
        """What the cards of this subject show has changed."""
        self._connection.execute(
            update(cards)
            .where(cards.c.tenant_id == tenant_id, cards.c.subject == subject.value, cards.c.subject_id == subject_id)
            .values(wanted=cards.c.wanted + 1)
        )

    def due_cards(self, now: int) -> tuple[Card, ...]:
        """Cards that show less than is wanted and may be tried now; those never posted first."""
        statement = (
            select(cards)
            .where(cards.c.wanted > cards.c.shown, cards.c.try_at <= now)
            .order_by(cards.c.posted_ts.is_not(None), cards.c.try_at, cards.c.id)
        )
        return tuple(_card(row) for row in self._connection.execute(statement).mappings())

    def next_card_due(self) -> int | None:
        """When a postponed card may be tried next."""
        statement = select(func.min(cards.c.try_at)).where(cards.c.wanted > cards.c.shown)
        found: int | None = self._connection.execute(statement).scalar()
        return found

    def card_by_id(self, tenant_id: str, card_id: str) -> Card | None:
        """By id."""
        statement = select(cards).where(cards.c.tenant_id == tenant_id, cards.c.id == card_id)
        row = self._connection.execute(statement).mappings().first()
        return _card(row) if row else None

    def cards_of(self, tenant_id: str, subject: CardSubject, subject_id: str) -> tuple[Card, ...]:
        """All cards of a subject."""
        statement = (
            select(cards)
            .where(cards.c.tenant_id == tenant_id, cards.c.subject == subject.value, cards.c.subject_id == subject_id)
            .order_by(cards.c.id)
        )
        return tuple(_card(row) for row in self._connection.execute(statement).mappings())

    def is_at(self, subject: CardSubject, subject_id: str, channel: str, ts: str) -> bool:
        """Whether this message is a card of this subject that we posted."""
        statement = select(cards.c.id).where(
            cards.c.subject == subject.value,
            cards.c.subject_id == subject_id,
            cards.c.posted_channel == channel,
            cards.c.posted_ts == ts,
        )
        return self._connection.execute(statement).first() is not None

    def is_being_posted(self, tenant_id: str, subject: CardSubject, subject_id: str) -> bool:
        """Whether a first post of a card of this subject was begun and is not on record yet."""
        return any(card.posting_since is not None for card in self.cards_of(tenant_id, subject, subject_id))

    def tenant_of(self, subject: CardSubject, subject_id: str) -> str | None:
        """The tenant of a subject, from its opaque id."""
        statement = select(cards.c.tenant_id).where(cards.c.subject == subject.value, cards.c.subject_id == subject_id)
        found: str | None = self._connection.execute(statement).scalar()
        return found

    def _change(self, card: Card, **values: object) -> None:
        self._connection.execute(
            update(cards).where(cards.c.tenant_id == card.tenant_id, cards.c.id == card.id).values(**values)
        )

    def begin_posting(self, card: Card, at: int) -> None:
        """A first post is about to be sent."""
        self._change(card, posting_since=at)

    def set_posted(self, card: Card, posted: Posted, shown: int) -> None:
        """It stands there and shows what was wanted then."""
        self._change(
            card,
            posted_channel=posted.channel,
            posted_ts=posted.ts,
            shown=shown,
            posting_since=None,
            attempts=0,
            try_at=0,
            why="",
        )

    def set_shown(self, card: Card, shown: int, *, not_before: int) -> None:
        """It was updated; the next update may not come sooner than not_before."""
        self._change(card, shown=shown, attempts=0, try_at=not_before, why="")

    def set_failed(self, card: Card, why: str, *, try_at: int, fate_unknown: bool) -> None:
        """It could not be sent."""
        values: dict[str, object] = {"attempts": card.attempts + 1, "try_at": try_at, "why": why[:_MOST_WHY]}
        if card.posted is None and not fate_unknown:
            values["posting_since"] = None
        self._change(card, **values)
