"""The dialog that signs: what is signed, and the field for the one-time code."""

import json

from bot.ports.slack import ApprovalDialog
from bot.slack.action_ids import APPROVAL_DIALOG, CODE_FIELD
from bot.slack.cards import blocks
from bot.slack.cards.blocks import Json
from bot.slack.cards.plain_dialog import modal
from bot.slack.cards.text import clean, counted

CODE_LENGTHS = (6, 8)
"""Six digits; somebody may type a space between them."""


def approval_dialog(dialog: ApprovalDialog) -> Json:
    """The view. private_metadata carries ids and the channel, and nothing else."""
    what = f"{dialog.action.value} for {counted(dialog.users, 'user')} of surge {clean(dialog.surge_name)[:40]}."
    shown = [
        blocks.paragraph(what, 300),
        blocks.rich_text(
            blocks.line(blocks.label("Asked for by "), blocks.person(dialog.requester), blocks.label(", who says:")),
            blocks.quote(dialog.reason, 600),
        ),
        code_field(required=dialog.code_required),
    ]
    metadata = {
        "request": clean(dialog.request_id)[:100],
        "channel": clean(dialog.channel)[:100],
        "opened_by": clean(dialog.opened_by)[:100],
    }
    return modal("Sign this request", shown) | {
        "callback_id": APPROVAL_DIALOG,
        "private_metadata": json.dumps(metadata),
        "submit": blocks.plain_text("Approve", 24),
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
