"""Time and chance, which come in from outside so that the core stays a function of its values."""

from typing import Protocol


class World(Protocol):
    """The clock and the source of identifiers."""

    def now(self) -> int:
        """Now, in microseconds since 1970 UTC."""

    def monotonic(self) -> float:
        """Seconds on a clock that never jumps, for intervals within this process."""

    def new_id(self) -> str:
        """128 random bits as 32 hex digits."""
