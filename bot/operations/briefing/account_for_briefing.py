"""What Details tells of a briefing besides the members of its figures."""

from bot.watch.briefing import Briefing
from bot.watch.figure import Figure
from bot.watch.rows.row import Row


def briefing_notes(briefing: Briefing) -> tuple[str, ...]:
    """What a card has no room for: what changed, what could not be read, every row of the evidence with its source."""
    notes = [f"{gap.what}: not available: {gap.why}" for gap in briefing.gaps]
    notes += [f"changed in revision {briefing.revision}: {sentence}" for sentence in briefing.changed]
    if briefing.evidence is not None:
        rows = sorted(briefing.evidence.rows, key=lambda row: (not row.is_read, -abs(row.weight)))
        notes += [row_sentence(row) for row in rows]
    if briefing.standings:
        told = ", ".join(f"{effect.value} {count:,}" for effect, count in briefing.standings.items())
        notes.append(f"{Figure.POLICY_EFFECTS.value} to those at risk: {told}")
    return tuple(notes)


def row_sentence(row: Row) -> str:
    """A row of the evidence with its weight in decibans and its source."""
    weight = f"{row.weight:+.0f}, " if row.is_read else ""
    return f"{row.name.value}: {row.finding} ({weight}{row.source})"
