"""What the evidence leans to. Rows with weights, never a verdict.

The weights are decibans: ten times the decimal logarithm of how much likelier a finding is in a mass false alarm than
in an attack. docs/evidence.md is the page for people who must trust it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.watch.facts import Cause, EvidenceFacts, Known
from bot.watch.rows.behaviour import behaviour_rows, is_above
from bot.watch.rows.credential import LEAKED, credential_rows
from bot.watch.rows.detections import detection_rows
from bot.watch.rows.platform import platform_rows
from bot.watch.rows.population import population_rows
from bot.watch.rows.row import Group, Row, RowName, RowState
from bot.watch.weights import Weights


class Band(StrEnum):
    """Where the rows lead. The value is what people read."""

    STRONGLY_FALSE_ALARM = "strongly a false alarm"
    LEANS_FALSE_ALARM = "leans to a false alarm"
    INCONCLUSIVE = "inconclusive"
    INSUFFICIENT = "insufficient"
    CONFLICTING = "conflicting"
    LEANS_ATTACK = "leans to an attack"
    STRONGLY_ATTACK = "strongly an attack"

    @property
    def rank(self) -> int:
        """How dangerous a clean-up is: 0 false alarm, 1 not known, 2 conflicting or attack. Higher is worse."""
        if self in {Band.STRONGLY_FALSE_ALARM, Band.LEANS_FALSE_ALARM}:
            return 0
        return 1 if self in {Band.INCONCLUSIVE, Band.INSUFFICIENT} else 2


@dataclass(frozen=True, slots=True)
class Suspect:
    """A flagged user whom a person must look at, and why in words."""

    user_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The rows, what they come to, and who must not be waved through whatever they come to."""

    rows: tuple[Row, ...]
    total: float
    """Decibans, each group's sum capped."""
    coverage: float
    """0 to 1: how much of what could weigh was read."""
    band: Band
    suspects: tuple[Suspect, ...] = ()
    """Users with an act of the kinds that follow a takeover, sorted by id: held back, each for a person to look at."""

    @property
    def groups(self) -> tuple[tuple[Group, float], ...]:
        """Each group's sum before its cap, in the table's order."""
        return tuple(
            (group, sum(row.weight for row in self.rows if row.group is group))
            for group in Group
            if any(row.group is group for row in self.rows)
        )


def judge(facts: EvidenceFacts, weights: Weights | None = None) -> Evidence:
    """Weigh the facts by the table."""
    table = weights or Weights()
    rows = (
        *credential_rows(facts, table),
        *behaviour_rows(facts, table),
        *detection_rows(facts, table),
        *platform_rows(facts, table),
        *population_rows(facts, table),
    )
    total = round(_total(rows, table), 1) + 0.0
    coverage = _coverage(rows, table)
    return Evidence(rows, total, round(coverage, 2), _band(facts, rows, total, coverage, table), suspects_of(facts))


def suspects_of(facts: EvidenceFacts) -> tuple[Suspect, ...]:
    """Flagged users who did what follows a takeover, or changed password or method without a reason that is known.

    A new method is looked at even where it came after the flag from a usual place: somebody's phone is changed once in
    years. What a help desk did is not.
    """
    why: dict[str, list[str]] = {}
    for told, excused in (
        (facts.takeovers, {Cause.HELP_DESK}),
        (facts.risky_changes, {Cause.HELP_DESK, Cause.FORCED}),
    ):
        for act in told.value.acts if isinstance(told, Known) else ():
            if act.cause not in excused:
                place = " from an address and network new to the user" if act.is_new else ""
                why.setdefault(act.user_id, []).append(f"{act.activity}{place}")
    return tuple(Suspect(user, "; ".join(dict.fromkeys(found))) for user, found in sorted(why.items()))


def _cap(group: Group, table: Weights) -> float:
    return {
        Group.CREDENTIAL: table.cap_credential,
        Group.BEHAVIOUR: table.cap_behaviour,
        Group.KIND: table.cap_kind,
        Group.SHAPE: table.cap_shape,
        Group.PLATFORM: table.cap_platform,
        Group.POPULATION: table.cap_population,
        Group.BREACH: table.cap_breach,
    }[group]


def _total(rows: Iterable[Row], table: Weights) -> float:
    sums = dict.fromkeys(Group, 0.0)
    for row in rows:
        sums[row.group] += row.weight
    return sum(max(-_cap(group, table), min(_cap(group, table), value)) for group, value in sums.items())


def _coverage(rows: Iterable[Row], table: Weights) -> float:
    read, possible = dict.fromkeys(Group, 0.0), dict.fromkeys(Group, 0.0)
    for row in rows:
        if row.reading is not RowState.NOT_ASKED:
            possible[row.group] += row.reach
            read[row.group] += row.reach if row.is_read else 0.0
    worth = {group: min(_cap(group, table), reach) for group, reach in possible.items() if reach}
    whole = sum(worth.values())
    return sum(worth[group] * read[group] / possible[group] for group in worth) / whole if whole else 0.0


def _band(facts: EvidenceFacts, rows: tuple[Row, ...], total: float, coverage: float, table: Weights) -> Band:
    read = {row.group for row in rows if row.is_read}
    lacks = Group.BEHAVIOUR not in read or (LEAKED in facts.types and Group.CREDENTIAL not in read)
    if coverage < table.least_coverage or lacks:
        return Band.INSUFFICIENT
    if isinstance(facts.takeovers, Known) and is_above(facts.takeovers.value, table):
        rest = _total((row for row in rows if row.name is not RowName.TAKEOVERS), table)
        if max(rest, total) >= table.band_leans:
            return Band.CONFLICTING
    for band, reached in (
        (Band.STRONGLY_FALSE_ALARM, total >= table.band_strong),
        (Band.LEANS_FALSE_ALARM, total >= table.band_leans),
        (Band.STRONGLY_ATTACK, total <= -table.band_strong),
        (Band.LEANS_ATTACK, total <= -table.band_leans),
    ):
        if reached:
            return band
    return Band.INCONCLUSIVE
