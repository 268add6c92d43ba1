"""Bring a database up to the present schema.

At start this runs as a process of its own (`python -m bot.store.migrate`, the URL on standard input): Alembic is
needed for a moment and would stay in the bot's memory for life.
"""

import subprocess
import sys
from importlib.resources import files

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from bot.store.engine import open_engine

_LOCK = 0x436F756E74657273
"""An advisory lock's number on PostgreSQL, so that replicas starting together migrate one after the other."""


def migrate(engine: Engine) -> None:
    """Run all revisions forward, in one transaction, under a lock. Does nothing where there is nothing to do."""
    from alembic import command  # noqa: PLC0415 - not in the bot's own process
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.set_main_option("path_separator", "os")
    shared = engine.dialect.name == "postgresql"
    if shared:  # a serializable snapshot would be older than the lock, and not show what another replica just made
        engine = engine.execution_options(isolation_level="READ COMMITTED")
    with engine.begin() as connection:
        if shared:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


class MigrationError(Exception):
    """The database can't be opened, or not be brought up to date; the message says why."""


def known_revisions() -> list[str]:
    """All revisions in order, by the names of the files: no need of Alembic for that."""
    names = [each.name for each in files("bot.store.migrations.versions").iterdir()]
    return sorted(name.partition("_")[0] for name in names if name[:1].isdigit() and name.endswith(".py"))


def newest_revision() -> str:
    """The revision that this version's tables are of."""
    return known_revisions()[-1]


def is_current(url: str) -> bool:
    """Whether there is nothing to migrate. What can't be read is not current: migrating says why."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError:
        return False
    else:
        return bool(found == newest_revision())
    finally:
        engine.dispose()


def migrate_apart(url: str) -> None:
    """Migrate in a process of its own, where there is something to migrate. Raises MigrationError."""
    if is_current(url):
        return
    command = [sys.executable, "-m", "bot.store.migrate"]
    done = subprocess.run(command, input=url, capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
    if done.returncode:
        raise MigrationError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no reason was given")


def main() -> None:
    """Migrate the database whose URL is on standard input; exit 1 with one line where it can't be done."""
    try:
        migrate(open_engine(sys.stdin.read().strip()))
    except SQLAlchemyError as problem:
        cause = getattr(problem, "orig", None) or problem
        sys.stderr.write(" ".join(str(cause).split())[:300] + "\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
