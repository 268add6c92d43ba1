"""How far the detections of a tenant have been read."""

from dataclasses import asdict, dataclass

from sqlalchemy import select

from bot.store.rows import Repository, upsert_rows
from bot.store.tables import watches


@dataclass(frozen=True, slots=True)
class Watch:
    """How far a tenant's detections have been read."""

    tenant_id: str
    read_through: int | None = None
    """When the last complete reading began; None before the first."""
    deep_read_at: int | None = None
    """When the last complete reading with the long overlap began."""
    pages_in_overlap: int = 0
    """How many pages the long overlap took last time."""
    risky_through: int | None = None
    """When the last complete reading of risky users began."""
    tenant_users: int | None = None
    tenant_users_at: int | None = None
    history_read_at: int | None = None
    """When the reading of the past months ended; None while it has not."""
    problem: str = ""
    """Why the last reading failed; empty when it did not."""


class Watches(Repository):
    """One row a tenant."""

    def watch_of(self, tenant_id: str) -> Watch:
        """The state of the watch; a new one where there is none yet."""
        row = self._connection.execute(select(watches).where(watches.c.tenant_id == tenant_id)).mappings().first()
        return Watch(**row) if row else Watch(tenant_id)

    def keep_watch(self, watch: Watch) -> None:
        """Keep it."""
        upsert_rows(self._connection, watches, [asdict(watch)])
