"""The call: a direct message to somebody who may sign."""

import re

from bot.decide.request import RequestState
from bot.record.account import CallAccount
from bot.slack.cards import blocks
from bot.slack.cards.blocks import Card
from bot.slack.cards.request import outcome, title
from bot.slack.cards.text import counted, inert, mention, plain
from bot.slack.cards.times import date

_LINK = re.compile(r"https?://[^\s<>|\"]{1,1000}")
REASON_CHARACTERS = 500


def call_card(account: CallAccount) -> Card:
    """Who asks for what, until when, and where to sign. When it is settled, it says so."""
    asked = account.request
    request = asked.request
    what = title(asked)
    settled = request.state is not RequestState.PENDING
    head = f"{what}: {request.state.value}" if settled else f"Your signature is wanted: {what}"
    if settled:
        status = f"{outcome(asked)} There is nothing left for you to do."
    else:
        status = (
            f"{counted(asked.missing, 'more signature')} missing. Expires {date(request.expires_at)}. "
            "Look at the request, then approve or reject it there."
        )
    shown = [
        blocks.header(head),
        blocks.section(f"{mention(request.requester)} asks for this. {status}"),
        blocks.rich_text(
            blocks.line(blocks.words("Reason", bold=True)), blocks.quote(request.reason, REASON_CHARACTERS)
        ),
    ]
    if _LINK.fullmatch(account.link):
        shown.append(
            blocks.rich_text(blocks.line({"type": "link", "url": account.link, "text": plain("Open the request", 75)}))
        )
    shown.append(blocks.context(f"Surge {inert(asked.surge.short_name, 40)} · request {inert(request.id, 40)}"))
    return Card(shown, f"{inert(head, 200)}. {mention(request.requester)} asks for this. {status}")
