"""Things by id, in the order of their ids: random ids, so in no order of time."""

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar


class Identified(Protocol):
    """Whatever has an id."""

    @property
    def id(self) -> str:
        """What it is found by."""
        ...


T = TypeVar("T", bound=Identified)


class Shelf(Generic[T]):
    """A table that can be read page by page while rows come and go."""

    def __init__(self, things: Iterable[T] = ()) -> None:
        self._things = {thing.id: thing for thing in things}
        self._ids = sorted(self._things)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, identifier: object) -> bool:
        return identifier in self._things

    def __getitem__(self, identifier: str) -> T:
        return self._things[identifier]

    def get(self, identifier: str) -> T | None:
        """The thing of this id, if it is here."""
        return self._things.get(identifier)

    def put(self, thing: T) -> None:
        """Add a thing, or replace the one of the same id."""
        if thing.id not in self._things:
            insort(self._ids, thing.id)
        self._things[thing.id] = thing

    def discard(self, identifier: str) -> None:
        """Take a thing out; one that isn't here is no error."""
        if self._things.pop(identifier, None) is not None:
            del self._ids[bisect_right(self._ids, identifier) - 1]

    def after(self, identifier: str) -> Iterator[T]:
        """All things whose id comes after this one ('' for all). Not to be changed while it is read."""
        for position in range(bisect_right(self._ids, identifier), len(self._ids)):
            yield self._things[self._ids[position]]

    def __iter__(self) -> Iterator[T]:
        return self.after("")
