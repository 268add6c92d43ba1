"""The call: a direct message to somebody who may sign."""

import re

from bot.decide.request import RequestState
from bot.record.account import CallAccount, RequestAccount
from bot.slack.cards import blocks
from bot.slack.cards.blocks import Message
from bot.slack.cards.request import outcome, title
from bot.slack.cards.text import counted, inert, mention, plain
from bot.slack.cards.times import date

_LINK = re.compile(r"https?://[^\s<>|\"]{1,1000}")
REASON_CHARACTERS = 500


def call_card(account: CallAccount) -> Message:
    """Who asks for what, until when, and where to sign. When it is settled, it says so."""
    asked = account.request
    request = asked.request
    what = title(asked)
    settled = request.state is not RequestState.PENDING
    head = f"{what}: {request.state.value}" if settled else f"{_called(account)}: {what}"
    status = f"{outcome(asked)} There is nothing left for you to do." if settled else _wanted(asked)
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
    if account.is_reminder and not settled:
        shown.append(blocks.section("This is a reminder: half of the time is gone."))
    shown.append(blocks.context(f"Surge {inert(asked.surge.short_name, 40)} · request {inert(request.id, 40)}"))
    return Message(shown, f"{inert(head, 200)}. {mention(request.requester)} asks for this. {status}")


def _called(account: CallAccount) -> str:
    """The first words. A recovery is told to everybody on the lists, whether they can sign it or not."""
    if account.request.request.kind.rules.tells_everybody:
        return "Signers are flagged, break glass is asked for"
    return "Your signature is still wanted" if account.is_reminder else "Your signature is wanted"


def _wanted(asked: RequestAccount) -> str:
    glass = f", {asked.missing_glass:,} of them under break glass" if asked.missing_glass else ""
    if asked.request.kind.rules.only_break_glass:
        who = "Only break-glass approvers can sign it, each with a one-time code; everybody on the lists is told."
    else:
        who = "Look at the request, then approve or reject it there."
    return f"{counted(asked.missing, 'more signature')} missing{glass}. Expires {date(asked.request.expires_at)}. {who}"
