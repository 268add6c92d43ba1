"""What the evidence leans to, on the card: the band in one line, what follows from it, and the rows that weigh most."""

from bot.slack.cards import blocks
from bot.slack.cards.blocks import Json
from bot.slack.cards.text import clean, number, shorten
from bot.slack.cards.times import date
from bot.watch.briefing import Briefing
from bot.watch.rows.row import Row

STRONGEST = 3
MOST_ADVICE = 6


def evidence_line(briefing: Briefing | None) -> str:
    """For instance "The evidence: strongly a false alarm (31 decibans, 92 % of it could be read)."; empty for none."""
    evidence = briefing.evidence if briefing else None
    if evidence is None:
        return ""
    read = f"{evidence.coverage:.0%}".replace("%", " %")
    return f"The evidence: {evidence.band.value} ({evidence.total:+.0f} decibans, {read} of it could be read)."


def evidence_blocks(briefing: Briefing) -> list[Json]:
    """What to do first, then why. Nothing for a briefing that weighs nothing yet."""
    shown: list[Json] = []
    advice = briefing.advice.sentences if briefing.advice else ()
    if advice:
        rest = len(advice) - MOST_ADVICE
        more = [f"and {number(rest)} more in Details"] if rest > 0 else []
        shown.append(_listed("What follows", [*advice[:MOST_ADVICE], *more], 400))
    if briefing.evidence is not None:
        rows = strongest(briefing)
        unread = sum(1 for row in briefing.evidence.rows if row.reading.value == "not available")
        lines = [f"{row.finding} ({row.weight:+.0f}, {row.source})" for row in rows]
        if unread:
            lines.append(f"{number(unread)} rows of the evidence could not be read: see Details")
        if lines:
            shown.append(_listed("What weighs most", lines, 300))
    return shown


def strongest(briefing: Briefing) -> list[Row]:
    """The rows that weigh most, either way."""
    rows = [row for row in briefing.evidence.rows if row.is_read and row.weight] if briefing.evidence else []
    return sorted(rows, key=lambda row: -abs(row.weight))[:STRONGEST]


def since_line(briefing: Briefing) -> str:
    """Since when users are blocked; empty where nobody is."""
    impact = briefing.impact
    if impact is None or impact.since is None:
        return ""
    last = f", the last one {date(impact.last)}" if impact.last is not None else ""
    have_not = f"{number(impact.still)} have not signed in since"
    return f"Users were stopped from signing in from {date(impact.since)} on{last}; {have_not}."


def _listed(title: str, lines: list[str], most: int) -> Json:
    said = [shorten(clean(each), most) for each in lines]
    return blocks.listed(title, said, most)
