"""The workspace as the use cases see it: bot.ports.slack.Slack over Slack's Web API."""

import re
from collections.abc import Sequence

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.decide.policy import Person
from bot.ports.slack import Account, Click, Dialog, Posted, SlackError
from bot.ports.world import World
from bot.slack.action_ids import CARD_EVENT
from bot.slack.calls import Json, SlackCalls
from bot.slack.cards import render
from bot.slack.cards.blocks import line, rich_text
from bot.slack.cards.plain_dialog import loading_dialog, spoken
from bot.slack.cards.text import sentence
from bot.slack.rates import Rates
from bot.slack.team import Team, person_of
from bot.watch.durations import SECOND

log = structlog.get_logger(__name__)

MEMBERS_FRESH_FOR = 30.0
"""Seconds. usergroups.* may be called 20 times a minute."""
TRIGGER_LIVES = 2.0
"""Seconds that may pass before views.open: Slack's three, less the way there and back."""
PAGE = 200
MOST_PAGES = 20
CLOCKS_DIFFER_BY = 300
"""Seconds by which our clock may be ahead of Slack's when a message is looked for."""
GONE = frozenset({"no_such_subteam", "subteam_disabled", "subteam_not_found"})
UNKNOWN_PERSON = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
_USER = re.compile(r"[UW][A-Z0-9]{2,30}")


class SlackDoor:
    """Implements bot.ports.slack.Slack. Keeps Slack's rates by waiting; every failure is a SlackError."""

    def __init__(
        self, client: AsyncWebClient, *, team: Team, world: World, calls_per_second: float = 1.0, speed: float = 1.0
    ) -> None:
        """calls_per_second: the pace of Identity Protection calls, for what a request says it will take.

        speed: 10 makes Slack's minute six seconds long; for tests.
        """
        self._call = SlackCalls(client, Rates(world.monotonic, speed))
        self._team = team
        self._world = world
        self._calls_per_second = calls_per_second
        self._members: dict[str, tuple[float, frozenset[str]]] = {}

    async def post(self, account: Account, *, channel: str, thread_ts: str | None, card_id: str) -> Posted:
        """Post a card. The message carries card_id in its metadata. `channel` may be a user's id: a direct message."""
        message = self._message(account)
        message |= {"channel": channel, "unfurl_links": False, "unfurl_media": False}
        message["metadata"] = {"event_type": CARD_EVENT, "event_payload": {"card_id": card_id}}
        if thread_ts:
            message["thread_ts"] = thread_ts
        answer = await self._call("chat.postMessage", message, key=channel)
        return Posted(_text(answer, "channel"), _text(answer, "ts"))

    async def update(self, account: Account, posted: Posted) -> None:
        """Bring a posted card up to date: blocks and text together, for text alone would delete the blocks."""
        await self._call("chat.update", {**self._message(account), "channel": posted.channel, "ts": posted.ts})

    async def find(self, *, channel: str, card_id: str, since: int, thread_ts: str | None) -> Posted | None:
        """Look for a card whose posting was never confirmed, by its metadata. since: microseconds UTC."""
        place = await self._direct_messages(channel) if _USER.fullmatch(channel) else channel
        oldest = max(0, since // SECOND - CLOCKS_DIFFER_BY)
        asked: Json = {"channel": place, "oldest": str(oldest), "limit": str(PAGE), "include_all_metadata": "true"}
        method = "conversations.history"
        if thread_ts:
            method = "conversations.replies"
            asked["ts"] = thread_ts
        for _ in range(MOST_PAGES):
            answer = await self._call(method, asked, reads=True)
            for message in answer.get("messages") or ():
                if self._is_card(message, card_id):
                    return Posted(place, _text(message, "ts"))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
            asked["cursor"] = cursor
        return None

    async def answer(self, click: Click, text: str) -> None:
        """A private answer where the click was made; by direct message where that can't be done."""
        message: Json = {"text": sentence(text), "blocks": [rich_text(line(*spoken(text)))]}
        if click.channel and not click.channel.startswith("D"):
            place: Json = {"channel": click.channel, "user": click.user_id}
            if click.thread_ts:
                place["thread_ts"] = click.thread_ts
            try:
                await self._call("chat.postEphemeral", {**message, **place})
            except SlackError as error:
                log.info("answer_sent_as_direct_message", code=error.code)
            else:
                return
        channel = click.channel if click.channel.startswith("D") else click.user_id
        quiet = {"unfurl_links": False, "unfurl_media": False}
        await self._call("chat.postMessage", {**message, **quiet, "channel": channel}, key=channel)

    async def open_dialog(self, trigger_id: str) -> str:
        """Open a dialog that says it is loading; gives its view id. A trigger lives three seconds."""
        asked = {"trigger_id": trigger_id, "view": loading_dialog()}
        answer = await self._call("views.open", asked, patience=TRIGGER_LIVES)
        return _text(answer.get("view") or {}, "id")

    async def fill_dialog(self, view_id: str, dialog: Dialog) -> None:
        """Replace what a dialog shows."""
        await self._call("views.update", {"view_id": view_id, "view": render.view(dialog)})

    async def person(self, user_id: str) -> Person | None:
        """Who that is, at this moment: never from a cache. None where Slack can't tell."""
        try:
            answer = await self._call("users.info", {"user": user_id}, reads=True)
        except SlackError as error:
            if error.code not in UNKNOWN_PERSON:
                log.warning("person_not_read", code=error.code)
            return None
        return person_of(answer.get("user"), self._team)

    async def members(self, group_ids: Sequence[str]) -> frozenset[str]:
        """The members of user groups, as they are now (at most 30 s old). A group that is gone has none."""
        found: set[str] = set()
        for group_id in group_ids:
            found |= await self._members_of(group_id)
        return frozenset(found)

    async def permalink(self, posted: Posted) -> str:
        """A link to a message."""
        asked = {"channel": posted.channel, "message_ts": posted.ts}
        return _text(await self._call("chat.getPermalink", asked, reads=True), "permalink")

    async def is_shared_outside(self, channel: str) -> bool:
        """Whether people of another organisation are, or were invited to be, in a channel."""
        answer = await self._call("conversations.info", {"channel": channel}, reads=True)
        facts = answer.get("channel") or {}
        return bool(facts.get("is_ext_shared") or facts.get("is_pending_ext_shared"))

    def _message(self, account: Account) -> Json:
        shown = render.card(account, calls_per_second=self._calls_per_second)
        return {"text": shown.text, "blocks": shown.blocks}

    async def _direct_messages(self, user_id: str) -> str:
        answer = await self._call("conversations.open", {"users": user_id})
        return _text(answer.get("channel") or {}, "id")

    async def _members_of(self, group_id: str) -> frozenset[str]:
        now = self._world.monotonic()
        known = self._members.get(group_id)
        if known is not None and now - known[0] < MEMBERS_FRESH_FOR:
            return known[1]
        try:
            answer = await self._call("usergroups.users.list", {"usergroup": group_id}, reads=True)
        except SlackError as error:
            if error.code not in GONE:
                raise
            log.warning("user_group_gone", group=group_id)
            answer = {}
        members = frozenset(each for each in answer.get("users") or () if isinstance(each, str))
        self._members[group_id] = now, members
        return members

    def _is_card(self, message: Json, card_id: str) -> bool:
        if self._team.bot_user_id != message.get("user") and self._team.bot_id != message.get("bot_id"):
            return False
        metadata = message.get("metadata") or {}
        payload = metadata.get("event_payload") or {}
        return metadata.get("event_type") == CARD_EVENT and payload.get("card_id") == card_id


def _text(answer: Json, name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise SlackError("malformed_answer", fate_unknown=True)
    return value
