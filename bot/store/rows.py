"""Writing and reading rows, the same on SQLite and PostgreSQL."""

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, CursorResult, Row, RowMapping, Table, select
from sqlalchemy.dialects import postgresql, sqlite

MOST_ROWS = 1_000
MOST_KEYS = 500
"""How many keys one statement names: few enough that a statement stays small and is compiled once."""


class Repository:
    """What the repositories rest on: the connection of the transaction that is open."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


def insert_rows(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert; a key that is there already is left as it is."""
    statement = _dialect_insert(connection, table).on_conflict_do_nothing()
    for chunk in _chunks(rows):
        connection.execute(statement, chunk)


def upsert_rows(
    connection: Connection,
    table: Table,
    rows: Iterable[Mapping[str, Any]],
    *,
    keep: Collection[str] = (),
    newer: str | None = None,
) -> None:
    """Insert or update by primary key. Columns in `keep` are not updated; `newer` names a column that must not fall."""
    chunks = _chunks(rows)
    first = next(chunks, None)
    if first is None:
        return
    statement = _dialect_insert(connection, table)
    keys = [column.name for column in table.primary_key]
    changed = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in keys and column.name not in keep and column.name in first[0]
    }
    where = table.c[newer] <= statement.excluded[newer] if newer else None
    statement = statement.on_conflict_do_update(index_elements=keys, set_=changed, where=where)
    for chunk in itertools.chain([first], chunks):
        connection.execute(statement, chunk)


def _chunks(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """A thousand rows at a time, so that tens of thousands need not lie in memory together."""
    remaining = iter(rows)
    while chunk := [dict(row) for row in itertools.islice(remaining, MOST_ROWS)]:
        yield chunk


def _dialect_insert(connection: Connection, table: Table) -> Any:  # noqa: ANN401 - the two dialects' inserts share no type
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def select_by_keys(
    connection: Connection,
    columns: Sequence[ColumnElement[Any]],
    key: ColumnElement[str],
    keys: Iterable[str],
    *where: ColumnElement[bool],
) -> Iterator[RowMapping]:
    """These columns of the rows whose key is one of many, some hundred keys a statement."""
    for found in _results_by_keys(connection, columns, key, keys, where):
        yield from found.mappings()


def tuples_by_keys(
    connection: Connection,
    columns: Sequence[ColumnElement[Any]],
    key: ColumnElement[str],
    keys: Iterable[str],
    *where: ColumnElement[bool],
) -> Iterator[Row[Any]]:
    """The same as tuples, which tens of thousands of rows are read by in half the time."""
    for found in _results_by_keys(connection, columns, key, keys, where):
        yield from found.all()


def _results_by_keys(
    connection: Connection,
    columns: Sequence[ColumnElement[Any]],
    key: ColumnElement[str],
    keys: Iterable[str],
    where: tuple[ColumnElement[bool], ...],
) -> Iterator[CursorResult[Any]]:
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), MOST_KEYS):
        yield connection.execute(select(*columns).where(key.in_(wanted[start : start + MOST_KEYS]), *where))
