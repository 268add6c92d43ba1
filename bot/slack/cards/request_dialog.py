"""The request dialog: an action, the cohorts, a reason; and who is held back, and why."""

import json

from bot.decide.action import Action
from bot.ports.slack import DialogChoice, RequestDialog
from bot.slack.action_ids import ACTION_FIELD, COHORTS_FIELD, REASON_FIELD, REQUEST_DIALOG
from bot.slack.cards import blocks
from bot.slack.cards.blocks import Json
from bot.slack.cards.outcomes import top_reasons
from bot.slack.cards.plain_dialog import modal
from bot.slack.cards.request import REASON_CHARACTERS, what_it_says
from bot.slack.cards.text import clean, counted
from bot.slack.cards.times import span

MOST_REASONS = 10
MOST_PEOPLE = 15


def request_dialog(dialog: RequestDialog) -> Json:
    """The view. private_metadata carries the surge's id and the channel, and nothing else."""
    choices = [choice for choice in dialog.choices if choice.eligible > 0]
    shown = [blocks.paragraph(_first_line(dialog), 600)]
    if choices and dialog.actions:
        shown += [_action(dialog.actions), _what_they_do(dialog.actions), _cohorts(choices), _reason()]
    shown += _held_back(dialog)
    view = modal("Request remediation", shown)
    if choices and dialog.actions:
        metadata = json.dumps({"surge": clean(dialog.surge_id)[:200], "channel": clean(dialog.channel)[:100]})
        view |= {
            "callback_id": REQUEST_DIALOG,
            "private_metadata": metadata,
            "submit": blocks.plain_text("Ask", 24),
            "close": blocks.plain_text("Cancel", 24),
        }
    return view


def _first_line(dialog: RequestDialog) -> str:
    name = clean(dialog.surge_name)[:40]
    if not dialog.eligible:
        return f"Surge {name}: nobody can be acted on. Every user is held back, and why is listed below."
    return (
        f"Surge {name}: {counted(dialog.eligible, 'user')} can be acted on. Nothing is changed before "
        f"{counted(max(1, dialog.approvals_needed), 'other person signs', 'other people sign')}. "
        f"The request expires after {span(dialog.expires_in_seconds)}."
    )


def _option(text: str, value: str) -> Json:
    return {"text": blocks.plain_text(text, 75), "value": value}


def _input(block_id: str, label: str, element: Json, hint: str = "") -> Json:
    made: Json = {
        "type": "input",
        "block_id": block_id,
        "label": blocks.plain_text(label, 200),
        "element": {**element, "action_id": block_id},
    }
    if hint:
        made["hint"] = blocks.plain_text(hint, 300)
    return made


def _action(actions: tuple[Action, ...]) -> Json:
    options = [_option(action.value, action.value) for action in dict.fromkeys(actions)]
    first = Action.CONFIRM_SAFE if Action.CONFIRM_SAFE in actions else actions[0]
    return _input(
        ACTION_FIELD,
        "Action",
        {"type": "static_select", "options": options, "initial_option": _option(first.value, first.value)},
    )


def _what_they_do(actions: tuple[Action, ...]) -> Json:
    lines = [
        blocks.line(
            blocks.words(action.value, bold=True), blocks.label(": "), blocks.words(what_it_says(action), most=400)
        )
        for action in dict.fromkeys(actions)
    ]
    return blocks.rich_text({"type": "rich_text_list", "style": "bullet", "elements": lines})


def _cohorts(choices: list[DialogChoice]) -> Json:
    options = [
        _option(f"{choice.cohort.value}, {counted(choice.eligible, 'user')}", choice.cohort.value)
        for choice in {choice.cohort: choice for choice in choices}.values()
    ]
    return _input(
        COHORTS_FIELD,
        "Cohorts",
        {"type": "multi_static_select", "options": options, "initial_options": options},
        hint="Whoever is in a cohort you leave out is not touched.",
    )


def _reason() -> Json:
    return _input(
        REASON_FIELD,
        "Reason",
        {"type": "plain_text_input", "multiline": True, "min_length": 1, "max_length": REASON_CHARACTERS},
        hint="What makes you sure? Whoever signs reads this, and it stays in the record.",
    )


def _held_back(dialog: RequestDialog) -> list[Json]:
    if not dialog.held_back:
        return [blocks.paragraph("Nobody is held back.")]
    total = sum(count for _, count in dialog.held_back)
    shown = [
        blocks.rich_text(
            blocks.line(blocks.words(f"Held back: {counted(total, 'user')}", bold=True)),
            blocks.bullets(top_reasons(dialog.held_back, MOST_REASONS), most=250),
        )
    ]
    people = [f"{clean(name)[:120]}: {clean(reason)}" for name, reason in dialog.held_back_people[:MOST_PEOPLE]]
    if people:
        rest = total - len(people)
        more = [f"and {rest:,} more: countersign show {clean(dialog.surge_name)[:40]} --names"] if rest > 0 else []
        shown.append(blocks.rich_text(blocks.bullets([*people, *more], most=300)))
    return shown
