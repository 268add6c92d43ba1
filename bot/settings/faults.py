"""What is wrong with a setting, in words that name the mend and never hold a secret's value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One bad variable: what is wrong and how to mend it. Never holds a secret's value."""

    variable: str
    why: str


class UnusableError(ValueError):
    """What a file says can't be used; why, in words that name the mend."""


class SettingsError(Exception):
    """The environment, or a file it names, can't be used."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.variable}: {fault.why}" for fault in faults))
        self.faults = faults


def fault_of(error: Any, descriptions: Mapping[str, str]) -> Fault:  # noqa: ANN401 - pydantic's error details are a plain dict
    """One of pydantic's errors as a fault. descriptions: by variable, for what is missing."""
    variable = str(error["loc"][0]) if error["loc"] else "settings"
    if error["type"] == "missing":
        return missing(variable, descriptions)
    return Fault(variable, str(error["msg"]).removeprefix("Value error, "))


def missing(variable: str, descriptions: Mapping[str, str]) -> Fault:
    """A variable that has to be set."""
    return Fault(variable, f"is missing. Set it: {descriptions.get(variable, '')}")
