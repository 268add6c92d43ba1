"""The workspace under examination: bot.ports.examination.SlackExamination."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.ports.examination import ChannelFacts
from bot.ports.slack import SlackError
from bot.ports.world import World
from bot.slack.calls import SlackCalls, slack_errors
from bot.slack.connection import SlackConnection
from bot.slack.rates import Rates


class ExaminedSlack:
    """Reads over an open connection; nothing is posted and no socket is opened."""

    def __init__(self, connection: SlackConnection, client: AsyncWebClient, world: World) -> None:
        self._connection = connection
        self._client = client
        self._call = SlackCalls(client, Rates(world.monotonic))

    async def scopes(self) -> frozenset[str] | None:
        """What the bot token was granted: the X-OAuth-Scopes header of an answer. Raises SlackError."""
        with slack_errors():
            answer = await self._client.auth_test()
        headers = {name.lower(): value for name, value in answer.headers.items()}
        listed = headers.get("x-oauth-scopes")
        if not isinstance(listed, str):
            return None
        return frozenset(each.strip() for each in listed.split(",") if each.strip())

    async def app_token(self) -> None:
        """Try the app-level token. Raises SlackError."""
        await self._connection.try_app_token()

    async def channel(self, channel_id: str) -> ChannelFacts:
        """A channel: docs.slack.dev/reference/methods/conversations.info. Raises SlackError."""
        answer = await self._call("conversations.info", {"channel": channel_id}, reads=True)
        facts = answer.get("channel")
        if not isinstance(facts, dict):
            raise SlackError("malformed_answer")
        return ChannelFacts(
            name=str(facts.get("name") or channel_id),
            is_private=bool(facts.get("is_private")),
            is_archived=bool(facts.get("is_archived")),
            is_member=bool(facts.get("is_member")),
            is_shared_outside=bool(facts.get("is_ext_shared") or facts.get("is_pending_ext_shared")),
        )
