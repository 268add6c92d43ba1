"""What the dialogs that ask have in common: their fields, and how many must sign."""

import json
from collections.abc import Iterable, Sequence

from bot.decide.action import RULES, Action
from bot.ports.slack import AskingDialog
from bot.slack.action_ids import ACTION_FIELD, REASON_FIELD
from bot.slack.cards import blocks
from bot.slack.cards.blocks import Json
from bot.slack.cards.plain_dialog import modal
from bot.slack.cards.request import REASON_CHARACTERS
from bot.slack.cards.signing_dialog import code_field
from bot.slack.cards.text import clean, counted
from bot.slack.cards.times import span


def asking_dialog(title: str, shown: list[Json], callback_id: str, dialog: AskingDialog) -> Json:
    """A view that can be submitted. private_metadata carries the surge's id and the channel, and nothing else."""
    metadata = json.dumps({"surge": clean(dialog.surge_id)[:200], "channel": clean(dialog.channel)[:100]})
    return modal(title, shown) | {
        "callback_id": callback_id,
        "private_metadata": metadata,
        "submit": blocks.plain_text("Ask", 24),
        "close": blocks.plain_text("Cancel", 24),
    }


def option(text: str, value: str) -> Json:
    """One choice."""
    return {"text": blocks.plain_text(text, 75), "value": value}


def field(block_id: str, label: str, element: Json, hint: str = "") -> Json:
    """An input with its label; its action_id is its block_id."""
    made: Json = {
        "type": "input",
        "block_id": block_id,
        "label": blocks.plain_text(label, 200),
        "element": {**element, "action_id": block_id},
    }
    if hint:
        made["hint"] = blocks.plain_text(hint, 300)
    return made


def action_field(actions: Iterable[Action], first: Action, *, tells: bool = False) -> Json:
    """What is to be done. tells: a choice is told at once, so that the figures follow it."""
    offered = tuple(dict.fromkeys(actions))
    chosen = first if first in offered else offered[0]
    made = field(ACTION_FIELD, "Action", _actions(offered, chosen))
    return made | {"dispatch_action": True} if tells else made


def action_choice(actions: Iterable[Action], first: Action) -> Json:
    """The same where there is nothing to submit: a view with inputs would need a button for it."""
    offered = tuple(dict.fromkeys(actions))
    chosen = first if first in offered else offered[0]
    element = _actions(offered, chosen) | {"action_id": ACTION_FIELD}
    return {"type": "actions", "block_id": ACTION_FIELD, "elements": [element]}


def _actions(offered: tuple[Action, ...], chosen: Action) -> Json:
    return {
        "type": "static_select",
        "options": [option(action.value, action.value) for action in offered],
        "initial_option": option(chosen.value, chosen.value),
    }


def what_they_do(actions: Iterable[Action]) -> Json:
    """What each action does, in a sentence."""
    lines = [
        blocks.line(
            blocks.words(action.value, bold=True),
            blocks.label(": "),
            blocks.words(RULES[action].what_it_says, most=400),
        )
        for action in dict.fromkeys(actions)
    ]
    return blocks.rich_text({"type": "rich_text_list", "style": "bullet", "elements": lines})


def reason_field() -> Json:
    """Why."""
    return field(
        REASON_FIELD,
        "Reason",
        {"type": "plain_text_input", "multiline": True, "min_length": 1, "max_length": REASON_CHARACTERS},
        hint="What makes you sure? Whoever signs reads this, and it stays in the record.",
    )


def code() -> Json:
    """A one-time code, for whoever was enrolled and wants the record to tell of it."""
    return code_field(required=False)


def who_must_sign(approvals: int, under_glass: int, expires_in_seconds: int) -> str:
    """Nothing is changed before 2 other people sign, 1 of them under break glass. The request expires after 4 hours."""
    people = counted(max(1, approvals), "other person signs", "other people sign")
    glass = f", {under_glass:,} of them under break glass with a one-time code" if under_glass else ""
    return f"Nothing is changed before {people}{glass}. The request expires after {span(expires_in_seconds)}."


def gaps(values: Sequence[str]) -> list[Json]:
    """What could not be read, so that whoever asks or signs knows it."""
    if not values:
        return []
    return [blocks.listed("Not available", list(values[:5]), 300)]
