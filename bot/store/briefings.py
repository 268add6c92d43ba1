"""Briefings, never changed."""

import msgspec
from sqlalchemy import select

from bot.store.rows import Repository, insert_rows
from bot.store.tables import briefings
from bot.watch.briefing import Briefing


class Briefings(Repository):
    """Briefings, never changed."""

    def add_briefing(self, tenant_id: str, briefing: Briefing) -> None:
        """Keep a revision."""
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

    def latest_briefing(self, tenant_id: str, surge_id: str) -> Briefing | None:
        """The newest revision."""
        statement = (
            select(briefings.c.body)
            .where(briefings.c.tenant_id == tenant_id, briefings.c.surge_id == surge_id)
            .order_by(briefings.c.revision.desc())
            .limit(1)
        )
        body = self._connection.execute(statement).scalar()
        return msgspec.json.decode(body, type=Briefing) if body else None
