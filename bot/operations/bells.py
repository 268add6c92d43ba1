"""Who is to look at the tables now instead of in their next round. A missed ring costs only that wait."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field


class Bell(asyncio.Event):
    """An event that is also told to the other processes, where there are any."""

    def __init__(self, tell: Callable[[], None] | None = None) -> None:
        """`tell` is called with each ring; it must not block."""
        super().__init__()
        self._tell = tell

    def set(self) -> None:
        """Ring, here and wherever somebody else may have to look."""
        super().set()
        if self._tell is not None:
            self._tell()

    def hear(self) -> None:
        """Somebody else rang."""
        super().set()


@dataclass(slots=True)
class Bells:
    """One tenant's bells."""

    cards: Bell = field(default_factory=Bell)
    """The workspace's: all tenants share it."""
    clicks: Bell = field(default_factory=Bell)
    """The workspace's: a click waits for the one who does its tenant's work."""
    act: Bell = field(default_factory=Bell)
    brief: Bell = field(default_factory=Bell)
