"""The change log behind users/delta."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Change(NamedTuple):
    """One change of one user: which Graph properties, or that the user went. `id` among them: the user came."""

    user_id: str
    properties: frozenset[str]
    removed: bool


class Changes:
    """All changes since the tenant began; a position in it is what a delta token stands for."""

    def __init__(self) -> None:
        self._log: list[Change] = []
        self.generation = 0
        """Tokens of another generation are gone."""

    @property
    def position(self) -> int:
        """Where the log ends now."""
        return len(self._log)

    def note(self, user_id: str, properties: Iterable[str] = (), *, removed: bool = False) -> None:
        """Write down a change."""
        self._log.append(Change(user_id, frozenset(properties), removed))

    def reset(self) -> None:
        """A synchronization reset, as Microsoft makes them for maintenance: every token issued so far is gone."""
        self.generation += 1

    def since(self, position: int, selected: frozenset[str]) -> Mapping[str, frozenset[str]]:
        """The users whose selected properties changed, or who came or went, and which of their properties changed."""
        found: dict[str, frozenset[str]] = {}
        for change in self._log[position:]:
            if change.removed or not (selected | {"id"}).isdisjoint(change.properties):
                found[change.user_id] = found.get(change.user_id, frozenset()) | change.properties
        return found
