"""What Slack adds to blocks before it keeps them: ids that the app left out, and the flags of text objects."""

import copy
import secrets
import string

from sim.workspace.blocks import elements_in
from sim.workspace.rules import Json, Value

_SIGNS = string.ascii_letters + string.digits + "+/"


def _short_id() -> str:
    return "".join(secrets.choice(_SIGNS) for _ in range(5))


def shaped(blocks: list[Json]) -> list[Json]:
    """A copy of right blocks, as Slack gives them back."""
    kept: list[Json] = copy.deepcopy(blocks)
    for block in kept:
        block.setdefault("block_id", _short_id())
        for element, _ in elements_in(block):
            element.setdefault("action_id", _short_id())
    _complete_texts(kept)
    return kept


def _complete_texts(value: Value) -> None:
    if isinstance(value, list):
        for item in value:
            _complete_texts(item)
    elif isinstance(value, dict):
        if value.get("type") == "plain_text":
            value.setdefault("emoji", True)
        elif value.get("type") == "mrkdwn":
            value.setdefault("verbatim", False)
        for item in value.values():
            _complete_texts(item)
