"""What the host's command line is told of its click: kept with the click, since there is no Slack to answer in."""

import re
from datetime import UTC, datetime

import msgspec

from bot.ports.slack import Click
from bot.store.transaction import Transaction

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)>|<!subteam\^(S[A-Z0-9]+)>")
_DATE = re.compile(r"<!date\^(\d+)\^[^>]*>")


class HostAnswer(msgspec.Struct, frozen=True):
    """The answer on the command line."""

    is_refused: bool
    text: str


def finish_click(tx: Transaction, click: Click, at: int, text: str, *, is_refused: bool = False) -> None:
    """The click is done; whoever made it on the host is told this. at in microseconds UTC."""
    tx.clicks.finish_click(click.key, at, answer=pack(text, is_refused=is_refused) if click.is_from_host else "")


def pack(text: str, *, is_refused: bool) -> str:
    """As it is kept."""
    return msgspec.json.encode(HostAnswer(is_refused, plain(text))).decode()


def unpack(answer: str) -> HostAnswer:
    """As it is read by the command; an empty one says only that the click was carried out."""
    return msgspec.json.decode(answer, type=HostAnswer) if answer else HostAnswer(is_refused=False, text="Done.")


def plain(text: str) -> str:
    """A sentence for Slack as a terminal shows it: ids instead of mentions, and times in UTC."""
    named = _MENTION.sub(lambda found: found[1] or found[2], text)
    return _DATE.sub(lambda found: f"{datetime.fromtimestamp(int(found[1]), UTC):%Y-%m-%d %H:%M} UTC", named)
