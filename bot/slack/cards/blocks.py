"""The few Block Kit shapes that the cards are made of: docs.slack.dev/reference/block-kit. Each keeps its limits."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from bot.slack.cards.text import escape, is_user_id, plain, shorten

Json: TypeAlias = dict[str, Any]
"""A JSON object, as Slack's libraries take it."""


class Message(NamedTuple):
    """A message: its blocks, and the words for notifications and screen readers."""

    blocks: list[Json]
    text: str


FIELDS = 10
BUTTON_TEXT = 75


def plain_text(value: str, most: int = 3_000) -> Json:
    """Text that Slack shows as it is, from whomever it comes."""
    return {"type": "plain_text", "text": plain(value, most), "emoji": False}


def header(value: str) -> Json:
    """The first line in bold: at most 150 characters."""
    return {"type": "header", "text": plain_text(value, 150)}


def section(mrkdwn: str) -> Json:
    """A paragraph in our own words: what is not ours must have gone through `inert` or stand elsewhere."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn, "verbatim": True}}


def paragraph(value: str, most: int = 2_900) -> Json:
    """A paragraph that Slack shows as it is."""
    return {"type": "section", "text": plain_text(value, most)}


def fields(values: Sequence[str], most: int = 300) -> list[Json]:
    """Figures beside their words, in two columns; more than ten go into another section."""
    return [
        {"type": "section", "fields": [plain_text(value, most) for value in values[at : at + FIELDS]]}
        for at in range(0, len(values), FIELDS)
    ]


def context(mrkdwn: str) -> Json:
    """A small line below."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": mrkdwn, "verbatim": True}]}


def words(value: str, *, bold: bool = False, most: int = 2_900) -> Json:
    """A rich-text element that Slack shows as it is."""
    element: Json = {"type": "text", "text": plain(value, most)}
    if bold:
        element["style"] = {"bold": True}
    return element


def person(user_id: str) -> Json:
    """A mention as a rich-text element; whatever is no user id is shown as words."""
    return {"type": "user", "user_id": user_id} if is_user_id(user_id) else words(user_id, most=40)


def label(value: str) -> Json:
    """Our own words before something else, as a rich-text element; spaces at the ends stay."""
    return {"type": "text", "text": value}


def rich_text(*sections: Json) -> Json:
    """A rich-text block."""
    return {"type": "rich_text", "elements": list(sections)}


def line(*elements: Json) -> Json:
    """One paragraph of rich text."""
    return {"type": "rich_text_section", "elements": list(elements)}


def quote(value: str, most: int) -> Json:
    """Somebody's words, marked as a quotation."""
    return {"type": "rich_text_quote", "elements": [words(value, most=most)]}


def bullets(values: Iterable[str], most: int = 300) -> Json:
    """A list of lines that Slack shows as they are."""
    return {
        "type": "rich_text_list",
        "style": "bullet",
        "elements": [line(words(value, most=most)) for value in values],
    }


def listed(title: str, values: Iterable[str], most: int = 300) -> Json:
    """A list under a line in bold."""
    return rich_text(line(words(title, bold=True)), bullets(values, most))


def confirm(title: str, text: str, yes: str, no: str = "Back", *, danger: bool = False) -> Json:
    """The question before a press counts."""
    return {
        "title": plain_text(title, 100),
        "text": plain_text(text, 300),
        "confirm": plain_text(yes, 30),
        "deny": plain_text(no, 30),
        "style": "danger" if danger else "primary",
    }


def button(
    action_id: str,
    text: str,
    value: str,
    *,
    style: Literal["primary", "danger"] | None = None,
    question: Json | None = None,
) -> Json:
    """A button. `value` is an opaque id: a hint, never a fact."""
    made: Json = {
        "type": "button",
        "action_id": action_id,
        "text": plain_text(text, BUTTON_TEXT),
        "value": shorten(value, 200) or "-",
    }
    if style:
        made["style"] = style
    if question:
        made["confirm"] = question
    return made


def actions(buttons: Sequence[Json]) -> list[Json]:
    """A row of buttons; nothing where there is none, because Slack refuses an empty row."""
    return [{"type": "actions", "elements": list(buttons)}] if buttons else []


def bold(value: str) -> str:
    """Our own words in bold, for mrkdwn."""
    return f"*{escape(value)}*"
