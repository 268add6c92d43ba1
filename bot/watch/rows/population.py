"""Who was picked: an attacker chooses, a fault does not. And what a breach service says of them."""

from bot.watch.facts import Breach, Departments, EvidenceFacts, Share
from bot.watch.rows.likelihood import percent, tail, users
from bot.watch.rows.row import Group, Heading, Row, RowName
from bot.watch.weights import Weights

_HALF = 0.5


def population_rows(facts: EvidenceFacts, weights: Weights) -> tuple[Row, ...]:
    """Privileged users, departments, breach service."""
    return (_privileged(facts, weights), _departments(facts, weights), _breach(facts, weights))


def _privileged(facts: EvidenceFacts, weights: Weights) -> Row:
    def judge(share: Share) -> tuple[float, str]:
        expected = share.base * share.of
        finding = f"{users(share.count)} with a directory role are flagged, {expected:,.1f} in proportion."
        is_over = (
            share.count >= weights.raised_from * expected
            and share.count > 1
            and tail(share.count, expected) < weights.population_chance
        )
        return weights.privileged_over if is_over else weights.privileged_usual, finding

    heading = Heading(RowName.PRIVILEGED, Group.POPULATION, "role assignments", abs(weights.privileged_over))
    return heading.of(facts.privileged, judge)


def _departments(facts: EvidenceFacts, weights: Weights) -> Row:
    def judge(departments: Departments) -> tuple[float, str]:
        flagged, tenant = sum(departments.flagged.values()), sum(departments.tenant.values())
        if flagged < weights.least_events or tenant <= 0 or len(departments.tenant) < 2:  # noqa: PLR2004
            return 0.0, "Too few of the flagged users have a department to tell."
        name, most = max(departments.flagged.items(), key=lambda each: (each[1], each[0]))
        share, base = most / flagged, departments.tenant.get(name, 0) / tenant
        finding = f"The most are of {name[:80]}: {percent(most, flagged)}, in the tenant {percent(base, 1)}."
        is_clustered = share >= _HALF and share >= weights.raised_from * base
        return weights.departments_clustered if is_clustered else weights.departments_spread, finding

    heading = Heading(RowName.DEPARTMENTS, Group.POPULATION, "directory", abs(weights.departments_clustered))
    return heading.of(facts.departments, judge)


def _breach(facts: EvidenceFacts, weights: Weights) -> Row:
    def judge(breach: Breach) -> tuple[float, str]:
        finding = f"{breach.found:,} of {breach.checked:,} addresses checked are in a breach newer than their password."
        if not breach.checked:
            return 0.0, "No address was checked yet."
        if not breach.found:
            return weights.breach_none, finding
        return weights.breach_found if breach.found >= 0.1 * breach.checked else 0.0, finding

    heading = Heading(RowName.BREACH, Group.BREACH, "breach service", abs(weights.breach_found))
    return heading.of(facts.breach, judge)
