"""What the doctor finds: checks and what follows from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check ended, in the words that people read."""

    OK = "ok"
    WARNING = "warning"
    """Something optional is missing: the bot does its job, and says less."""
    FAILED = "failed"
    """The bot could not do its main job: notice a surge, tell the team, and clear it under two keys."""
    NOT_CHECKED = "not checked"
    """It could not be looked at; the finding says why, the mend how to see it otherwise."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's."""

    name: str
    state: State
    finding: str
    mend: str = ""
    """What to do about it; empty where nothing is to be done."""


def passed(name: str, finding: str) -> Check:
    """A check that found nothing wrong."""
    return Check(name, State.OK, finding)


def failed(name: str, finding: str, mend: str) -> Check:
    """A check that found the bot unable to do its main job."""
    return Check(name, State.FAILED, finding, mend)


def warned(name: str, finding: str, mend: str) -> Check:
    """A check that found something optional missing."""
    return Check(name, State.WARNING, finding, mend)


def not_checked(name: str, finding: str, mend: str) -> Check:
    """A check that could not be made."""
    return Check(name, State.NOT_CHECKED, finding, mend)


def can_work(checks: Iterable[Check]) -> bool:
    """Whether the bot could do its main job, as far as could be seen."""
    return all(check.state is not State.FAILED for check in checks)
