"""One row of the evidence: a finding with its weight and source, or why it could not be read."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from bot.watch.facts import Known, Missing, Told

T = TypeVar("T")


class Group(StrEnum):
    """Rows that speak of the same thing; their sum is capped. The value is what people read."""

    CREDENTIAL = "credential"
    BEHAVIOUR = "behaviour"
    KIND = "kind"
    SHAPE = "shape"
    PLATFORM = "platform"
    POPULATION = "population"
    BREACH = "breach service"


class RowName(StrEnum):
    """Every row there is. The value is what people read."""

    PASSWORDLESS = "passwordless users"
    NEWER_PASSWORDS = "passwords newer than the last known leak"
    UNSYNCHRONISED = "federated without password hash sync"
    RISKY_SIGN_INS = "risky sign-ins"
    TAKEOVERS = "acts after a takeover"
    BAD_CREDENTIALS = "sign-ins failed for bad credentials"
    RISKY_CHANGES = "risky changes of password or method"
    KIND = "kind of detection"
    ONE_TYPE = "one type or many"
    BURST = "offline burst"
    NEW_APPS = "new apps of Microsoft's"
    REVOCATIONS = "mass token revocation"
    ADVISORIES = "advisories"
    OTHER_TENANTS = "other tenants"
    PRIVILEGED = "privileged users"
    DEPARTMENTS = "departments"
    BREACH = "breach service"


class RowState(StrEnum):
    """Whether a row could be read."""

    READ = "read"
    NOT_AVAILABLE = "not available"
    NOT_ASKED = "not asked for"


@dataclass(frozen=True, slots=True)
class Row:
    """One row. weight and reach in decibans; read_at in microseconds UTC."""

    name: RowName
    group: Group
    finding: str
    """A sentence: what was found, or why nothing could be."""
    weight: float
    """Above zero it speaks for a mass false alarm, below for an attack."""
    source: str
    read_at: int | None
    reading: RowState = RowState.READ
    reach: float = 0.0
    """The most that this row could weigh, either way: what its absence takes from the coverage."""

    @property
    def is_read(self) -> bool:
        """Whether it rests on something read."""
        return self.reading is RowState.READ


@dataclass(frozen=True, slots=True)
class Heading:
    """What a row is before anything was found."""

    name: RowName
    group: Group
    source: str
    reach: float

    def of(self, told: Told[T], judge: Callable[[T], tuple[float, str]]) -> Row:
        """The row: judged where the fact is known, else the reason."""
        if isinstance(told, Known):
            weight, finding = judge(told.value)
            return self.found(weight, finding, told.read_at)
        reading = RowState.NOT_AVAILABLE if isinstance(told, Missing) else RowState.NOT_ASKED
        finding = f"{reading.value}: {told.why}"
        return Row(self.name, self.group, finding, 0.0, self.source, None, reading, self.reach)

    def found(self, weight: float, finding: str, read_at: int) -> Row:
        """The row with what was found; the weight to a tenth of a deciban."""
        return Row(
            self.name, self.group, finding, round(weight, 1) + 0.0, self.source, read_at, RowState.READ, self.reach
        )
