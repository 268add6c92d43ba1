"""The change log behind users/delta."""

from collections.abc import Iterable
from typing import NamedTuple


class Change(NamedTuple):
    """One change of one user: which Graph properties, or that the user went."""

    user_id: str
    properties: frozenset[str]
    removed: bool


class Changes:
    """All changes since the tenant began; a position in it is a delta token."""

    def __init__(self) -> None:
        self._log: list[Change] = []

    @property
    def position(self) -> int:
        """Where the log ends now."""
        return len(self._log)

    def note(self, user_id: str, properties: Iterable[str] = (), *, removed: bool = False) -> None:
        """Write down a change."""
        self._log.append(Change(user_id, frozenset(properties), removed))

    def since(self, position: int, selected: frozenset[str]) -> list[str]:
        """Ids of the users whose selected properties changed, or who went, each once, oldest change first."""
        ids = {
            change.user_id: None
            for change in self._log[position:]
            if change.removed or not selected.isdisjoint(change.properties)
        }
        return list(ids)
