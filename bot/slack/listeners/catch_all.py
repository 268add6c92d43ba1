"""Whatever no other listener knows: buttons of older versions, dialogs, shortcuts, commands. No click stays silent.

Events, too: none changes anything, for people and groups are read at the click; Bolt acknowledges one by itself.

Without a listener there is no ack, and Slack shows an error instead of a reason.
"""

import re
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.ports.slack import ClickInbox
from bot.slack.clicks import out_of_date
from bot.slack.listeners.taking import take

ANY = re.compile("")
NO_SUCH_COMMAND = "This command does nothing here. Use the buttons of the surge's card in the channel."


def register(app: AsyncApp, inbox: ClickInbox) -> None:
    """Register last: Bolt runs the first listener that matches."""

    async def unknown_press(ack: AsyncAck, body: dict[str, Any]) -> None:
        await take(out_of_date(body), ack, inbox)

    async def unknown_command(ack: AsyncAck) -> None:
        await ack(NO_SUCH_COMMAND)

    async def event_seen() -> None:
        """Nothing to do: user_change, subteam_*, app_home_opened, app_mention, messages."""

    async def nothing_to_say(ack: AsyncAck) -> None:
        await ack()

    app.event(ANY)(event_seen)
    app.action(ANY)(unknown_press)
    app.view(ANY)(unknown_press)
    app.view_closed(ANY)(nothing_to_say)
    app.command(ANY)(unknown_command)
    app.shortcut(ANY)(unknown_press)
    app.options(ANY)(nothing_to_say)
