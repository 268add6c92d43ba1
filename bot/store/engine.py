"""The engine: SQLite for one process, PostgreSQL for many; the same code above."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url

BUSY_MILLISECONDS = 30_000
ONLY_READS = "only_reads"
"""An execution option: this transaction writes nothing, so it need not wait in line with those that do."""


def open_engine(url: str) -> Engine:
    """An engine for a database URL. Raises ValueError for a URL that can't be read or a database we don't support."""
    try:
        parsed = make_url(url)
    except Exception as problem:
        raise ValueError("it is not a database URL such as sqlite:////data/countersign.sqlite3") from problem
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        return _sqlite(create_engine(parsed.set(drivername="sqlite")))
    if backend == "postgresql":
        try:
            return create_engine(
                parsed.set(drivername="postgresql+psycopg"), isolation_level="SERIALIZABLE", pool_pre_ping=True
            )
        except ImportError as problem:
            raise ValueError("its driver is missing. Install countersign[postgres], or use sqlite") from problem
    raise ValueError(f"{backend} is not supported; use sqlite or postgresql")


def _sqlite(engine: Engine) -> Engine:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            f"busy_timeout={BUSY_MILLISECONDS}",
            "foreign_keys=ON",
            "synchronous=FULL",
            "cache_size=-2000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy passes its connection
        only_reads = connection.get_execution_options().get(ONLY_READS)
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    return engine
