"""The one table of numbers that the evidence is judged by. Judgement, not fitted: a team may override each by name.

A weight is in decibans, ten times the decimal logarithm of how much likelier the finding is in a mass false alarm than
in an attack: above zero it speaks for a false alarm, below for an attack. docs/evidence.md explains each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import isfinite


@dataclass(frozen=True, slots=True)
class Weights:
    """Every number by name. `cap_` bounds a group's sum, both ways."""

    cap_credential: float = 25.0
    cap_behaviour: float = 35.0
    cap_kind: float = 20.0
    cap_shape: float = 6.0
    cap_platform: float = 20.0
    cap_population: float = 8.0
    cap_breach: float = 6.0

    passwordless_factor: float = 0.25
    passwordless_cap: float = 4.0
    passwordless_random_cap: float = 20.0
    newer_password_factor: float = 0.5
    newer_password_cap: float = 10.0
    unsynchronised_factor: float = 0.6
    unsynchronised_cap: float = 6.0

    risky_sign_ins_usual: float = 6.0
    risky_sign_ins_raised: float = -4.0
    risky_sign_ins_high: float = -20.0
    takeovers_above: float = -20.0
    takeovers_isolated: float = -2.0
    takeovers_none: float = 1.0
    bad_credentials_raised: float = -12.0
    bad_credentials_usual: float = 2.0
    risky_changes_above: float = -8.0
    risky_changes_isolated: float = -1.0

    proven_types: float = -15.0

    one_type: float = 3.0
    mixed_types: float = -4.0
    offline_burst: float = 4.0
    not_offline: float = -3.0

    new_app: float = 4.0
    new_app_elsewhere: float = 8.0
    revocation: float = 6.0
    advisory_named: float = 12.0
    advisory_general: float = 3.0
    two_tenants: float = 5.0
    three_tenants: float = 8.0
    many_tenants: float = 12.0

    privileged_usual: float = 2.0
    privileged_over: float = -8.0
    departments_spread: float = 3.0
    departments_clustered: float = -5.0

    breach_found: float = -6.0
    breach_none: float = 4.0

    raised_from: float = 2.0
    high_from: float = 10.0
    least_events: float = 5.0
    least_users: float = 3.0
    takeover_chance: float = 0.001
    population_chance: float = 0.01
    proven_share: float = 0.05

    band_strong: float = 20.0
    band_leans: float = 10.0
    least_coverage: float = 0.3

    def overridden(self, numbers: Mapping[str, object]) -> "Weights":
        """The table with other numbers by name. Raises ValueError, in words for whoever wrote them."""
        known = {each.name for each in fields(self)}
        taken: dict[str, float] = {}
        for name, number in numbers.items():
            if name not in known:
                raise ValueError(f"there is no weight {name!r}; the names are in docs/evidence.md")
            if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(number):
                raise ValueError(f"the weight {name} must be a number, not {number!r}")
            if name.startswith(_POSITIVE) or name.endswith(("_cap", "_from")):
                _refuse(name, number, is_good=number >= 0, rule="0 or more")
            if name.endswith(("_factor", "_chance")) or name in {"proven_share", "least_coverage"}:
                _refuse(name, number, is_good=0 < number < 1, rule="between 0 and 1")
            taken[name] = float(number)
        table = replace(self, **taken)
        _refuse(
            "band_strong", table.band_strong, is_good=table.band_strong >= table.band_leans, rule="band_leans or more"
        )
        _refuse(
            "high_from",
            table.high_from,
            is_good=table.high_from > table.raised_from > 1,
            rule="above raised_from, and that above 1",
        )
        return table


_POSITIVE = ("cap_", "band_", "least_events", "least_users")


def _refuse(name: str, number: float, *, is_good: bool, rule: str) -> None:
    if not is_good:
        raise ValueError(f"the weight {name} must be {rule}, not {number:g}")
