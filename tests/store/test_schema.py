"""The schema, the engine, and the one process that SQLite serves."""

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from bot.store.engine import open_engine
from bot.store.migrate import is_current, migrate
from bot.store.sole import SecondProcessError, sole_lock
from bot.store.tables import metadata

MIGRATE = """
import sys
from bot.store.engine import open_engine
from bot.store.migrate import migrate
migrate(open_engine(sys.argv[1]))
"""


@pytest.fixture
def engine(empty_database_url):
    engine = open_engine(empty_database_url)
    yield engine
    engine.dispose()


def test_the_migrated_schema_is_the_one_the_code_knows(engine):
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_what_is_compared_would_show_a_difference(engine):
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX uq_requests_one_pending_a_plan"))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) != []


def test_migrating_twice_changes_nothing_and_loses_nothing(engine):
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO leases (name, holder, epoch, until) VALUES ('a', 'b', 1, 2)"))
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT name, holder, epoch, until FROM leases")).all() == [("a", "b", 1, 2)]
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
    assert set(inspect(engine).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_a_database_that_is_up_to_date_is_known_without_migrating_it(engine):
    url = engine.url.render_as_string(hide_password=False)
    assert not is_current(url)
    migrate(engine)
    assert is_current(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert not is_current(url)


def test_processes_that_start_together_migrate_one_after_the_other(empty_postgresql_url):
    command = [sys.executable, "-c", MIGRATE, empty_postgresql_url]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]


@pytest.mark.parametrize("table", sorted(set(metadata.tables) - {"leases", "clicks"}))
def test_every_key_names_the_tenant(table):
    assert "tenant_id" in metadata.tables[table].primary_key.columns


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("busy_timeout", 30_000), ("foreign_keys", 1), ("synchronous", 2)],
)
def test_sqlite_is_told_how_to_be_safe_on_every_connection(sqlite_url, pragma, value):
    engine = open_engine(sqlite_url)
    with engine.connect() as one, engine.connect() as two:
        assert one.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
        one.rollback()
        assert two.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
    engine.dispose()


def test_a_transaction_on_sqlite_takes_the_write_lock_as_it_begins(sqlite_url):
    engine, second = open_engine(sqlite_url), open_engine(sqlite_url)
    with engine.begin(), second.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
        raw = other.connection.driver_connection
        raw.execute("PRAGMA busy_timeout=0")
        with pytest.raises(raw.OperationalError, match="locked"):
            raw.execute("BEGIN IMMEDIATE")
    engine.dispose()
    second.dispose()


@pytest.mark.parametrize(
    "url", ["mysql://u:geheim@h/d", "not a url", "", "postgresql://u:geheim@h:port/d", "oracle://h"]
)
def test_a_database_that_is_not_supported_is_refused_without_its_password(url):
    with pytest.raises(ValueError, match=r"database|supported") as refused:
        open_engine(url)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_any_postgresql_url_uses_the_driver_that_is_installed(scheme):
    engine = open_engine(f"{scheme}://somebody@localhost/database")
    assert engine.url.drivername == "postgresql+psycopg"
    engine.dispose()


def test_a_postgresql_without_its_driver_is_refused_with_the_mend(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ValueError, match=r"Install countersign\[postgres\]"):
        open_engine("postgresql://h/d")


TAKE = """
import sys
from bot.store.sole import sole_lock
lock = sole_lock(sys.argv[1])
lock.take()
print("taken", flush=True)
input()
"""


def test_a_second_process_is_refused_until_the_first_is_dead(sqlite_url):
    first = subprocess.Popen(
        [sys.executable, "-c", TAKE, sqlite_url], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert first.stdout.readline() == "taken\n"
    lock = sole_lock(sqlite_url)
    with pytest.raises(SecondProcessError, match=r"countersign\.sqlite3\.lock"):
        lock.take()
    first.kill()
    first.communicate()
    lock.take()
    lock.release()


def test_a_lock_given_back_can_be_taken_again(sqlite_url):
    first, second = sole_lock(sqlite_url), sole_lock(sqlite_url)
    first.take()
    with pytest.raises(SecondProcessError):
        second.take()
    first.release()
    second.take()
    second.release()


@pytest.mark.parametrize("url", ["postgresql://h/d", "sqlite://", "sqlite:///:memory:"])
def test_only_a_sqlite_file_is_for_one_process(url):
    assert sole_lock(url) is None
