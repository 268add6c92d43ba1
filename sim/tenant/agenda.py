"""What will happen by itself: computed when somebody looks, by no task in the background."""

import heapq
from collections.abc import Callable
from itertools import count


class Agenda:
    """Things that fall due at an instant (ticks), done in order of time."""

    def __init__(self) -> None:
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._sequence = count()

    def add(self, at: int, deed: Callable[[], None]) -> None:
        """Let the deed be done at the first look at or after this instant."""
        heapq.heappush(self._due, (at, next(self._sequence), deed))

    def settle(self, now: int) -> None:
        """Do all that has fallen due."""
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2]()

    def __len__(self) -> int:
        return len(self._due)
