"""Which alarms are one surge."""

from collections.abc import Mapping

from bot.watch.scan.rules import Rules

_PART_OF_RISE = 0.1
_TWICE_BY_CHANCE = 2.0
_NEARLY_ALL = 0.9


def are_kin(some: set[int], others: set[int], tenant_users: float, rules: Rules) -> bool:
    """Whether two types flag the same people: half of the smaller set, and twice what chance would share."""
    smaller, larger = sorted((some, others), key=len)
    if not smaller:
        return False
    by_chance = len(larger) / max(tenant_users, float(len(larger)))
    least = max(rules.kin_share, min(_NEARLY_ALL, _TWICE_BY_CHANCE * by_chance))
    return len(smaller & larger) >= least * len(smaller)


def rising_types(counts: Mapping[int, int], usual: Mapping[int, float]) -> set[int]:
    """The types that make an alarm over all types pooled: those with a tenth of the rise or more."""
    rise = {type_: count - usual[type_] for type_, count in counts.items()}
    total = sum(part for part in rise.values() if part > 0)
    rising = {type_ for type_, part in rise.items() if part > 0 and part >= _PART_OF_RISE * total}
    return rising or {max(counts, key=lambda type_: counts[type_])}
