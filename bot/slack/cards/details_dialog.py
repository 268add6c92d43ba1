"""The details: the members of each figure, as far as a dialog can hold them."""

import json

from bot.ports.slack import ClickKind, DetailsDialog
from bot.record.account import FigureMembers, PersonLine
from bot.slack.action_ids import BUTTONS
from bot.slack.cards import blocks
from bot.slack.cards.blocks import Json
from bot.slack.cards.plain_dialog import modal
from bot.slack.cards.text import clean, number, plain

MOST_FIGURES = 40
MOST_NOTES = 20
MOST_LINES = 160
"""People in the whole dialog. Slack refuses a view of more than 250 KB; people read far less."""
MOST_A_FIGURE = 20


def details_dialog(dialog: DetailsDialog) -> Json:
    """The view: notes first, then each figure with the first of its people."""
    name = clean(dialog.surge_name)[:40]
    shown = [blocks.paragraph(f"Surge {name}: who stands behind each figure.")]
    if dialog.notes:
        notes = [*dialog.notes[:MOST_NOTES], *_more(len(dialog.notes) - MOST_NOTES, "notes")]
        shown.append(blocks.rich_text(blocks.bullets(notes, most=400)))
    figures = dialog.figures[:MOST_FIGURES]
    each = max(3, min(MOST_A_FIGURE, MOST_LINES // max(1, len(figures))))
    shown += [_figure(figure, each, name) for figure in figures]
    shown += [blocks.paragraph(more) for more in _more(len(dialog.figures) - MOST_FIGURES, "figures")]
    shown += _offers(dialog)
    metadata = json.dumps({"surge": clean(dialog.surge_id)[:200], "channel": clean(dialog.channel)[:100]})
    return modal(f"Details of {name}", shown) | {"private_metadata": metadata}


_OFFERED = {
    ClickKind.OPEN_RELEASE: "Release a held-back user",
    ClickKind.OPEN_WAY_BACK: "Way back for a run's users",
}


def _offers(dialog: DetailsDialog) -> list[Json]:
    """Buttons for what can be asked for from here; each shows its own dialog in this one's place."""
    offered = [kind for kind in dialog.offers if kind in _OFFERED]
    return blocks.actions([blocks.button(BUTTONS[kind], _OFFERED[kind], dialog.surge_id) for kind in offered])


def _figure(figure: FigureMembers, most: int, surge_name: str) -> Json:
    title = f"{plain(figure.name, 100)} {number(len(figure.people))}"
    if not figure.people:
        return blocks.rich_text(blocks.line(blocks.words(title, bold=True)))
    rest = len(figure.people) - most
    more = [f"and {rest:,} more: countersign show {surge_name} --names"] if rest > 0 else []
    people = [_person(person) for person in figure.people[:most]]
    return blocks.listed(title, [*people, *more], 300)


def _person(person: PersonLine) -> str:
    name = clean(person.display_name[:400])[:80]
    address = clean(person.user_principal_name[:400])[:110] or person.user_id
    who = f"{name} ({address})" if name else address
    return f"{who}: {person.fact}" if person.fact else who


def _more(rest: int, what: str) -> list[str]:
    return [f"and {rest:,} more {what}"] if rest > 0 else []
