"""Query options: Graph's OData, and only as much of it as each endpoint documents."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from sim.tenant.graph_time import parse
from sim.tenant.refusal import GraphError, bad_request, unsupported_query

MAXIMUM_CLAUSES = 15
"""Values in an `in`, and comparisons joined by `or`."""

_TOKEN = re.compile(
    r"\s*(?:(?P<time>\d{4}-\d\d-\d\dT[^\s,()]+)"
    r"|(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    r"|(?P<number>-?\d+)"
    r"|(?P<text>(?:microsoft\.graph\.\w+)?'(?:[^']|'')*')"
    r"|(?P<word>[A-Za-z]\w*(?:/\w+)*)"
    r"|(?P<mark>[(),]))"
)


@dataclass(frozen=True, slots=True)
class Field:
    """A property that can be filtered on."""

    kind: str
    """time, string, boolean, number, guid or enum."""
    operators: frozenset[str]
    members: frozenset[str] = frozenset()
    """Of an enum: what may be compared with."""
    fold: bool = False
    """Whether strings are compared without regard to case."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One clause. Times are ticks; the value of `in` is a tuple."""

    property: str
    operator: str
    value: Any


Test = Callable[[Any, Any], bool]
_TESTS: Mapping[str, Test] = {
    "eq": lambda left, right: bool(left == right),
    "ge": lambda left, right: bool(left >= right),
    "gt": lambda left, right: bool(left > right),
    "le": lambda left, right: bool(left <= right),
    "lt": lambda left, right: bool(left < right),
    "in": lambda left, right: left in right,
}
TIME_OPERATORS = frozenset({"ge", "gt", "le", "lt"})


def options(query: str, allowed: frozenset[str]) -> dict[str, str]:
    """The query options of a raw query string. Refuses unknown, repeated and empty ones."""
    found: dict[str, str] = {}
    for part in query.split("&") if query else ():
        raw_name, separator, raw_value = part.partition("=")
        name, value = unquote_plus(raw_name), unquote_plus(raw_value)
        if name in found:
            raise bad_request(
                f"Query option '{name}' was specified more than once, but it must be specified at most once."
            )
        if name not in allowed:
            raise bad_request(f"Query option '{name}' is not allowed or not supported.")
        if not separator or not value.strip():
            raise bad_request(f"The query option '{name}' has no value.")
        found[name] = value
    return found


def top(value: str | None, *, default: int, maximum: int) -> int:
    """The page size. Anything but 1..maximum is refused, not cut."""
    if value is None:
        return default
    if not re.fullmatch(r"\d{1,9}", value) or not 1 <= int(value) <= maximum:
        raise bad_request(f"Invalid page size specified: '{value}'. Must be between 1 and {maximum} inclusive.")
    return int(value)


def select(
    value: str | None, *, known: Mapping[str, object], type_name: str, default: tuple[str, ...]
) -> tuple[str, ...]:
    """The properties asked for, in the order asked for."""
    if value is None:
        return default
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",")))
    for name in names:
        if name not in known:
            raise bad_request(f"Could not find a property named '{name}' on type 'microsoft.graph.{type_name}'.")
    return names


def comparisons(value: str, fields: Mapping[str, Field], *, joined_by: str, type_name: str) -> tuple[Comparison, ...]:
    """The clauses of a `$filter`, joined by nothing but this one word."""
    tokens = _tokens(value)
    clauses = []
    while True:
        clauses.append(_clause(tokens, fields, type_name))
        if not tokens:
            break
        kind, word = tokens.pop(0)
        if kind != "word" or word != joined_by:
            raise bad_request(f"Invalid filter clause: '{word}' is not supported here.")
    if joined_by == "or" and len(clauses) > MAXIMUM_CLAUSES:
        raise _too_many(len(clauses))
    return tuple(clauses)


def holds(comparison: Comparison, left: object) -> bool:
    """Whether a value meets a clause; null meets none."""
    return left is not None and _TESTS[comparison.operator](left, comparison.value)


def _tokens(value: str) -> list[tuple[str, str]]:
    found, position = [], 0
    text = value.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise bad_request(f"Invalid filter clause: syntax error at position {position} in '{value}'.")
        found.append((match.lastgroup or "", match.group(match.lastgroup or 0)))
        position = match.end()
    return found


def _clause(tokens: list[tuple[str, str]], fields: Mapping[str, Field], type_name: str) -> Comparison:
    name = _take(tokens, "word")
    field = fields.get(name)
    if field is None:
        raise bad_request(
            f"Invalid filter clause: '{name}' of type 'microsoft.graph.{type_name}' can't be filtered on."
        )
    operator = _take(tokens, "word")
    if operator not in field.operators:
        raise bad_request(f"Invalid filter clause: operator '{operator}' is not supported for '{name}'.")
    if operator != "in":
        return Comparison(name, operator, _literal(tokens, name, field))
    _mark(tokens, "(")
    values = [_literal(tokens, name, field)]
    while _take(tokens, "mark", peek=True) == ",":
        tokens.pop(0)
        values.append(_literal(tokens, name, field))
    _mark(tokens, ")")
    if len(values) > MAXIMUM_CLAUSES:
        raise _too_many(len(values))
    return Comparison(name, operator, tuple(values))


def _literal(tokens: list[tuple[str, str]], name: str, field: Field) -> object:
    kind, text = tokens.pop(0) if tokens else ("", "")
    if field.kind == "time" and kind == "time":
        instant = parse(text)
        if instant is not None:
            return instant
    if field.kind == "number" and kind == "number":
        return int(text)
    if field.kind == "guid" and kind == "guid":
        return text.lower()
    if field.kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    if field.kind in {"string", "enum"} and kind == "text" and (field.kind == "enum" or text.startswith("'")):
        value = text[text.index("'") + 1 : -1].replace("''", "'")
        if field.kind == "string":
            return value.casefold() if field.fold else value
        if value in field.members:
            return value
    raise bad_request(f"Invalid filter clause: '{text}' is no value for '{name}'.")


def _take(tokens: list[tuple[str, str]], kind: str, *, peek: bool = False) -> str:
    if not tokens or tokens[0][0] != kind:
        raise bad_request("Invalid filter clause: syntax error.")
    return tokens[0][1] if peek else tokens.pop(0)[1]


def _mark(tokens: list[tuple[str, str]], mark: str) -> None:
    if _take(tokens, "mark") != mark:
        raise bad_request("Invalid filter clause: syntax error.")


def _too_many(number: int) -> GraphError:
    return unsupported_query(
        "Too many child clauses specified in search filter expression containing 'OR' operators: "
        f"{number}. Max allowed: {MAXIMUM_CLAUSES}."
    )
