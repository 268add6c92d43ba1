"""How often each method may be called: docs.slack.dev/apis/web-api/rate-limits and the page of each method.

Slack says "N+ per minute" and forgives bursts; here N in any window of a minute is all there is.
"""

import math
from collections import defaultdict, deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """At most so many calls within any span of so many seconds."""

    calls: int
    seconds: float


TIER_2 = Window(20, 60)
TIER_3 = Window(50, 60)
TIER_4 = Window(100, 60)
HUNDREDS = Window(300, 60)
POST = Window(3, 3)  # "1 per second per channel", "short bursts of more than one allowed"
CONNECT = Window(10, 60)  # tier 1 says "1+ per minute", yet ten connections must be possible


class RateLimits:
    """Remembers the calls. `scale` divides every span: 10 makes a minute pass in six seconds."""

    def __init__(self, scale: float) -> None:
        self._scale = scale
        self._calls: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def refused_for(self, method: str, key: str, window: Window, now: float) -> int | None:
        """The Retry-After of a call at `now` (monotonic seconds), in whole seconds; None when it may pass."""
        span = window.seconds / self._scale
        calls = self._calls[method, key]
        while calls and calls[0] <= now - span:
            calls.popleft()
        if len(calls) >= window.calls:
            return max(1, math.ceil(calls[0] + span - now))
        calls.append(now)
        return None
