"""Clicks, each kept until it is carried out, and carried out once."""

from dataclasses import dataclass

import msgspec
from sqlalchemy import select, update

from bot.ports.slack import Click
from bot.store.rows import Repository, insert_rows
from bot.store.tables import clicks


@dataclass(frozen=True, slots=True)
class KeptClick:
    """A click that was committed and not yet carried out."""

    click: Click
    taken_at: int
    attempts: int


_MOST_WHY = 300


class Clicks(Repository):
    """Clicks, each carried out once."""

    def add_click(self, tenant_id: str, click: Click, at: int, *, try_at: int) -> bool:
        """Keep it, for whoever is to try it from try_at on; False if its key is known."""
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

    def undone_clicks(self, now: int) -> tuple[KeptClick, ...]:
        """Clicks that wait to be carried out and may be tried now."""
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
        """Whether it was carried out."""
        statement = select(clicks.c.key).where(clicks.c.key == key, clicks.c.done_at.is_not(None))
        return self._connection.execute(statement).first() is not None

    def click_by_key(self, key: str) -> Click | None:
        """A click that was kept, carried out or not."""
        body: bytes | None = self._connection.execute(select(clicks.c.body).where(clicks.c.key == key)).scalar()
        return msgspec.json.decode(body, type=Click) if body is not None else None

    def finish_click(self, key: str, at: int, *, answer: str = "") -> None:
        """It was carried out, or refused with an answer. `answer` is kept for whoever waits on the command line."""
        done = {"done_at": at, "try_at": None, "answer": answer}
        self._connection.execute(update(clicks).where(clicks.c.key == key).values(**done))

    def answer_to(self, key: str) -> str | None:
        """What came of a click; None while it waits to be carried out."""
        statement = select(clicks.c.answer).where(clicks.c.key == key, clicks.c.done_at.is_not(None))
        found: str | None = self._connection.execute(statement).scalar()
        return found

    def fail_click(self, key: str, why: str, try_at: int | None) -> None:
        """It could not be carried out; None: never to be tried again."""
        self._connection.execute(
            update(clicks)
            .where(clicks.c.key == key, clicks.c.done_at.is_(None))
            .values(attempts=clicks.c.attempts + 1, try_at=try_at, why=why[:_MOST_WHY])
        )
