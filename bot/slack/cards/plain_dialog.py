"""Dialogs that only say something: that it is loading, or why it can't be done."""

from bot.ports.slack import PlainDialog
from bot.slack.action_ids import INFORMATION_DIALOG
from bot.slack.cards import blocks
from bot.slack.cards.blocks import Json
from bot.slack.cards.text import pieces


def modal(title: str, shown: list[Json]) -> Json:
    """A view with a title of at most 24 characters and nothing to submit."""
    return {
        "type": "modal",
        "callback_id": INFORMATION_DIALOG,
        "title": blocks.plain_text(title, 24),
        "close": blocks.plain_text("Close", 24),
        "blocks": shown,
    }


def loading_dialog() -> Json:
    """What stands there until the dialog is filled: a trigger lives three seconds, reading takes longer."""
    return modal("Countersign", [blocks.paragraph("Loading. This takes a moment.")])


def plain_dialog(dialog: PlainDialog) -> Json:
    """A title and a sentence, in which people may be mentioned."""
    return modal(dialog.title, [blocks.rich_text(blocks.line(*spoken(dialog.text)))])


def spoken(value: str, most: int = 2_900) -> list[Json]:
    """A sentence as rich text: mentions and times are tokens, all else is shown as it is."""
    elements: list[Json] = []
    for piece, is_token in pieces(value, most):
        if not is_token:
            elements.append(blocks.label(piece))
        elif piece.startswith("<@"):
            elements.append(blocks.person(piece[2:-1]))
        else:
            _, seconds, rest = piece[1:-1].split("^", 2)
            form, _, fallback = rest.partition("|")
            elements.append({"type": "date", "timestamp": int(seconds), "format": form, "fallback": fallback})
    return elements or [blocks.words("")]
