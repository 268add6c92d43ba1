"""The request dialog: an action, the cohorts, a reason; what it will take; and who is held back, and why."""

from bot.ports.slack import ClickKind, DialogChoice, RequestDialog
from bot.slack.action_ids import BUTTONS, COHORTS_FIELD, DIALOGS
from bot.slack.cards import blocks
from bot.slack.cards.asking import (
    action_choice,
    action_field,
    asking_dialog,
    code,
    field,
    gaps,
    option,
    reason_field,
    what_they_do,
    who_must_sign,
)
from bot.slack.cards.blocks import Json
from bot.slack.cards.outcomes import top_reasons
from bot.slack.cards.plain_dialog import modal
from bot.slack.cards.text import clean, counted, number
from bot.slack.cards.why_so_many import why_so_many

MOST_REASONS = 10
MOST_PEOPLE = 15
TITLE = "Request remediation"


def request_dialog(dialog: RequestDialog) -> Json:
    """The view. Where nobody is eligible another action may still be chosen, and somebody released."""
    choices = [choice for choice in dialog.choices if choice.eligible > 0]
    shown = [blocks.paragraph(_first_line(dialog), 900)]
    if choices and dialog.actions:
        shown += [action_field(dialog.actions, dialog.action, tells=True), what_they_do(dialog.actions)]
        shown += [_cohorts(choices), reason_field(), code()]
    elif dialog.actions:
        shown += [action_choice(dialog.actions, dialog.action), what_they_do(dialog.actions)]
    shown += gaps(dialog.gaps)
    shown += _held_back(dialog)
    made = asking_dialog(TITLE, shown, DIALOGS[ClickKind.SUBMIT_REQUEST], dialog)
    if choices and dialog.actions:
        return made
    return modal(TITLE, shown) | {"private_metadata": made["private_metadata"]}


def _first_line(dialog: RequestDialog) -> str:
    name = clean(dialog.surge_name)[:40]
    closed = f" {counted(dialog.already_closed, 'user')} closed before." if dialog.already_closed else ""
    if not dialog.eligible:
        return (
            f"Surge {name}: nobody can be acted on by {dialog.action.value}. Every user is held back, and why is "
            f"listed below.{closed}{' Releasing one of them is possible.' if dialog.can_release else ''}"
        )
    takes = f" For all of them it takes {dialog.takes}." if dialog.takes else ""
    return (
        f"Surge {name}: {counted(dialog.eligible, 'user')} can be acted on by {dialog.action.value}.{closed}{takes} "
        f"{why_so_many(dialog.evidence, dialog.action)}"
        f"{who_must_sign(dialog.approvals_needed, dialog.break_glass_needed, dialog.expires_in_seconds)}"
    )


def _cohorts(choices: list[DialogChoice]) -> Json:
    options = [
        option(f"{choice.cohort.value}, {counted(choice.eligible, 'user')}", choice.cohort.value)
        for choice in {choice.cohort: choice for choice in choices}.values()
    ]
    return field(
        COHORTS_FIELD,
        "Cohorts",
        {"type": "multi_static_select", "options": options, "initial_options": options},
        hint="Whoever is in a cohort you leave out is not touched.",
    )


def _held_back(dialog: RequestDialog) -> list[Json]:
    if not dialog.held_back:
        return [blocks.paragraph("Nobody is held back.")]
    total = sum(count for _, count in dialog.held_back)
    shown = [blocks.listed(f"Held back: {counted(total, 'user')}", top_reasons(dialog.held_back, MOST_REASONS), 250)]
    people = [f"{clean(name)[:120]}: {clean(reason)}" for name, reason in dialog.held_back_people[:MOST_PEOPLE]]
    if people:
        rest = total - len(people)
        more = (
            [f"and {number(rest)} more: countersign show {clean(dialog.surge_name)[:40]} --names"] if rest > 0 else []
        )
        shown.append(blocks.rich_text(blocks.bullets([*people, *more], most=300)))
    if dialog.can_release:
        release = blocks.button(BUTTONS[ClickKind.OPEN_RELEASE], "Release one of them", dialog.surge_id)
        shown += blocks.actions([release])
    return shown
