"""Submissions of the dialogs that ask and that sign."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.decide.request_kind import RequestKind
from bot.ports.presses import PRESSES
from bot.ports.slack import ClickInbox
from bot.slack.action_ids import (
    ACTION_FIELD,
    ASKING,
    CODE_FIELD,
    COHORTS_FIELD,
    PEOPLE_FIELD,
    REASON_FIELD,
    RUN_FIELD,
    SIGNING,
)
from bot.slack.cards.text import shorten
from bot.slack.clicks import signed, submitted
from bot.slack.listeners.taking import take

CHOICES = {
    RequestKind.SURGE: COHORTS_FIELD,
    RequestKind.RELEASE: PEOPLE_FIELD,
    RequestKind.RECOVERY: PEOPLE_FIELD,
    RequestKind.WAY_BACK: RUN_FIELD,
}
"""Whom a request is for: the field of its dialog that no other one has. Action, reason and code are in each."""
ERROR_CHARACTERS = 300


def register(app: AsyncApp, inbox: ClickInbox) -> None:
    """A submission with faults stays open and shows them; one without is taken like a click."""

    async def request_submitted(ack: AsyncAck, body: dict[str, Any]) -> None:
        click = submitted(body)
        asks_for = PRESSES[click.kind].asks_for if click is not None else None
        if click is not None and asks_for is not None:
            errors = await inbox.field_errors(click)
            if errors:
                fields = (CHOICES[asks_for], ACTION_FIELD, REASON_FIELD, CODE_FIELD)
                await ack(response_action="errors", errors=_by_block(dict(errors), fields))
                return
        await take(click, ack, inbox)

    async def signature_submitted(ack: AsyncAck, body: dict[str, Any]) -> None:
        await take(signed(body), ack, inbox)

    for callback_id in ASKING:
        app.view(callback_id)(request_submitted)
    for callback_id in SIGNING:
        app.view(callback_id)(signature_submitted)


def _by_block(errors: dict[str, str], fields: tuple[str, ...]) -> dict[str, str]:
    """Slack refuses the name of a block that the dialog hasn't: such an error stands at the reason."""
    shown: dict[str, str] = {}
    for field, sentence in errors.items():
        block = field if field in fields else REASON_FIELD
        shown[block] = shorten(f"{shown[block]} {sentence}" if block in shown else sentence, ERROR_CHARACTERS)
    return shown
