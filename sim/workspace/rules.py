"""The parts from which the rules of Block Kit are put together.

A rule looks at one JSON value and reports what is wrong in Slack's words, with a JSON pointer to the place. Characters
are counted as UTF-16 code units, so that an emoji costs two: stricter than any way of counting that Slack might use.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

Json = dict[str, Any]
Value = Any  # whatever JSON may hold, before a rule has looked at it


class Findings:
    """What is wrong with one request, in the order of discovery."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def add(self, problem: str, pointer: str) -> None:
        """One more thing that is wrong."""
        self.problems.append(f"{problem} [json-pointer:{pointer}]")

    @property
    def messages(self) -> list[str]:
        """As in `response_metadata.messages`."""
        return [f"[ERROR] {problem}" for problem in self.problems]


Rule = Callable[[Any, str, Findings], None]


def length(text: str) -> int:
    """How many UTF-16 code units a text has."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def text(*, least: int = 1, most: int | None = None, choices: Collection[str] = ()) -> Rule:
    """A string of a permitted length, or one of a few words."""

    def check(value: Value, pointer: str, findings: Findings) -> None:
        if not isinstance(value, str):
            findings.add("must provide a string", pointer)
        elif choices and value not in choices:
            findings.add(f"value must be one of: {', '.join(choices)}", pointer)
        elif length(value) < least:
            findings.add(f"must be more than {least - 1} characters", pointer)
        elif most is not None and length(value) > most:
            findings.add(f"must be less than {most + 1} characters", pointer)

    return check


def flag() -> Rule:
    """True or false, not a word for it."""

    def check(value: Value, pointer: str, findings: Findings) -> None:
        if not isinstance(value, bool):
            findings.add("must provide a boolean", pointer)

    return check


def whole(*, least: int | None = None, most: int | None = None) -> Rule:
    """An integer within bounds."""

    def check(value: Value, pointer: str, findings: Findings) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            findings.add("must provide an integer", pointer)
        elif least is not None and value < least:
            findings.add(f"must be greater than or equal to {least}", pointer)
        elif most is not None and value > most:
            findings.add(f"must be less than or equal to {most}", pointer)

    return check


def array(of: Rule, *, least: int = 1, most: int | None = None) -> Rule:
    """A list whose every item obeys a rule."""

    def check(value: Value, pointer: str, findings: Findings) -> None:
        if not isinstance(value, list):
            findings.add("must provide an array", pointer)
            return
        if len(value) < least:
            findings.add(f"must contain at least {least} item{'s' if least > 1 else ''}", pointer)
        if most is not None and len(value) > most:
            findings.add(f"no more than {most} items allowed", pointer)
        for index, item in enumerate(value):
            of(item, f"{pointer}/{index}", findings)

    return check


def record(
    required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, *, also: tuple[Rule, ...] = ()
) -> Rule:
    """An object with these fields and no others, and then the rules on how they go together (`also`). `type` is looked
    at by `kinds`, so it may be there.
    """
    known = {**required, **(optional or {})}

    def check(value: Value, pointer: str, findings: Findings) -> None:
        if not isinstance(value, dict):
            findings.add("must provide an object", pointer)
            return
        before = len(findings.problems)
        for name in required:
            if name not in value:
                findings.add(f"missing required field: {name}", pointer)
        for name, item in value.items():
            if name in known:
                known[name](item, f"{pointer}/{name}", findings)
            elif name != "type":
                findings.add(f"invalid additional property: {name}", pointer)
        if len(findings.problems) == before:
            for rule in also:
                rule(value, pointer, findings)

    return check


def kinds(rules: Mapping[str, Rule]) -> Rule:
    """An object whose `type` says which rule it has to obey."""

    def check(value: Value, pointer: str, findings: Findings) -> None:
        if not isinstance(value, dict):
            findings.add("must provide an object", pointer)
        elif "type" not in value:
            findings.add("missing required field: type", pointer)
        elif not isinstance(value["type"], str) or value["type"] not in rules:
            findings.add(f"unsupported type: {value['type']}", f"{pointer}/type")
        else:
            rules[value["type"]](value, pointer, findings)

    return check


def exactly_one(*names: str) -> Rule:
    """Of these fields one must be there, and only one."""

    def check(value: Json, pointer: str, findings: Findings) -> None:
        given = [name for name in names if name in value]
        if not given:
            findings.add(f"must define one of: {', '.join(names)}", pointer)
        elif len(given) > 1:
            findings.add(f"only one of these may be defined: {', '.join(names)}", pointer)

    return check


def at_least_one(*names: str) -> Rule:
    """Of these fields one must be there, or more."""

    def check(value: Json, pointer: str, findings: Findings) -> None:
        if not any(name in value for name in names):
            findings.add(f"must define at least one of: {', '.join(names)}", pointer)

    return check
