"""The rules for blocks, for a message's list of blocks and for a view, from docs.slack.dev/reference/block-kit."""

import json
from collections.abc import Iterator

from sim.workspace.elements import (
    IDENTIFIER,
    IMAGE_SOURCE,
    IN_ACTIONS,
    IN_CONTEXT,
    IN_INPUT,
    IN_SECTION,
    any_text,
    plain_text,
)
from sim.workspace.rich_text import RICH_TEXT_ELEMENT
from sim.workspace.rules import (
    Findings,
    Json,
    Rule,
    Value,
    array,
    at_least_one,
    exactly_one,
    flag,
    kinds,
    length,
    record,
    text,
)

BLOCKS_IN_MESSAGE = 50
BLOCKS_IN_VIEW = 100
MARKDOWN_CHARACTERS = 12_000
TABLE_CHARACTERS = 10_000
MESSAGE_CHARACTERS = 13_200  # found by apps, not documented: the JSON of a message's blocks

_BLOCK_ID: dict[str, Rule] = {"block_id": IDENTIFIER}
_RICH_TEXT = record({"elements": array(RICH_TEXT_ELEMENT)}, _BLOCK_ID)
_CELL = kinds(
    {
        "raw_text": record({"text": text()}),
        "rich_text": record({"elements": array(RICH_TEXT_ELEMENT)}),
    }
)
_COLUMN = record({}, {"align": text(choices=("left", "center", "right")), "is_wrapped": flag()})

_EVERYWHERE: dict[str, Rule] = {
    "section": record(
        {},
        {
            **_BLOCK_ID,
            "text": any_text(3000),
            "fields": array(any_text(2000), most=10),
            "accessory": IN_SECTION,
            "expand": flag(),
        },
        also=(at_least_one("text", "fields"),),
    ),
    "header": record({"text": plain_text(150)}, _BLOCK_ID),
    "context": record({"elements": array(IN_CONTEXT, most=10)}, _BLOCK_ID),
    "actions": record({"elements": array(IN_ACTIONS, most=25)}, _BLOCK_ID),
    "divider": record({}, _BLOCK_ID),
    "image": record(
        {"alt_text": text(most=2000)},
        {**_BLOCK_ID, **IMAGE_SOURCE, "title": plain_text(2000)},
        also=(exactly_one("image_url", "slack_file"),),
    ),
    "rich_text": _RICH_TEXT,
}
_IN_MESSAGE = kinds(
    {
        **_EVERYWHERE,
        "table": record(
            {"rows": array(array(_CELL, most=20), most=100)}, {**_BLOCK_ID, "column_settings": array(_COLUMN, most=20)}
        ),
        "markdown": record({"text": text(most=MARKDOWN_CHARACTERS)}, _BLOCK_ID),
    }
)
_IN_VIEW = kinds(
    {
        **_EVERYWHERE,
        "input": record(
            {"label": plain_text(2000), "element": IN_INPUT},
            {**_BLOCK_ID, "dispatch_action": flag(), "hint": plain_text(2000), "optional": flag()},
        ),
    }
)
_VIEW_FIELDS: dict[str, Rule] = {
    "private_metadata": text(least=0, most=3000),
    "callback_id": text(least=0, most=255),
    "external_id": text(least=0, most=255),
}
_VIEW = kinds(
    {
        "modal": record(
            {"title": plain_text(24), "blocks": array(_IN_VIEW, most=BLOCKS_IN_VIEW)},
            {
                **_VIEW_FIELDS,
                "submit": plain_text(24),
                "close": plain_text(24),
                "clear_on_close": flag(),
                "notify_on_close": flag(),
                "submit_disabled": flag(),
            },
        ),
        "home": record({"blocks": array(_IN_VIEW, most=BLOCKS_IN_VIEW)}, _VIEW_FIELDS),
    }
)


def elements_in(block: Json) -> Iterator[tuple[Json, str]]:
    """The block's elements that somebody can use, with the place of each within the block."""
    for name in ("accessory", "element"):
        if isinstance(block.get(name), dict) and block[name].get("type") != "image":
            yield block[name], f"/{name}"
    if block.get("type") == "actions" and isinstance(block.get("elements"), list):
        for index, element in enumerate(block["elements"]):
            if isinstance(element, dict):
                yield element, f"/elements/{index}"


def problems_of_blocks(blocks: Value) -> list[str]:
    """What Slack would say of a message's blocks; empty when they are right."""
    findings = Findings()
    array(_IN_MESSAGE, least=0, most=BLOCKS_IN_MESSAGE)(blocks, "/blocks", findings)
    if isinstance(blocks, list):
        given = [block for block in blocks if isinstance(block, dict)]
        _identifiers_are_unique(given, "/blocks", findings, actions_across_blocks=True)
        _tables_fit(given, findings)
        written = sum(length(block["text"]) for block in given if block.get("type") == "markdown" and _has_text(block))
        if written > MARKDOWN_CHARACTERS:
            findings.add(f"markdown blocks must be less than {MARKDOWN_CHARACTERS + 1} characters in all", "/blocks")
    return findings.messages


def too_long(blocks: list[Json]) -> bool:
    """Whether Slack would answer msg_blocks_too_long."""
    return length(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > MESSAGE_CHARACTERS


def problems_of_view(view: Value) -> list[str]:
    """What Slack would say of a modal or home view; empty when it is right."""
    findings = Findings()
    _VIEW(view, "/view", findings)
    if isinstance(view, dict) and isinstance(view.get("blocks"), list):
        blocks = [block for block in view["blocks"] if isinstance(block, dict)]
        _identifiers_are_unique(blocks, "/view/blocks", findings, actions_across_blocks=False)
        if view.get("type") == "modal" and "submit" not in view and any(b.get("type") == "input" for b in blocks):
            findings.add("missing required field: submit (the view has input blocks)", "/view")
        focused = [element for block in blocks for element, _ in elements_in(block) if element.get("focus_on_load")]
        if len(focused) > 1:
            findings.add("only one element can have focus_on_load set to true", "/view/blocks")
    return findings.messages


def _has_text(block: Json) -> bool:
    return isinstance(block.get("text"), str)


def _identifiers_are_unique(
    blocks: list[Json], pointer: str, findings: Findings, *, actions_across_blocks: bool
) -> None:
    block_ids: set[str] = set()
    actions: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = block.get("block_id")
        if isinstance(block_id, str):
            if block_id in block_ids:
                findings.add(f"block_id already exists: {block_id}", f"{pointer}/{index}/block_id")
            block_ids.add(block_id)
        if not actions_across_blocks:
            actions = set()
        for element, place in elements_in(block):
            action_id = element.get("action_id")
            if isinstance(action_id, str):
                if action_id in actions:
                    findings.add(f"action_id already exists: {action_id}", f"{pointer}/{index}{place}/action_id")
                actions.add(action_id)


def _tables_fit(blocks: list[Json], findings: Findings) -> None:
    tables = [block for block in blocks if block.get("type") == "table"]
    if len(tables) > 1:
        findings.add("only_one_table_allowed", "/blocks")
    if sum(length("".join(_texts(table.get("rows")))) for table in tables) > TABLE_CHARACTERS:
        findings.add(f"table cells must be less than {TABLE_CHARACTERS + 1} characters in all", "/blocks")


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
