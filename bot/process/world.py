"""Time and chance as they are outside: bot.ports.world.World for a running process."""

import secrets
import time


class RealWorld:
    """The system's clocks and its source of random bits."""

    def now(self) -> int:
        """Microseconds since 1970 UTC."""
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()

    def new_id(self) -> str:
        """128 random bits as 32 hex digits."""
        return secrets.token_hex(16)
