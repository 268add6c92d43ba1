"""The database under examination: bot.ports.examination.StoreExamination."""

import os
from pathlib import Path

from sqlalchemy import Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.ports.examination import DatabaseFacts, DatabaseState
from bot.store.engine import open_engine
from bot.store.migrate import known_revisions, newest_revision
from bot.store.tables import one_time_codes


class ExaminedStore:
    """Looks at a database by its URL; makes and changes nothing, and takes no lock that a running bot would miss."""

    def __init__(self, url: str) -> None:
        self._url = url

    def database(self) -> DatabaseFacts:
        """What is there."""
        try:
            parsed = make_url(self._url)
        except Exception:  # noqa: BLE001 - SQLAlchemy raises several kinds, and their texts may hold the password
            return DatabaseFacts("database", DatabaseState.UNUSABLE, "COUNTERSIGN_DATABASE_URL is not a database URL")
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        kind = f"{parsed.get_backend_name()} at {parsed.host or 'a local socket'}"
        try:
            engine = open_engine(self._url)
        except ValueError as problem:
            return DatabaseFacts(kind, DatabaseState.UNUSABLE, str(problem))
        return _looked_at(kind, engine)


def _sqlite(url: URL) -> DatabaseFacts:
    path = Path(url.database or "")
    kind = f"SQLite at {path}"
    if not path.exists():
        folder = next((each for each in path.absolute().parents if each.exists()), None)
        if folder is None or not folder.is_dir() or not os.access(folder, os.W_OK):
            return DatabaseFacts(kind, DatabaseState.UNUSABLE, "its folder can't be made or written to")
        return DatabaseFacts(kind, DatabaseState.ABSENT)
    if not os.access(path, os.R_OK | os.W_OK) or not os.access(path.parent, os.W_OK):
        return DatabaseFacts(kind, DatabaseState.UNUSABLE, "this user may not write to it, or to its folder")
    engine = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")

    @event.listens_for(engine, "connect")
    def _be_patient(connection: object, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=5000")  # type: ignore[attr-defined]  # the driver's own connection

    return _looked_at(kind, engine)


def _looked_at(kind: str, engine: Engine) -> DatabaseFacts:
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return DatabaseFacts(kind, DatabaseState.OLDER)
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
            if set(found) == {newest_revision()}:
                enrolled = connection.execute(select(one_time_codes.c.user_id)).scalars().all()
                return DatabaseFacts(kind, DatabaseState.READY, enrolled=frozenset(enrolled))
    except SQLAlchemyError as problem:
        cause = " ".join(str(getattr(problem, "orig", None) or type(problem).__name__).split())
        return DatabaseFacts(kind, DatabaseState.UNUSABLE, f"it can't be reached or read: {cause[:200]}")
    finally:
        engine.dispose()
    strange = sorted(set(found) - set(known_revisions()))
    if strange:
        return DatabaseFacts(kind, DatabaseState.NEWER, f"revision {strange[0]}")
    return DatabaseFacts(kind, DatabaseState.OLDER)
