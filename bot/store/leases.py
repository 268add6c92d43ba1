"""Leases on the clock of the database."""

from dataclasses import dataclass

from sqlalchemy import select, text, update

from bot.store.rows import Repository, insert_rows
from bot.store.tables import leases
from bot.watch.durations import SECOND


class LeaseLostError(Exception):
    """Another process holds the lease now: stop at once, write nothing more."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Proof of a lease: every transaction of its holder checks it."""

    name: str
    holder: str
    epoch: int


_CLOCKS = {
    "sqlite": "SELECT CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
    "postgresql": "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
}


class Leases(Repository):
    """Who does whose work. All on the database's clock."""

    def _now(self) -> int:
        return int(self._connection.execute(text(_CLOCKS[self._connection.dialect.name])).scalar_one())

    def claim_lease(self, name: str, holder: str, seconds: float) -> Hold | None:
        """Take or renew the lease for so many seconds; None while somebody else holds it."""
        now = self._now()
        until = now + int(seconds * SECOND)
        insert_rows(self._connection, leases, [{"name": name, "holder": "", "epoch": 0, "until": 0}])
        row = self._connection.execute(select(leases).where(leases.c.name == name).with_for_update()).mappings().one()
        if row["holder"] != holder and row["until"] >= now:
            return None
        epoch = row["epoch"] + (row["holder"] != holder)
        self._connection.execute(
            update(leases).where(leases.c.name == name).values(holder=holder, epoch=epoch, until=until)
        )
        return Hold(name, holder, epoch)

    def require_lease(self, hold: Hold) -> None:
        """Raise LeaseLostError unless the lease still stands."""
        row = self._connection.execute(select(leases).where(leases.c.name == hold.name)).mappings().first()
        if row is None or row["holder"] != hold.holder or row["epoch"] != hold.epoch or row["until"] < self._now():
            raise LeaseLostError(hold.name)

    def release_lease(self, hold: Hold) -> None:
        """Give the lease back, so that another may take it at once."""
        self._connection.execute(
            update(leases)
            .where(leases.c.name == hold.name, leases.c.holder == hold.holder, leases.c.epoch == hold.epoch)
            .values(holder="", until=0)
        )

    def clear_leases(self) -> None:
        """End every lease: only for a process that knows by other means that no other one lives."""
        self._connection.execute(update(leases).values(holder="", until=0))
