"""Gather from the tables who stands behind each figure of a briefing, and by which fact; and what Details tells."""

from collections.abc import Iterator

from bot.operations.briefing.compose_briefing import Known
from bot.record.account import Figure, PersonLine
from bot.watch import behind
from bot.watch.behind import Sources, users_behind
from bot.watch.briefing import Briefing
from bot.watch.profile import Profile
from bot.watch.rows.row import Row

IN_NEED_FIRST = (
    behind.Figure.SUSPECTS,
    behind.Figure.BLOCKED,
    behind.Figure.STUCK,
    behind.Figure.PRIVILEGED,
    behind.Figure.PASSWORDLESS,
    behind.Figure.WITHOUT_MFA,
    behind.Figure.ACCOUNTS,
    behind.Figure.DISABLED,
    behind.Figure.STANDINGS,
)
"""How they sign in has a list for each kind elsewhere."""


def briefing_figures(
    briefing: Briefing | None, found: Known, profiles: dict[str, Profile], names: dict[str, tuple[str, str]]
) -> Iterator[Figure]:
    """A list for each figure that somebody is behind. names: principal and display name by user id."""
    sources = Sources(
        flagged=found.people.user_ids,
        profiles=profiles,
        privileged=briefing.privileged or () if briefing else (),
        accounts=found.accounts,
        impacts=found.impacts,
        stances=found.stances or {},
        suspects=briefing.evidence.suspects if briefing and briefing.evidence else (),
    )
    for figure in IN_NEED_FIRST:
        people = tuple(
            PersonLine(user_id, *names.get(user_id, ("", "")), fact)
            for user_id, fact in users_behind(figure, sources).items()
        )
        if people:
            yield Figure(figure.value, people)


def briefing_notes(briefing: Briefing) -> tuple[str, ...]:
    """What a card has no room for: what changed, what could not be read, every row of the evidence with its source."""
    notes = [f"{gap.what}: not available: {gap.why}" for gap in briefing.gaps]
    notes += [f"changed in revision {briefing.revision}: {sentence}" for sentence in briefing.changed]
    if briefing.evidence is not None:
        rows = sorted(briefing.evidence.rows, key=lambda row: (not row.is_read, -abs(row.weight)))
        notes += [row_sentence(row) for row in rows]
    if briefing.standings:
        told = ", ".join(f"{standing.value} {count:,}" for standing, count in briefing.standings.items())
        notes.append(f"what the policies do to those at risk: {told}")
    return tuple(notes)


def row_sentence(row: Row) -> str:
    """A row of the evidence with its weight in decibans and its source."""
    weight = f"{row.weight:+.0f}, " if row.is_read else ""
    return f"{row.name.value}: {row.finding} ({weight}{row.source})"
