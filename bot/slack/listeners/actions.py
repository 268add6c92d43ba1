"""Presses of the cards' buttons."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.ports.slack import ClickInbox
from bot.slack.action_ids import ACTION_FIELD, BUTTONS
from bot.slack.clicks import chosen_action, pressed
from bot.slack.listeners.taking import take


def register(app: AsyncApp, inbox: ClickInbox) -> None:
    """One listener for all buttons: what a press means stands in its action_id. And one for the choice of an action."""

    async def button_pressed(ack: AsyncAck, body: dict[str, Any]) -> None:
        await take(pressed(body), ack, inbox)

    async def action_chosen(ack: AsyncAck, body: dict[str, Any]) -> None:
        await take(chosen_action(body), ack, inbox)

    for action_id in BUTTONS.values():
        app.action({"type": "block_actions", "action_id": action_id})(button_pressed)
    app.action({"type": "block_actions", "block_id": ACTION_FIELD, "action_id": ACTION_FIELD})(action_chosen)
