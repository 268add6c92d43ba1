"""Which alarms are one surge.

Two types are one surge when they flag the same people; or, both being about sign-ins, when they begin together: one
attack shows under several names. A wave of leaked credentials and a spray at the same hour stay two.
"""

from collections.abc import Mapping
from math import sqrt

from bot.watch.durations import MINUTE
from bot.watch.scan.rules import Rules

USER_RISK_TYPES = frozenset(
    {
        "leakedCredentials",
        "investigationsThreatIntelligence",
        "anomalousUserActivity",
        "userReportedSuspiciousActivity",
        "mfaFraud",
        "suspiciousAPITraffic",
        "attemptedPrtAccess",
        "adminConfirmedUserCompromised",
    }
)
"""Types that Microsoft's page "What are risk detections?" lists as user risk; all others are about a sign-in."""

_TOGETHER = 30 * MINUTE
_MOST_OF_RISE = 0.9
_TWICE_BY_CHANCE = 2.0
_NEARLY_ALL = 0.9


def flag_same_users(some: set[int], others: set[int], tenant_users: float, rules: Rules) -> bool:
    """Whether two types flag the same people: half of the smaller set, and twice what chance would share."""
    smaller, larger = sorted((some, others), key=len)
    if not smaller:
        return False
    by_chance = len(larger) / max(tenant_users, float(len(larger)))
    least = max(rules.shared_users, min(_NEARLY_ALL, _TWICE_BY_CHANCE * by_chance))
    return len(smaller & larger) >= least * len(smaller)


def begin_together(types: set[str], first: int, others: set[str], other_first: int) -> bool:
    """Whether two alarms, each with its types and its first flag's time, are names for one attack on sign-ins."""
    return USER_RISK_TYPES.isdisjoint(types | others) and abs(first - other_first) <= _TOGETHER


def rising_types(counts: Mapping[int, int], usual: Mapping[int, float]) -> set[int]:
    """The types that make an alarm over all types pooled.

    The strongest, then every other one that rises by itself (count > usual + 2 * sqrt(usual) + 2), until they make nine
    tenths of the rise: the bustle of other types at the same hours is left out.
    """
    rise = {type_: count - usual[type_] for type_, count in counts.items()}
    total = sum(part for part in rise.values() if part > 0)
    rising: set[int] = set()
    made = 0.0
    for type_ in sorted(rise, key=lambda type_: (-rise[type_], type_)):
        is_bustle = rise[type_] <= 2.0 * sqrt(usual[type_]) + 2.0
        if rising and (made >= _MOST_OF_RISE * total or is_bustle):
            break
        rising.add(type_)
        made += rise[type_]
    return rising
