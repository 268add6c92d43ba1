"""Surges, who is in them, and their briefings."""

import sys
from collections.abc import Iterable
from dataclasses import fields

import msgspec
from sqlalchemy import Connection, RowMapping, func, or_, select, update

from bot.store.rows import insert_rows, upsert_rows
from bot.store.tables import briefings, surge_users, surges
from bot.watch.briefing import Briefing
from bot.watch.surge import Surge, SurgeState

_PLAIN = [field.name for field in fields(Surge) if field.name not in {"state", "risk_event_types", "usual"}]


def _surge(row: RowMapping) -> Surge:
    return Surge(
        state=SurgeState(row["state"]),
        risk_event_types=tuple(msgspec.json.decode(row["risk_event_types"], type=list[str])),
        usual=row["usual_millionths"] / 1_000_000,
        **{name: row[name] for name in _PLAIN},
    )


class SurgeRows:
    """bot.ports.store.Surges."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, surge: Surge) -> None:
        row = {name: getattr(surge, name) for name in _PLAIN} | {
            "state": surge.state.value,
            "risk_event_types": msgspec.json.encode(surge.risk_event_types).decode(),
            "usual_millionths": round(surge.usual * 1_000_000),
        }
        upsert_rows(self._connection, surges, [row])

    def get(self, tenant_id: str, surge_id: str) -> Surge | None:
        statement = select(surges).where(surges.c.tenant_id == tenant_id, surges.c.id == surge_id)
        row = self._connection.execute(statement).mappings().first()
        return _surge(row) if row else None

    def find(self, name: str) -> tuple[Surge, ...]:
        statement = select(surges).where(
            or_(func.lower(surges.c.short_name) == name.strip().lower(), surges.c.id == name.strip().lower())
        )
        return tuple(_surge(row) for row in self._connection.execute(statement).mappings())

    def all(self, tenant_id: str | None = None) -> tuple[Surge, ...]:
        statement = select(surges).order_by(surges.c.opened_at.desc(), surges.c.id)
        if tenant_id is not None:
            statement = statement.where(surges.c.tenant_id == tenant_id)
        return tuple(_surge(row) for row in self._connection.execute(statement).mappings())

    def users(self, tenant_id: str, surge_id: str) -> tuple[str, ...]:
        statement = (
            select(surge_users.c.user_id)
            .where(surge_users.c.tenant_id == tenant_id, surge_users.c.surge_id == surge_id)
            .order_by(surge_users.c.user_id)
        )
        return tuple(map(sys.intern, self._connection.execute(statement).scalars()))

    def add_users(self, tenant_id: str, surge_id: str, user_ids: Iterable[str], at: int) -> int:
        known = set(self.users(tenant_id, surge_id))
        new = sorted(set(user_ids) - known)
        rows = ({"tenant_id": tenant_id, "surge_id": surge_id, "user_id": each, "joined_at": at} for each in new)
        insert_rows(self._connection, surge_users, rows)
        return len(new)

    def ask_briefing(self, tenant_id: str, surge_id: str, at: int) -> None:
        self._connection.execute(
            update(surges)
            .where(
                surges.c.tenant_id == tenant_id,
                surges.c.id == surge_id,
                or_(surges.c.briefing_due.is_(None), surges.c.briefing_due > at),
            )
            .values(briefing_due=at)
        )

    def briefing_due(self, tenant_id: str, now: int) -> tuple[str, ...]:
        statement = (
            select(surges.c.id)
            .where(surges.c.tenant_id == tenant_id, surges.c.briefing_due <= now)
            .order_by(surges.c.briefing_due)
        )
        return tuple(self._connection.execute(statement).scalars())

    def next_briefing(self, tenant_id: str) -> int | None:
        statement = select(func.min(surges.c.briefing_due)).where(surges.c.tenant_id == tenant_id)
        found: int | None = self._connection.execute(statement).scalar()
        return found

    def take_briefing(self, tenant_id: str, surge_id: str, until: int) -> None:
        self._connection.execute(
            update(surges).where(surges.c.tenant_id == tenant_id, surges.c.id == surge_id).values(briefing_due=until)
        )

    def settle_briefing(self, tenant_id: str, surge_id: str, *, taken_until: int, again_at: int | None) -> None:
        self._connection.execute(
            update(surges)
            .where(surges.c.tenant_id == tenant_id, surges.c.id == surge_id, surges.c.briefing_due == taken_until)
            .values(briefing_due=again_at)
        )


class BriefingRows:
    """bot.ports.store.Briefings."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, tenant_id: str, briefing: Briefing) -> None:
        insert_rows(
            self._connection,
            briefings,
            [
                {
                    "tenant_id": tenant_id,
                    "surge_id": briefing.surge_id,
                    "revision": briefing.revision,
                    "made_at": briefing.made_at,
                    "body": msgspec.json.encode(briefing, order="deterministic"),
                }
            ],
        )

    def latest(self, tenant_id: str, surge_id: str) -> Briefing | None:
        statement = (
            select(briefings.c.body)
            .where(briefings.c.tenant_id == tenant_id, briefings.c.surge_id == surge_id)
            .order_by(briefings.c.revision.desc())
            .limit(1)
        )
        body = self._connection.execute(statement).scalar()
        return msgspec.json.decode(body, type=Briefing) if body else None
