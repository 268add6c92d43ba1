"""Cards, each with what is wanted and what is shown; and the clicks that came from them."""

import msgspec
from sqlalchemy import Connection, RowMapping, func, select, update

from bot.ports.messages import Card, CardSubject, KeptClick
from bot.ports.slack import Click, Posted
from bot.store.rows import insert_rows
from bot.store.tables import cards, clicks

_MOST_WHY = 300


def _card(row: RowMapping) -> Card:
    posted = Posted(row["posted_channel"], row["posted_ts"]) if row["posted_ts"] else None
    return Card(
        tenant_id=row["tenant_id"],
        id=row["id"],
        subject=CardSubject(row["subject"]),
        subject_id=row["subject_id"],
        channel=row["channel"],
        parent_id=row["parent_id"],
        posted=posted,
        wanted=row["wanted"],
        shown=row["shown"],
        posting_since=row["posting_since"],
        attempts=row["attempts"],
    )


class CardRows:
    """bot.ports.store.Cards."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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

    def want(self, tenant_id: str, subject: CardSubject, subject_id: str) -> None:
        self._connection.execute(
            update(cards)
            .where(cards.c.tenant_id == tenant_id, cards.c.subject == subject.value, cards.c.subject_id == subject_id)
            .values(wanted=cards.c.wanted + 1)
        )

    def due(self, now: int) -> tuple[Card, ...]:
        statement = (
            select(cards)
            .where(cards.c.wanted > cards.c.shown, cards.c.try_at <= now)
            .order_by(cards.c.posted_ts.is_not(None), cards.c.try_at, cards.c.id)
        )
        return tuple(_card(row) for row in self._connection.execute(statement).mappings())

    def next_due(self) -> int | None:
        statement = select(func.min(cards.c.try_at)).where(cards.c.wanted > cards.c.shown)
        found: int | None = self._connection.execute(statement).scalar()
        return found

    def get(self, tenant_id: str, card_id: str) -> Card | None:
        statement = select(cards).where(cards.c.tenant_id == tenant_id, cards.c.id == card_id)
        row = self._connection.execute(statement).mappings().first()
        return _card(row) if row else None

    def of(self, tenant_id: str, subject: CardSubject, subject_id: str) -> tuple[Card, ...]:
        statement = (
            select(cards)
            .where(cards.c.tenant_id == tenant_id, cards.c.subject == subject.value, cards.c.subject_id == subject_id)
            .order_by(cards.c.id)
        )
        return tuple(_card(row) for row in self._connection.execute(statement).mappings())

    def is_at(self, subject: CardSubject, subject_id: str, channel: str, ts: str) -> bool:
        statement = select(cards.c.id).where(
            cards.c.subject == subject.value,
            cards.c.subject_id == subject_id,
            cards.c.posted_channel == channel,
            cards.c.posted_ts == ts,
        )
        return self._connection.execute(statement).first() is not None

    def tenant_of(self, subject: CardSubject, subject_id: str) -> str | None:
        statement = select(cards.c.tenant_id).where(cards.c.subject == subject.value, cards.c.subject_id == subject_id)
        found: str | None = self._connection.execute(statement).scalar()
        return found

    def _change(self, card: Card, **values: object) -> None:
        self._connection.execute(
            update(cards).where(cards.c.tenant_id == card.tenant_id, cards.c.id == card.id).values(**values)
        )

    def begin_posting(self, card: Card, at: int) -> None:
        self._change(card, posting_since=at)

    def set_posted(self, card: Card, posted: Posted, shown: int) -> None:
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
        self._change(card, shown=shown, attempts=0, try_at=not_before, why="")

    def set_failed(self, card: Card, why: str, *, try_at: int, fate_unknown: bool) -> None:
        values: dict[str, object] = {"attempts": card.attempts + 1, "try_at": try_at, "why": why[:_MOST_WHY]}
        if card.posted is None and not fate_unknown:
            values["posting_since"] = None
        self._change(card, **values)


class ClickRows:
    """bot.ports.store.Clicks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, tenant_id: str, click: Click, at: int, *, try_at: int) -> bool:
        known = self._connection.execute(select(clicks.c.key).where(clicks.c.key == click.key)).first()
        if known is not None:
            return False
        row = {
            "tenant_id": tenant_id,
            "key": click.key,
            "body": msgspec.json.encode(click),
            "taken_at": at,
            "attempts": 0,
            "try_at": try_at,
            "why": "",
        }
        insert_rows(self._connection, clicks, [row])
        return True

    def undone(self, now: int) -> tuple[KeptClick, ...]:
        statement = (
            select(clicks)
            .where(clicks.c.done_at.is_(None), clicks.c.try_at <= now)
            .order_by(clicks.c.taken_at, clicks.c.key)
        )
        return tuple(
            KeptClick(msgspec.json.decode(row["body"], type=Click), row["taken_at"], row["attempts"])
            for row in self._connection.execute(statement).mappings()
        )

    def is_done(self, key: str) -> bool:
        statement = select(clicks.c.key).where(clicks.c.key == key, clicks.c.done_at.is_not(None))
        return self._connection.execute(statement).first() is not None

    def get(self, key: str) -> Click | None:
        body: bytes | None = self._connection.execute(select(clicks.c.body).where(clicks.c.key == key)).scalar()
        return msgspec.json.decode(body, type=Click) if body is not None else None

    def finish(self, key: str, at: int, *, answer: str = "") -> None:
        done = {"done_at": at, "try_at": None, "answer": answer}
        self._connection.execute(update(clicks).where(clicks.c.key == key).values(**done))

    def answer(self, key: str) -> str | None:
        statement = select(clicks.c.answer).where(clicks.c.key == key, clicks.c.done_at.is_not(None))
        found: str | None = self._connection.execute(statement).scalar()
        return found

    def fail(self, key: str, why: str, try_at: int | None) -> None:
        self._connection.execute(
            update(clicks)
            .where(clicks.c.key == key, clicks.c.done_at.is_(None))
            .values(attempts=clicks.c.attempts + 1, try_at=try_at, why=why[:_MOST_WHY])
        )
