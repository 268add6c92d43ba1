"""Slack's rates, kept by waiting before a call: a call that is refused helps nobody.

docs.slack.dev/apis/web-api/rate-limits: chat.postMessage one a second and channel, the tiers 20, 50 and 100 a minute.
"""

import asyncio
import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

MARGIN = 1.05
"""Two calls arrive closer together than they were sent, when the net is uneven."""


@dataclass(frozen=True, slots=True)
class Pace:
    """At most so many calls within any span of so many seconds."""

    calls: int
    seconds: float


TIER_2 = Pace(20, 60)
TIER_3 = Pace(50, 60)
TIER_4 = Pace(100, 60)
PACES: dict[str, Pace] = {
    "chat.postMessage": Pace(1, 1),
    "chat.update": TIER_3,
    "chat.postEphemeral": TIER_4,
    "chat.getPermalink": Pace(300, 60),
    "conversations.open": TIER_3,
    "conversations.info": TIER_3,
    "conversations.history": TIER_3,
    "conversations.replies": TIER_3,
    "usergroups.users.list": TIER_2,
    "users.info": TIER_4,
    "views.open": TIER_4,
    "views.update": TIER_4,
}


class TooLateError(Exception):
    """The next slot comes later than the caller can wait. `seconds` until it comes."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no slot for {seconds:.1f} s")
        self.seconds = seconds


@dataclass(slots=True)
class Rates:
    """The calls of this process, by method and key. monotonic: seconds. speed: 10 makes a minute six seconds long."""

    monotonic: Callable[[], float]
    speed: float = 1.0
    _sent: dict[tuple[str, str], deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _not_before: dict[tuple[str, str], float] = field(default_factory=dict)

    async def wait(self, method: str, key: str = "", *, patience: float = math.inf) -> None:
        """Wait for the next slot and take it, first come first served. TooLateError beyond `patience` seconds."""
        now = self.monotonic()
        at = self._next_slot(method, key, now)
        if at - now > patience:
            raise TooLateError(at - now)
        self._sent[method, key].append(at)
        if at > now:
            await asyncio.sleep(at - now)

    def refused(self, method: str, key: str, retry_after: float) -> None:
        """Slack said 429: nobody asks again before."""
        self._not_before[method, key] = self.monotonic() + retry_after

    def _next_slot(self, method: str, key: str, now: float) -> float:
        pace = PACES[method]
        span = pace.seconds * MARGIN / self.speed
        sent = self._sent[method, key]
        while sent and sent[0] <= now - span:
            sent.popleft()
        at = max(now, self._not_before.get((method, key), now))
        if len(sent) >= pace.calls:
            at = max(at, sent[-pace.calls] + span)
        return at
