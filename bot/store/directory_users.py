"""The whole directory of a tenant."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, fields

from sqlalchemy import RowMapping, delete, func, select

from bot.store.rows import MOST_KEYS, Repository, select_by_keys, upsert_rows
from bot.store.tables import directory_users
from bot.watch.profile import DirectoryUser

_COLUMNS = [directory_users.c[field.name] for field in fields(DirectoryUser)]


def _user(row: RowMapping) -> DirectoryUser:
    return DirectoryUser(**row)


class DirectoryUsers(Repository):
    """The tenant's whole directory as it was read last. It is large: nothing gives all of it at once."""

    def keep_directory_users(self, tenant_id: str, users: Iterable[DirectoryUser]) -> None:
        """Insert or update."""
        upsert_rows(self._connection, directory_users, ({"tenant_id": tenant_id} | asdict(user) for user in users))

    def remove_directory_users(self, tenant_id: str, user_ids: Collection[str]) -> None:
        """Users who were deleted."""
        wanted = sorted(set(user_ids))
        for start in range(0, len(wanted), MOST_KEYS):
            named = directory_users.c.user_id.in_(wanted[start : start + MOST_KEYS])
            self._connection.execute(delete(directory_users).where(directory_users.c.tenant_id == tenant_id, named))

    def forget_directory(self, tenant_id: str) -> None:
        """Everybody: it is read anew from the start."""
        self._connection.execute(delete(directory_users).where(directory_users.c.tenant_id == tenant_id))

    def directory_users_by_id(self, tenant_id: str, user_ids: Collection[str]) -> dict[str, DirectoryUser]:
        """By user id; whoever is not there is left out."""
        found = select_by_keys(
            self._connection,
            _COLUMNS,
            directory_users.c.user_id,
            user_ids,
            directory_users.c.tenant_id == tenant_id,
        )
        return {row["user_id"]: _user(row) for row in found}

    def known_ids(self, tenant_id: str, user_ids: Collection[str]) -> frozenset[str]:
        """Which of these are there."""
        column = directory_users.c.user_id
        found = select_by_keys(self._connection, [column], column, user_ids, directory_users.c.tenant_id == tenant_id)
        return frozenset(row["user_id"] for row in found)

    def count_directory_users(self, tenant_id: str) -> int:
        """How many are there."""
        statement = select(func.count()).select_from(directory_users).where(directory_users.c.tenant_id == tenant_id)
        found: int = self._connection.execute(statement).scalar_one()
        return found

    def everyone(self, tenant_id: str) -> Iterator[DirectoryUser]:
        """One after the other, in no order; only some hundred lie in memory. Read to the end within the transaction."""
        statement = select(*_COLUMNS).where(directory_users.c.tenant_id == tenant_id)
        rows = self._connection.execution_options(yield_per=MOST_KEYS).execute(statement).mappings()
        for row in rows:
            yield _user(row)
