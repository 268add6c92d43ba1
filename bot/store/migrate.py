"""Bring a database up to the present schema."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

_LOCK = 0x436F756E74657273
"""An advisory lock's number on PostgreSQL, so that replicas starting together migrate one after the other."""


def migrate(engine: Engine) -> None:
    """Run all revisions forward, in one transaction, under a lock. Does nothing where there is nothing to do."""
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
