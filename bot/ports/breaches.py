"""The breach service's door as the use cases see it. Optional: addresses of users leave the house through it."""

from enum import StrEnum
from typing import Protocol

from bot.watch.breach import Leak


class BreachProblem(StrEnum):
    """Why the service did not tell."""

    KEY_REFUSED = "the breach service refuses the key: see COUNTERSIGN_BREACH_KEY"
    FORBIDDEN = "the breach service refuses this host"
    THROTTLED = "the breach service's rate limit was reached: see COUNTERSIGN_BREACH_PER_MINUTE"
    UNAVAILABLE = "the breach service did not answer"
    MALFORMED = "the breach service's answer could not be understood"
    ADDRESS_REFUSED = "the breach service refuses an address"


class BreachError(Exception):
    """The service did not give what was asked. What it says is for people and logs and never holds an address."""

    def __init__(self, problem: BreachProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem

    @property
    def why(self) -> str:
        """In words that name the mend where there is one."""
        return self.problem.value


class Breaches(Protocol):
    """A breach service behind one key. Every call waits for its turn; everything raises BreachError."""

    @property
    def per_minute(self) -> int:
        """How many questions a minute it is asked at most."""

    async def leaks_of(self, address: str) -> tuple[Leak, ...]:
        """The breaches that have this address together with a password; none where it knows nothing of the address."""

    async def allowed_per_minute(self) -> int:
        """How many questions a minute the key allows. No address is sent."""

    async def close(self) -> None:
        """Give back connections."""
