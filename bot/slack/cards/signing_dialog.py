"""The dialog that signs: what is signed, and the field for the one-time code."""

import json

from bot.ports.slack import ClickKind, SigningDialog
from bot.slack.action_ids import CODE_FIELD, DIALOGS
from bot.slack.cards import blocks
from bot.slack.cards.blocks import Json
from bot.slack.cards.plain_dialog import modal
from bot.slack.cards.text import clean, counted

CODE_LENGTHS = (6, 8)
"""Six digits; somebody may type a space between them."""
_WORDS = {
    ClickKind.SUBMIT_APPROVAL: ("Sign this request", "Approve"),
    ClickKind.SUBMIT_GOING_ON: ("Let this run go on", "Resume"),
}
"""Title and button."""


def signing_dialog(dialog: SigningDialog) -> Json:
    """The view. private_metadata carries ids and the channel, and nothing else."""
    what = f"{dialog.action.value} for {counted(dialog.users, 'user')} of surge {clean(dialog.surge_name)[:40]}."
    title, submit = _WORDS[dialog.submits]
    paused = [blocks.paragraph(f"The run is paused: {clean(dialog.paused_because)}", 900)]
    shown = [
        blocks.paragraph(what, 300),
        *(paused if dialog.paused_because else ()),
        blocks.rich_text(
            blocks.line(blocks.label("Asked for by "), blocks.person(dialog.requester), blocks.label(", who says:")),
            blocks.quote(dialog.reason, 600),
        ),
        code_field(required=dialog.code_required),
    ]
    metadata = {
        "subject": clean(dialog.subject_id)[:100],
        "channel": clean(dialog.channel)[:100],
        "opened_by": clean(dialog.opened_by)[:100],
        "shown": clean(dialog.shown)[:100],
    }
    return modal(title, shown) | {
        "callback_id": DIALOGS[dialog.submits],
        "private_metadata": json.dumps(metadata),
        "submit": blocks.plain_text(submit, 24),
        "close": blocks.plain_text("Cancel", 24),
    }


def code_field(*, required: bool) -> Json:
    """Where a one-time code is typed."""
    shortest, longest = CODE_LENGTHS
    return {
        "type": "input",
        "block_id": CODE_FIELD,
        "label": blocks.plain_text("One-time code", 200),
        "optional": not required,
        "hint": blocks.plain_text(
            "The six digits that your authenticator shows now. Each counts once."
            if required
            else "The six digits that your authenticator shows now. Not needed here; the record tells of it.",
            300,
        ),
        "element": {
            "type": "plain_text_input",
            "action_id": CODE_FIELD,
            "min_length": shortest,
            "max_length": longest,
        },
    }
