"""A breach service by hand."""

from dataclasses import dataclass, field

from bot.ports.breaches import BreachError, Breaches, BreachProblem
from bot.watch.breach import Leak


@dataclass
class FakeBreaches:
    """bot.ports.breaches.Breaches: answers from a table, and keeps what it was asked."""

    known: dict[str, tuple[Leak, ...]] = field(default_factory=dict)
    """By address."""
    failing: dict[str, BreachError] = field(default_factory=dict)
    """By address."""
    allows: int | BreachProblem = 10
    """How many questions a minute the key allows, or why the service does not say."""
    asked: list[str] = field(default_factory=list)
    per_minute: int = 10

    async def leaks_of(self, address: str) -> tuple[Leak, ...]:
        self.asked.append(address)
        if address in self.failing:
            raise self.failing[address]
        return self.known.get(address, ())

    async def allowed_per_minute(self) -> int:
        if isinstance(self.allows, BreachProblem):
            raise BreachError(self.allows)
        return self.allows

    async def close(self) -> None: ...


def _keeps_its_contract(breaches: FakeBreaches) -> Breaches:
    """For mypy: a fake that leaves the port's contract is an error here."""
    return breaches
