"""The dialogs for whatever is asked for by name: a release, a recovery, the way back."""

from collections.abc import Iterable

from bot.decide.action import Action
from bot.decide.request_kind import RequestKind
from bot.ports.slack import ClickKind, NamedUser, RecoveryDialog, ReleaseDialog, WayBackDialog
from bot.slack.action_ids import DIALOGS, PEOPLE_FIELD, RUN_FIELD
from bot.slack.cards import blocks
from bot.slack.cards.asking import (
    action_field,
    asking_dialog,
    code,
    field,
    option,
    reason_field,
    what_they_do,
    who_must_sign,
)
from bot.slack.cards.blocks import Json
from bot.slack.cards.text import clean, counted, shorten
from bot.slack.cards.why_so_many import why_so_many

MOST_OPTIONS = 100
MOST_NAME = 320


def release_dialog(dialog: ReleaseDialog) -> Json:
    """One held-back user, an action, a reason."""
    signing = who_must_sign(dialog.approvals_needed, dialog.break_glass_needed, dialog.expires_in_seconds)
    shown = [
        blocks.paragraph(
            f"Surge {clean(dialog.surge_name)[:40]}: release one user who is held back. "
            f"{why_so_many('', Action.CONFIRM_SAFE, RequestKind.RELEASE)}Look at the user in the Entra admin center "
            f"first. {signing}",
            900,
        ),
        _one_user(dialog),
        action_field(dialog.actions, Action.CONFIRM_SAFE),
        what_they_do(dialog.actions),
        reason_field(),
        code(),
    ]
    return asking_dialog("Release a user", shown, DIALOGS[ClickKind.SUBMIT_RELEASE], dialog)


def _one_user(dialog: ReleaseDialog) -> Json:
    """A choice of a hundred; where there are more the name is typed."""
    if dialog.more or not dialog.people:
        return field(
            PEOPLE_FIELD,
            "User",
            {"type": "plain_text_input", "min_length": 1, "max_length": MOST_NAME},
            hint=f"{counted(len(dialog.people) + dialog.more, 'user')} can be released. Type the user principal "
            "name or the object id, as Details lists it.",
        )
    return field(PEOPLE_FIELD, "User", {"type": "static_select", "options": _options(dialog.people)})


def _options(people: tuple[NamedUser, ...]) -> list[Json]:
    return _distinct((f"{clean(each.name)[:45]}: {clean(each.fact)}", each.user_id) for each in people[:MOST_OPTIONS])


def _distinct(choices: Iterable[tuple[str, str]]) -> list[Json]:
    """Options by text and value: Slack refuses a value twice."""
    made = [option(text, shorten(value, 150) or "-") for text, value in choices]
    return list({each["value"]: each for each in made}.values())


def recovery_dialog(dialog: RecoveryDialog) -> Json:
    """The flagged signers, the first few chosen, and who must sign."""
    options = _options(dialog.people)
    chosen = options[: dialog.most]
    approvers = [blocks.person(each) for each in dialog.break_glass[:20]]
    named = [part for each in approvers for part in (each, blocks.label(" "))]
    signing = who_must_sign(dialog.approvals_needed, dialog.approvals_needed, dialog.expires_in_seconds)
    shown = [
        blocks.paragraph(
            f"Surge {clean(dialog.surge_name)[:40]}: signers are flagged themselves, and too few are left. A recovery "
            f"clears at most {dialog.most:,} of them, runs before everything else, and everybody on the lists is told. "
            f"{signing}",
            900,
        ),
        blocks.rich_text(blocks.line(blocks.label("Break-glass approvers: "), *(named or [blocks.words("nobody")]))),
        field(
            PEOPLE_FIELD,
            "Signers",
            {
                "type": "multi_static_select",
                "options": options,
                "initial_options": chosen,
                "max_selected_items": max(1, dialog.most),
            },
        ),
        action_field(dialog.actions, Action.CONFIRM_SAFE),
        reason_field(),
        code(),
    ]
    return asking_dialog("Request recovery", shown, DIALOGS[ClickKind.SUBMIT_RECOVERY], dialog)


def way_back_dialog(dialog: WayBackDialog) -> Json:
    """A run, another action, a reason."""
    options = _distinct((words, run_id) for run_id, words in dialog.runs[:MOST_OPTIONS])
    signing = who_must_sign(dialog.approvals_needed, 0, dialog.expires_in_seconds)
    shown = [
        blocks.paragraph(
            f"Surge {clean(dialog.surge_name)[:40]}: put the users of a run under another action, if clearing them "
            f"was wrong. {signing}",
            900,
        ),
        field(RUN_FIELD, "Run", {"type": "static_select", "options": options, "initial_option": options[0]}),
        action_field(dialog.actions, Action.CONFIRM_COMPROMISED),
        what_they_do(dialog.actions),
        reason_field(),
        code(),
    ]
    return asking_dialog("The way back", shown, DIALOGS[ClickKind.SUBMIT_WAY_BACK], dialog)
