"""What a method of the Web API is: its arguments, its scope, how often it may be called, and what it does."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sim.workspace.limits import Window
from sim.workspace.refusals import SlackError
from sim.workspace.rules import Json, Value
from sim.workspace.state import State


class Arguments:
    """The arguments of one call. A form carries words, a JSON body values; both are read alike."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given: Json = {name: value for name, value in given.items() if value is not None}

    def __contains__(self, name: str) -> bool:
        return name in self.given

    def text(self, name: str, default: str | None = None) -> str:
        """A string; without a default it has to be there."""
        value = self.given.get(name, default)
        if value is None or (value == "" and default is None):
            raise SlackError("invalid_arguments", messages=[f"[ERROR] missing required field: {name}"])
        if not isinstance(value, str):
            raise _wrong(name, "a string")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean, or a word for it as forms have."""
        value = self.given.get(name, default)
        if isinstance(value, str) and value.lower() in {"true", "false", "1", "0"}:
            return value.lower() in {"true", "1"}
        if isinstance(value, bool):
            return value
        raise _wrong(name, "a boolean")

    def whole(self, name: str, default: int) -> int:
        """An integer, or digits as forms have."""
        value = self.given.get(name, default)
        if isinstance(value, bool):
            raise _wrong(name, "an integer")
        try:
            return int(value)
        except (TypeError, ValueError):
            raise _wrong(name, "an integer") from None

    def value(self, name: str, error: str = "invalid_arguments") -> Value:
        """A JSON value, itself or written as a string; None when it isn't there."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(error, messages=[f"[ERROR] invalid JSON [json-pointer:/{name}]"]) from None


def _wrong(name: str, kind: str) -> SlackError:
    return SlackError("invalid_arguments", messages=[f"[ERROR] must provide {kind} [json-pointer:/{name}]"])


Handler = Callable[[State, Arguments], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """`reads` may be called with GET; `takes_json` says that a JSON body is read; `limited_by` names the argument whose
    every value has its own allowance.
    """

    name: str
    handler: Handler
    takes: frozenset[str]
    window: Window
    scope: str | None
    by: Literal["bot", "app"]
    reads: bool
    takes_json: bool
    limited_by: str | None


METHODS: dict[str, Method] = {}


def method(
    name: str,
    takes: str,
    window: Window,
    *,
    scope: str | None = None,
    by: Literal["bot", "app"] = "bot",
    reads: bool = False,
    takes_json: bool = True,
    limited_by: str | None = None,
) -> Callable[[Handler], Handler]:
    """Registers a function as a method. An argument that isn't among `takes` is refused: Slack would ignore it, and
    whoever sends it is mistaken.
    """

    def register(handler: Handler) -> Handler:
        known = frozenset(takes.split())
        METHODS[name] = Method(name, handler, known, window, scope, by, reads, takes_json, limited_by)
        return handler

    return register


def need_scope(state: State, scope: str) -> None:
    """missing_scope with what is needed and what is granted."""
    if scope not in state.workspace.scopes:
        raise SlackError("missing_scope", needed=scope, provided=",".join(sorted(state.workspace.scopes)))
