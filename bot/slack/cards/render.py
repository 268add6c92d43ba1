"""One renderer for whatever a card or a dialog shows: the same at the posting, at each update and at the end."""

from typing import assert_never

from bot.ports.slack import (
    Account,
    DetailsDialog,
    Dialog,
    PlainDialog,
    RecoveryDialog,
    ReleaseDialog,
    RequestDialog,
    SigningDialog,
    WayBackDialog,
)
from bot.record.account import CallAccount, RequestAccount, RunAccount, SurgeAccount
from bot.slack.cards.blocks import Json, Message
from bot.slack.cards.call import call_card
from bot.slack.cards.details_dialog import details_dialog
from bot.slack.cards.named_dialogs import recovery_dialog, release_dialog, way_back_dialog
from bot.slack.cards.plain_dialog import plain_dialog
from bot.slack.cards.request import request_card
from bot.slack.cards.request_dialog import request_dialog
from bot.slack.cards.run import run_card
from bot.slack.cards.signing_dialog import signing_dialog
from bot.slack.cards.surge import surge_card


def card(account: Account, *, calls_per_second: float) -> Message:
    """Blocks and fallback text. calls_per_second: the pace of the tenant's Identity Protection calls."""
    match account:
        case SurgeAccount():
            return surge_card(account)
        case RequestAccount():
            return request_card(account, calls_per_second=calls_per_second)
        case RunAccount():
            return run_card(account)
        case CallAccount():
            return call_card(account)
        case _:
            assert_never(account)


def view(dialog: Dialog) -> Json:
    """The view of a dialog."""
    match dialog:
        case RequestDialog():
            return request_dialog(dialog)
        case ReleaseDialog():
            return release_dialog(dialog)
        case RecoveryDialog():
            return recovery_dialog(dialog)
        case WayBackDialog():
            return way_back_dialog(dialog)
        case SigningDialog():
            return signing_dialog(dialog)
        case DetailsDialog():
            return details_dialog(dialog)
        case PlainDialog():
            return plain_dialog(dialog)
        case _:
            assert_never(dialog)
