"""How many must sign: one table. Each team may raise it; nothing lowers it below what a plan's danger asks for."""

from dataclasses import dataclass

from bot.decide.request_kind import RequestKind
from bot.watch.evidence import Band

FALSE_ALARM, NOT_KNOWN = 0, 1
"""Band.rank: the evidence leans to a false alarm; it does not tell."""


@dataclass(frozen=True, slots=True)
class Quorum:
    """The signatures that a request needs."""

    approvals: int
    """Distinct people besides the requester."""
    break_glass: int = 0
    """How many of them must be break-glass approvers, each with a one-time code."""

    def __or__(self, other: "Quorum") -> "Quorum":
        """Both."""
        return Quorum(max(self.approvals, other.approvals), max(self.break_glass, other.break_glass))


@dataclass(frozen=True, slots=True)
class Quorums:
    """The table, a row a case. Where two cases fit, both must be met."""

    false_alarm: Quorum = Quorum(1)
    """The evidence leans to a false alarm, whatever the size; or it leans to an attack and the plan contains it."""
    not_known: Quorum = Quorum(2)
    """The evidence is inconclusive or insufficient, or was never gathered; or it conflicts and the plan contains."""
    released: Quorum = Quorum(2)
    """A user who was held back, or who is privileged, is released."""
    attack: Quorum = Quorum(2, break_glass=1)
    """The evidence conflicts or speaks for an attack, and the plan clears risk."""
    recovery: Quorum = Quorum(2, break_glass=2)
    """Flagged signers are cleared so that they can sign again. The team's floor does not apply: it may have no more."""


def quorum_of(
    table: Quorums, *, floor: int, band: Band | None, clears_risk: bool, kind: RequestKind, releases: bool
) -> Quorum:
    """What the table asks for.

    floor: the least number of signatures whatever the case. band None: no evidence was gathered, which is as good as
    insufficient. releases: held-back or privileged users are among those acted on.
    """
    if kind.rules.only_break_glass:
        return table.recovery | Quorums().recovery
    found = _by_evidence(table, band or Band.INSUFFICIENT, clears_risk=clears_risk)
    if releases or kind.rules.releases:
        found |= table.released
    return found | Quorum(max(1, floor))


def _by_evidence(table: Quorums, band: Band, *, clears_risk: bool) -> Quorum:
    if band.rank == FALSE_ALARM:
        return table.false_alarm
    if band.rank == NOT_KNOWN:
        return table.not_known
    if clears_risk:
        return table.attack
    return table.not_known if band is Band.CONFLICTING else table.false_alarm
