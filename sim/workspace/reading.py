"""A message or a dialog as a person reads it, in plain text."""

import html
import re
from collections.abc import Iterator, Mapping

from sim.workspace.blocks import elements_in
from sim.workspace.elements import options_of
from sim.workspace.rules import Json
from sim.workspace.world import Person

_ANGLES = re.compile(r"<([^<>]*)>")
_MARKS = re.compile(r"(?<![\w*~`])([*~_`]+)(?=\S)(.+?)(?<=\S)\1(?![\w*~`])")


def plain(shown: Json, people: Mapping[str, Person] | None = None) -> str:
    """The text of a message or a view, block by block; buttons stand in square brackets. Mentions read as names when
    `people` is given. A message without blocks reads as its `text`.
    """
    lines: list[str] = []
    if "title" in shown and shown.get("type") == "modal":
        lines.append(_words(shown["title"], people))
    for block in shown.get("blocks") or []:
        lines += [line for line in _block(block, people) if line]
    if not shown.get("blocks"):
        lines.append(read_mrkdwn(shown.get("text", ""), people))
    for stored in shown.get("files", []):
        lines.append(f"{stored['title']} ({stored['alt_txt']})" if stored["alt_txt"] else stored["title"])
    return "\n".join(lines)


def buttons(shown: Json) -> list[str]:
    """The labels of the buttons in a message or a view, in order."""
    found = [element for block in shown.get("blocks") or [] for element, _ in elements_in(block)]
    return [element["text"]["text"] for element in found if element["type"] == "button"]


def read_mrkdwn(text: str, people: Mapping[str, Person] | None = None) -> str:
    """Mrkdwn without its marks: docs.slack.dev/messaging/formatting-message-text."""
    stripped = _ANGLES.sub(lambda found: _angle(found.group(1), people or {}), text)
    while (again := _MARKS.sub(r"\2", stripped)) != stripped:
        stripped = again
    return html.unescape(stripped)


def _angle(inside: str, people: Mapping[str, Person]) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        person = people.get(target[1:])
        return f"@{person.real_name}" if person else f"@{target[1:]}"
    if target.startswith("!date^"):
        return label
    if target.startswith("!"):
        return label or f"@{target[1:].split('^')[0]}"
    return label or target


def _words(item: Json | None, people: Mapping[str, Person] | None) -> str:
    if not item:
        return ""
    if item["type"] == "plain_text":
        return html.unescape(item["text"])
    return read_mrkdwn(item["text"], people)


def _block(block: Json, people: Mapping[str, Person] | None) -> Iterator[str]:
    match block["type"]:
        case "section" | "header":
            yield _words(block.get("text"), people)
            for item in block.get("fields", []):
                yield _words(item, people)
        case "context":
            yield " ".join(
                item["alt_text"] if item["type"] == "image" else _words(item, people) for item in block["elements"]
            )
        case "image":
            yield _words(block.get("title"), people) or block["alt_text"]
        case "input":
            yield _words(block["label"], people)
            yield _words(block.get("hint"), people)
        case "markdown":
            yield block["text"]
        case "rich_text":
            yield from _rich(block["elements"], people)
        case "table":
            for row in block["rows"]:
                yield " | ".join(
                    cell["text"] if cell["type"] == "raw_text" else " ".join(_rich(cell["elements"], people))
                    for cell in row
                )
    yield " ".join(_element(element, people) for element, _ in elements_in(block))


def _element(element: Json, people: Mapping[str, Person] | None) -> str:
    if element["type"] == "button":
        return f"[{_words(element['text'], people)}]"
    return " / ".join(_words(option["text"], people) for option in options_of(element))


def _rich(elements: list[Json], people: Mapping[str, Person] | None) -> Iterator[str]:
    for element in elements:
        if element["type"] == "rich_text_list":
            yield from _rich(element["elements"], people)
        else:
            yield "".join(_inline(item, people or {}) for item in element["elements"])


def _inline(item: Json, people: Mapping[str, Person]) -> str:
    match item["type"]:
        case "text":
            return str(item["text"])
        case "link":
            return str(item.get("text") or item["url"])
        case "user":
            person = people.get(item["user_id"])
            return f"@{person.real_name}" if person else f"@{item['user_id']}"
        case "emoji":
            return f":{item['name']}:"
        case "date":
            return str(item.get("fallback") or item["timestamp"])
        case _:
            names = ("range", "usergroup_id", "channel_id", "value")
            return "".join(f"@{item[name]}" for name in names if name in item)
