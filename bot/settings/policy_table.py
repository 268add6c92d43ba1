"""[policy] in the tenants file: quorums, people, tiers, weights."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from bot.decide.quorum import Quorum, Quorums
from bot.settings.faults import UnusableError

_PARTS = {"quorum": dict, "people": list, "tiers": list, "weights": dict}


def policy_table(value: object) -> Mapping[str, Any]:
    """A [policy] table whose parts have their form. Raises ValueError in words."""
    if not isinstance(value, dict):
        raise UnusableError("policy is no table. Write [policy] or [tenants.policy]")
    unknown = sorted(set(value) - set(_PARTS))
    if unknown:
        raise UnusableError(f"policy: {unknown[0]!r} is not known. Write quorum, people, tiers or weights")
    for name, kind in _PARTS.items():
        if not isinstance(value.get(name, kind()), kind):
            raise UnusableError(f"policy: {name} is not right. bot/settings/tenants.py shows its form")
    return value


def quorums_of(value: Mapping[str, object]) -> Quorums:
    """The quorum table: what is not named has its default. Raises ValueError in words."""
    rows = {field.name: getattr(Quorums(), field.name) for field in fields(Quorums)}
    for name, row in value.items():
        key = name.replace("-", "_")
        if key not in rows:
            raise UnusableError(f"quorum: {name!r} is not known. Write {', '.join(rows)}")
        rows[key] = _quorum(key, row)
    return Quorums(**rows)


def _quorum(name: str, row: object) -> Quorum:
    table: dict[str, Any] = row if isinstance(row, dict) else {"approvals": row}
    approvals, break_glass = table.get("approvals", 0), table.get("break_glass", 0)
    if set(table) - {"approvals", "break_glass"} or not (_is_number(approvals) and _is_number(break_glass)):
        raise UnusableError(f"quorum: {name} is not right. Write a number, or {{ approvals = 2, break_glass = 1 }}")
    if approvals < 1:
        raise UnusableError(f"quorum: {name} needs at least one signature besides the requester's asking")
    if not 0 <= break_glass <= approvals:
        raise UnusableError(f"quorum: {name} asks for more break-glass signatures than signatures")
    return Quorum(approvals, break_glass)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
