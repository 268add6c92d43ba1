"""The order of every listener: commit, acknowledge, hand over. Nothing that may raise stands after the ack.

When the commit fails, nothing is acknowledged, and Slack tells the person that it did not work. Bolt loses an ack
that is followed by an exception within a few milliseconds.
"""

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.ports.slack import Click, ClickInbox


async def take(click: Click | None, ack: AsyncAck, inbox: ClickInbox) -> None:
    """Take a click; a payload that names nobody is only acknowledged, for there is nobody to answer."""
    if click is None:
        await ack()
        return
    await inbox.take(click)
    await ack()
    inbox.carry_out_soon(click)
