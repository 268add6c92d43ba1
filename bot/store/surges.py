"""Surges and their users."""

import sys
from collections.abc import Iterable
from dataclasses import fields

import msgspec
from sqlalchemy import RowMapping, func, or_, select, update

from bot.store.rows import Repository, insert_rows, upsert_rows
from bot.store.tables import surge_users, surges
from bot.watch.surge import Surge, SurgeState

_PLAIN = [field.name for field in fields(Surge) if field.name not in {"state", "risk_event_types", "usual"}]


def _surge(row: RowMapping) -> Surge:
    return Surge(
        state=SurgeState(row["state"]),
        risk_event_types=tuple(msgspec.json.decode(row["risk_event_types"], type=list[str])),
        usual=row["usual_millionths"] / 1_000_000,
        **{name: row[name] for name in _PLAIN},
    )


class Surges(Repository):
    """Surges and their users. A user once in a surge stays in it."""

    def keep_surge(self, surge: Surge) -> None:
        """Insert or update."""
        row = {name: getattr(surge, name) for name in _PLAIN} | {
            "state": surge.state.value,
            "risk_event_types": msgspec.json.encode(surge.risk_event_types).decode(),
            "usual_millionths": round(surge.usual * 1_000_000),
        }
        upsert_rows(self._connection, surges, [row])

    def surge_by_id(self, tenant_id: str, surge_id: str) -> Surge | None:
        """By id."""
        statement = select(surges).where(surges.c.tenant_id == tenant_id, surges.c.id == surge_id)
        row = self._connection.execute(statement).mappings().first()
        return _surge(row) if row else None

    def surges_named(self, name: str) -> tuple[Surge, ...]:
        """By short name or id, in any tenant, for people who type."""
        statement = select(surges).where(
            or_(func.lower(surges.c.short_name) == name.strip().lower(), surges.c.id == name.strip().lower())
        )
        return tuple(_surge(row) for row in self._connection.execute(statement).mappings())

    def all_surges(self, tenant_id: str | None = None) -> tuple[Surge, ...]:
        """All, newest first."""
        statement = select(surges).order_by(surges.c.opened_at.desc(), surges.c.id)
        if tenant_id is not None:
            statement = statement.where(surges.c.tenant_id == tenant_id)
        return tuple(_surge(row) for row in self._connection.execute(statement).mappings())

    def users_of_surge(self, tenant_id: str, surge_id: str) -> tuple[str, ...]:
        """User ids."""
        statement = (
            select(surge_users.c.user_id)
            .where(surge_users.c.tenant_id == tenant_id, surge_users.c.surge_id == surge_id)
            .order_by(surge_users.c.user_id)
        )
        return tuple(map(sys.intern, self._connection.execute(statement).scalars()))

    def add_users(self, tenant_id: str, surge_id: str, user_ids: Iterable[str], at: int) -> int:
        """Put users in; how many are new."""
        known = set(self.users_of_surge(tenant_id, surge_id))
        new = sorted(set(user_ids) - known)
        rows = ({"tenant_id": tenant_id, "surge_id": surge_id, "user_id": each, "joined_at": at} for each in new)
        insert_rows(self._connection, surge_users, rows)
        return len(new)

    def ask_briefing(self, tenant_id: str, surge_id: str, at: int) -> None:
        """A new briefing is due at this time, or earlier if it was already."""
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
        """Ids of surges whose briefing is due, the longest due first."""
        statement = (
            select(surges.c.id)
            .where(surges.c.tenant_id == tenant_id, surges.c.briefing_due <= now)
            .order_by(surges.c.briefing_due)
        )
        return tuple(self._connection.execute(statement).scalars())

    def next_briefing(self, tenant_id: str) -> int | None:
        """When the next briefing is due."""
        statement = select(func.min(surges.c.briefing_due)).where(surges.c.tenant_id == tenant_id)
        found: int | None = self._connection.execute(statement).scalar()
        return found

    def take_briefing(self, tenant_id: str, surge_id: str, until: int) -> None:
        """A briefing is being made: it is due again only at `until`, unless it is asked for anew."""
        self._connection.execute(
            update(surges).where(surges.c.tenant_id == tenant_id, surges.c.id == surge_id).values(briefing_due=until)
        )

    def settle_briefing(self, tenant_id: str, surge_id: str, *, taken_until: int, again_at: int | None) -> None:
        """A briefing was made: when the next is due, if any. What was asked for in the meantime stands."""
        self._connection.execute(
            update(surges)
            .where(surges.c.tenant_id == tenant_id, surges.c.id == surge_id, surges.c.briefing_due == taken_until)
            .values(briefing_due=again_at)
        )
