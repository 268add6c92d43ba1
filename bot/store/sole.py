"""SQLite serves one process: a lock on a file beside the database, held for life."""

import fcntl
import os
from pathlib import Path

from sqlalchemy.engine import make_url


class SecondProcessError(Exception):
    """Another `countersign run` has this database."""


class SoleLock:
    """Held from `take` until the process ends; a frozen or forgotten process keeps it, a dead one does not."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock. Raises SecondProcessError, which names the file."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise SecondProcessError(str(self._path)) from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Give it back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def sole_lock(url: str) -> SoleLock | None:
    """The lock that goes with a database URL; None where several processes may share the database."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return SoleLock(Path(parsed.database + ".lock"))
