"""What the sign-in log said of the users of a surge."""

import sys
from collections.abc import Iterable
from dataclasses import asdict, fields

from sqlalchemy import or_, select

from bot.store.rows import Repository, upsert_rows
from bot.store.tables import impacts, outcomes, runs
from bot.watch.impact import Impact

_COLUMNS = [impacts.c[field.name] for field in fields(Impact)]


class Impacts(Repository):
    """What the sign-in log said of each user of a surge who was stopped."""

    def keep_impacts(self, tenant_id: str, surge_id: str, found: Iterable[Impact]) -> None:
        """Insert or update."""
        key = {"tenant_id": tenant_id, "surge_id": surge_id}
        upsert_rows(self._connection, impacts, (key | asdict(impact) for impact in found))

    def impacts_of(self, tenant_id: str, surge_id: str) -> dict[str, Impact]:
        """By user id; users who were never stopped are left out."""
        statement = select(*_COLUMNS).where(impacts.c.tenant_id == tenant_id, impacts.c.surge_id == surge_id)
        found = (Impact(sys.intern(row[0]), *row[1:]) for row in self._connection.execute(statement))
        return {impact.user_id: impact for impact in found}

    def blocked_users(self, tenant_id: str, surge_id: str) -> frozenset[str]:
        """User ids who were blocked and have not signed in since, as far as was read."""
        statement = select(impacts.c.user_id).where(
            impacts.c.tenant_id == tenant_id,
            impacts.c.surge_id == surge_id,
            impacts.c.blocked_since.is_not(None),
            or_(impacts.c.succeeded_at.is_(None), impacts.c.succeeded_at <= impacts.c.blocked_last),
        )
        return frozenset(self._connection.execute(statement).scalars())

    def cleared_at(self, tenant_id: str, surge_id: str) -> dict[str, int]:
        """By user id: when the clean-up was last verified (microseconds UTC)."""
        statement = (
            select(outcomes.c.user_id, outcomes.c.verified_at)
            .join(runs, (runs.c.tenant_id == outcomes.c.tenant_id) & (runs.c.id == outcomes.c.run_id))
            .where(
                runs.c.tenant_id == tenant_id,
                runs.c.surge_id == surge_id,
                outcomes.c.verified_at.is_not(None),
            )
            .order_by(outcomes.c.verified_at)
        )
        return dict(iter(self._connection.execute(statement)))
