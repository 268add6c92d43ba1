"""Leases on the database's clock, each with an epoch that rises whenever the holder changes."""

from sqlalchemy import Connection, select, text, update

from bot.ports.store import Hold, LeaseLostError
from bot.store.rows import insert_rows
from bot.store.tables import leases

_CLOCKS = {
    "sqlite": "SELECT CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
    "postgresql": "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
}


class LeaseRows:
    """bot.ports.store.Leases."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _now(self) -> int:
        return int(self._connection.execute(text(_CLOCKS[self._connection.dialect.name])).scalar_one())

    def claim(self, name: str, holder: str, seconds: float) -> Hold | None:
        now = self._now()
        until = now + int(seconds * 1_000_000)
        insert_rows(self._connection, leases, [{"name": name, "holder": "", "epoch": 0, "until": 0}])
        row = self._connection.execute(select(leases).where(leases.c.name == name).with_for_update()).mappings().one()
        if row["holder"] != holder and row["until"] >= now:
            return None
        epoch = row["epoch"] + (row["holder"] != holder)
        self._connection.execute(
            update(leases).where(leases.c.name == name).values(holder=holder, epoch=epoch, until=until)
        )
        return Hold(name, holder, epoch)

    def require(self, hold: Hold) -> None:
        row = self._connection.execute(select(leases).where(leases.c.name == hold.name)).mappings().first()
        if row is None or row["holder"] != hold.holder or row["epoch"] != hold.epoch or row["until"] < self._now():
            raise LeaseLostError(hold.name)

    def release(self, hold: Hold) -> None:
        self._connection.execute(
            update(leases)
            .where(leases.c.name == hold.name, leases.c.holder == hold.holder, leases.c.epoch == hold.epoch)
            .values(holder="", until=0)
        )

    def clear(self) -> None:
        self._connection.execute(update(leases).values(holder="", until=0))
