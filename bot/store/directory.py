"""What was read for the whole tenant before any surge: its directory, and the nightly readings by name."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, fields

from sqlalchemy import Connection, RowMapping, delete, func, select, update

from bot.ports.watching import Reading
from bot.store.rows import MOST_KEYS, insert_rows, select_by_keys, upsert_rows
from bot.store.tables import directory_users, readings
from bot.watch.profile import DirectoryUser

_COLUMNS = [directory_users.c[field.name] for field in fields(DirectoryUser)]


def _user(row: RowMapping) -> DirectoryUser:
    return DirectoryUser(**row)


class DirectoryUserRows:
    """bot.ports.watching.DirectoryUsers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, tenant_id: str, users: Iterable[DirectoryUser]) -> None:
        upsert_rows(self._connection, directory_users, ({"tenant_id": tenant_id} | asdict(user) for user in users))

    def remove(self, tenant_id: str, user_ids: Collection[str]) -> None:
        wanted = sorted(set(user_ids))
        for start in range(0, len(wanted), MOST_KEYS):
            named = directory_users.c.user_id.in_(wanted[start : start + MOST_KEYS])
            self._connection.execute(delete(directory_users).where(directory_users.c.tenant_id == tenant_id, named))

    def clear(self, tenant_id: str) -> None:
        self._connection.execute(delete(directory_users).where(directory_users.c.tenant_id == tenant_id))

    def get(self, tenant_id: str, user_ids: Collection[str]) -> dict[str, DirectoryUser]:
        found = select_by_keys(
            self._connection,
            _COLUMNS,
            directory_users.c.user_id,
            user_ids,
            directory_users.c.tenant_id == tenant_id,
        )
        return {row["user_id"]: _user(row) for row in found}

    def known(self, tenant_id: str, user_ids: Collection[str]) -> frozenset[str]:
        column = directory_users.c.user_id
        found = select_by_keys(self._connection, [column], column, user_ids, directory_users.c.tenant_id == tenant_id)
        return frozenset(row["user_id"] for row in found)

    def count(self, tenant_id: str) -> int:
        statement = select(func.count()).select_from(directory_users).where(directory_users.c.tenant_id == tenant_id)
        found: int = self._connection.execute(statement).scalar_one()
        return found

    def everyone(self, tenant_id: str) -> Iterator[DirectoryUser]:
        statement = select(*_COLUMNS).where(directory_users.c.tenant_id == tenant_id)
        rows = self._connection.execution_options(yield_per=MOST_KEYS).execute(statement).mappings()
        for row in rows:
            yield _user(row)


class ReadingRows:
    """bot.ports.watching.Readings."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._got: dict[tuple[str, str], Reading | None] = {}
        """Within one transaction the same is asked for again and again, and some bodies are large."""

    def get(self, tenant_id: str, name: str) -> Reading | None:
        if (tenant_id, name) not in self._got:
            statement = select(readings).where(readings.c.tenant_id == tenant_id, readings.c.name == name)
            row = self._connection.execute(statement).mappings().first()
            found = Reading(row["name"], row["read_at"], row["body"], row["problem"]) if row else None
            self._got[tenant_id, name] = found
        return self._got[tenant_id, name]

    def keep(self, tenant_id: str, name: str, body: bytes, read_at: int) -> None:
        self._got.clear()
        row = {"tenant_id": tenant_id, "name": name, "read_at": read_at, "body": body, "problem": ""}
        upsert_rows(self._connection, readings, [row], newer="read_at")

    def fail(self, tenant_id: str, name: str, problem: str) -> None:
        self._got.clear()
        row = {"tenant_id": tenant_id, "name": name, "read_at": 0, "body": b"", "problem": problem}
        insert_rows(self._connection, readings, [row])
        self._connection.execute(
            update(readings).where(readings.c.tenant_id == tenant_id, readings.c.name == name).values(problem=problem)
        )

    def forget(self, tenant_id: str, name: str) -> None:
        self._got.clear()
        self._connection.execute(delete(readings).where(readings.c.tenant_id == tenant_id, readings.c.name == name))
