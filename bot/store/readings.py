"""What was read for a whole tenant, by name, with why the last try failed."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from bot.store.rows import insert_rows, upsert_rows
from bot.store.tables import readings


@dataclass(frozen=True, slots=True)
class TenantReading:
    """Something that was read for the whole tenant."""

    name: str
    read_at: int
    """When the last good reading began (microseconds UTC); 0 while there was none."""
    body: bytes
    """What it brought, as its reader packed it."""
    problem: str
    """Why the last try failed; empty when it did not. What was read before stands, with its age."""


class Readings:
    """What was read for the whole tenant, by name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._got: dict[tuple[str, str], TenantReading | None] = {}
        """Within one transaction the same is asked for again and again, and some bodies are large."""

    def reading_named(self, tenant_id: str, name: str) -> TenantReading | None:
        """The last reading; None where it was never tried."""
        if (tenant_id, name) not in self._got:
            statement = select(readings).where(readings.c.tenant_id == tenant_id, readings.c.name == name)
            row = self._connection.execute(statement).mappings().first()
            found = TenantReading(row["name"], row["read_at"], row["body"], row["problem"]) if row else None
            self._got[tenant_id, name] = found
        return self._got[tenant_id, name]

    def keep_reading(self, tenant_id: str, name: str, body: bytes, read_at: int) -> None:
        """A reading that was good: its problem is gone. An older one never overwrites a newer one."""
        self._got.clear()
        row = {"tenant_id": tenant_id, "name": name, "read_at": read_at, "body": body, "problem": ""}
        upsert_rows(self._connection, readings, [row], newer="read_at")

    def keep_problem(self, tenant_id: str, name: str, problem: str) -> None:
        """A try that failed: the last good reading stands with its age."""
        self._got.clear()
        row = {"tenant_id": tenant_id, "name": name, "read_at": 0, "body": b"", "problem": problem}
        insert_rows(self._connection, readings, [row])
        self._connection.execute(
            update(readings).where(readings.c.tenant_id == tenant_id, readings.c.name == name).values(problem=problem)
        )

    def forget_reading(self, tenant_id: str, name: str) -> None:
        """As if it had never been read."""
        self._got.clear()
        self._connection.execute(delete(readings).where(readings.c.tenant_id == tenant_id, readings.c.name == name))
