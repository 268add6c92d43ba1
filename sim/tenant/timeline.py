"""Logs: entries in the order of their instants, read newest first."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar


class Entry(Protocol):
    """A line of a log."""

    @property
    def at(self) -> int:
        """When it happened, in ticks."""
        ...

    @property
    def number(self) -> int:
        """Tells entries of one instant apart."""
        ...


E = TypeVar("E", bound=Entry)
Key = tuple[int, int]
BEGINNING, END = (-(2**62), -1), (2**62, -1)


def key(entry: Entry) -> Key:
    """Where an entry stands in its log."""
    return entry.at, entry.number


class Timeline(Generic[E]):
    """Entries that can be read page by page while newer ones come. A part of the past may be written only when it is
    read for the first time: `promise` says how.
    """

    def __init__(self) -> None:
        self._entries: list[E] = []
        self._promises: list[tuple[int, int, Callable[[], Iterable[E]]]] = []

    def __len__(self) -> int:
        self.keep_promises()
        return len(self._entries)

    def add(self, entry: E) -> None:
        """Write an entry; the newest ones cost nothing."""
        if not self._entries or key(self._entries[-1]) <= key(entry):
            self._entries.append(entry)
        else:
            insort(self._entries, entry, key=key)

    def extend(self, entries: Iterable[E]) -> None:
        """Write many entries in any order."""
        self._entries.extend(entries)
        self._entries.sort(key=key)

    def promise(self, start: int, end: int, write: Callable[[], Iterable[E]]) -> None:
        """Entries between two instants (ticks, both included) that are written at the first look at that time."""
        self._promises.append((start, end, write))

    def newest(self, start: int = BEGINNING[0], end: int = END[0], before: Key = END) -> Iterator[E]:
        """Entries between two instants (both included) and before a place, newest first; promises are kept only as
        far as it is read. Not to be added to while it is read.
        """
        place = min(before, (end + 1, -1))
        position = bisect_left(self._entries, place, key=key)
        while True:
            entry = self._entries[position - 1] if position > 0 else None
            reached = start if entry is None else max(start, entry.at)
            if self._promises and self.keep_promises(reached, place[0]):
                position = bisect_left(self._entries, place, key=key)
                continue
            if entry is None or entry.at < start:
                return
            yield entry
            position, place = position - 1, key(entry)

    def written(self, start: int = BEGINNING[0], end: int = END[0]) -> Iterator[E]:
        """Entries between two instants (both included), newest first, without what is only promised."""
        position = bisect_left(self._entries, (end + 1, -1), key=key)
        while position > 0 and self._entries[position - 1].at >= start:
            position -= 1
            yield self._entries[position]

    def keep_promises(self, start: int = BEGINNING[0], end: int = END[0]) -> bool:
        """Write what was promised of the time between two instants (both included); whether there was any."""
        due = [promise for promise in self._promises if promise[0] <= end and promise[1] >= start]
        if due:
            self._promises = [promise for promise in self._promises if promise not in due]
            self.extend(entry for *_, write in due for entry in write())
        return bool(due)
