"""The bot's connection to Slack: the client, the Bolt app, and Socket Mode under supervision."""

import asyncio
import contextlib
import time
from collections.abc import Callable

import aiohttp
import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports.backoff import wait_after, wait_unless
from bot.ports.slack import ClickInbox, SlackError
from bot.slack.calls import SECONDS_TO_ANSWER, slack_errors
from bot.slack.listeners import register
from bot.slack.quiet import quiet_logger
from bot.slack.socket import Link
from bot.slack.team import Team

log = structlog.get_logger(__name__)

Opened = tuple[AsyncWebClient, Team]
"""The client, and who Slack says we are."""
LINKS = 2
"""Connections kept at once: Slack renews each now and then, and there is a gap between the old socket and the new."""
PATIENCE = 4.0
"""Seconds that a handshake may take. Slack's client tries the same spent address again after five."""
LOOK_EVERY = 0.2
OUTLIVES = 60.0
"""Seconds that a replaced link is kept for what Slack still sends to it."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0


class SlackConnection:
    """Everything that talks to Slack in this process. Make it, `open` it, `listen`; `close` ends it cleanly."""

    def __init__(
        self,
        *,
        bot_token: str,
        app_token: str = "",
        api_url: str = "https://slack.com/api/",
        links: int = LINKS,
        patience: float = PATIENCE,
        ping_interval: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """app_token is needed for Socket Mode only. patience, ping_interval: seconds. clock: monotonic seconds."""
        self._bot_token = bot_token
        self._app_token = app_token
        self._api_url = api_url if api_url.endswith("/") else api_url + "/"
        self._patience = patience
        self._ping_interval = ping_interval
        self._clock = clock
        self._links = links
        self._keepers: list[asyncio.Task[None]] = []
        self._outlived: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._first_up = asyncio.Event()
        self._last_envelope_at: float | None = None
        self._up: set[int] = set()
        self._session: aiohttp.ClientSession | None = None
        self.app: AsyncApp | None = None
        self.team: Team | None = None
        """Who we are; None before `open`."""
        self.problem = ""
        """Why no new link could be opened the last time, as Slack's code; empty when it could."""

    async def open(self) -> Opened:
        """Make the client and ask Slack who we are. Raises SlackError: `invalid_auth` for a refused token."""
        timeout = aiohttp.ClientTimeout(total=SECONDS_TO_ANSWER, connect=5)
        self._session = aiohttp.ClientSession(timeout=timeout)
        client = AsyncWebClient(
            token=self._bot_token,
            base_url=self._api_url,
            session=self._session,
            retry_handlers=[],
            logger=quiet_logger(),
        )
        try:
            self.team = await auth_test(client)
        except BaseException:
            await self._session.close()
            raise
        return client, self.team

    async def try_app_token(self) -> None:
        """Ask for an address of Socket Mode that nobody then opens. After `open`. Raises SlackError."""
        await self._new_url()

    def build_app(self, inbox: ClickInbox) -> AsyncApp:
        """The Bolt app with every listener, for Socket Mode and HTTP mode alike. After `open`."""
        if self.team is None:
            msg = "open comes before build_app"
            raise RuntimeError(msg)
        self.app = bolt_app(self._bot_token, self._api_url, self.team, inbox)
        return self.app

    async def listen(self, *, within: float = 10.0) -> None:
        """Start Socket Mode and wait for the first link, at most `within` seconds; the rest comes by itself.

        Raises SlackError when the first address can't be had, because Slack refuses the app token (`invalid_auth`) or
        can't be reached: it may be called again. From then on it goes on trying by itself.
        """
        if self.app is None:
            msg = "build_app comes before listen"
            raise RuntimeError(msg)
        first_url = await self._new_url()
        for number in range(self._links):
            url = first_url if number == 0 else None
            self._keepers.append(asyncio.create_task(self._keep(number, url), name=f"slack-link-{number}"))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._first_up.wait(), within)

    @property
    def connected(self) -> bool:
        """Whether at least one link is up."""
        return bool(self._up)

    @property
    def last_envelope_age(self) -> float | None:
        """Seconds since Slack sent anything; None before the first."""
        return None if self._last_envelope_at is None else self._clock() - self._last_envelope_at

    async def close(self) -> None:
        """Let what came in be acknowledged, take nothing more, and give everything back."""
        self._stopping.set()
        await asyncio.gather(*self._keepers, *self._outlived, return_exceptions=True)
        self._keepers.clear()
        if self._session is not None:
            await self._session.close()

    async def _keep(self, number: int, url: str | None) -> None:
        """Keep one link up. A new one is opened before the old one goes, so that there is no gap."""
        failures = 0
        current: Link | None = None
        try:
            while not self._stopping.is_set():
                link = await self._opened(url)
                url = None
                if link is None:
                    failures += 1
                    await wait_unless(self._stopping, wait_after(failures, first=FIRST_PAUSE, longest=LONGEST_PAUSE))
                    continue
                failures = 0
                old, current = current, link
                if old is not None:
                    self._let_go(old)
                await self._watch(number, link)
        finally:
            self._up.discard(number)
            if current is not None:
                await _close(current)

    def _let_go(self, link: Link) -> None:
        task = asyncio.create_task(self._outlive(link), name="slack-link-outlived")
        self._outlived.add(task)
        task.add_done_callback(self._outlived.discard)

    async def _outlive(self, link: Link) -> None:
        """A link that was replaced still brings clicks until Slack closes it: it is not closed under them."""
        until = self._clock() + OUTLIVES
        while not self._stopping.is_set() and self._clock() < until and await link.is_connected():
            await wait_unless(self._stopping, LOOK_EVERY)
        await _close(link)

    async def _opened(self, url: str | None) -> Link | None:
        """A new link with its socket open; None when it could not be opened, and `problem` says why."""
        try:
            url = url or await self._new_url()
        except SlackError as error:
            self.problem = error.code
            log.warning("slack_connection_refused", code=error.code)
            return None
        link = self._new_link(url)
        try:
            async with asyncio.timeout(self._patience):
                await link.connect()  # type: ignore[no-untyped-call]
        except TimeoutError:
            self.problem = "handshake_failed"
            log.warning("slack_connection_not_opened")
            await link.close()
            return None
        except BaseException:
            await link.close()
            raise
        self.problem = ""
        return link

    async def _watch(self, number: int, link: Link) -> None:
        """Return when the link is down, when Slack asks for a new one, or when the end has come."""
        while not (self._stopping.is_set() or link.renew.is_set()):
            if not await link.is_connected():
                self._up.discard(number)
                log.warning("slack_connection_lost")
                return
            self._up.add(number)
            self._first_up.set()
            await wait_unless(self._stopping, LOOK_EVERY)

    def _new_link(self, url: str) -> Link:
        if self.app is None:
            msg = "build_app comes before listen"
            raise RuntimeError(msg)
        link = Link(
            self.app,
            app_token=self._app_token,
            client=self._plain_client(),
            ping_interval=self._ping_interval,
            on_envelope=self._note_envelope,
            clock=self._clock,
        )
        link.wss_uri = url
        return link

    async def _new_url(self) -> str:
        if self._session is None:
            msg = "open comes before listen"
            raise RuntimeError(msg)
        with slack_errors():
            response = await self._plain_client().apps_connections_open(app_token=self._app_token)
        return str(response["url"])

    def _plain_client(self) -> AsyncWebClient:
        """A client without a token: apps.connections.open brings its own."""
        return AsyncWebClient(base_url=self._api_url, session=self._session, retry_handlers=[], logger=quiet_logger())

    def _note_envelope(self) -> None:
        self._last_envelope_at = self._clock()


async def _close(link: Link) -> None:
    """Let what came in be acknowledged, then close."""
    await link.drain()
    await link.close()


async def auth_test(client: AsyncWebClient) -> Team:
    """Who we are. Raises SlackError with Slack's code when the token is refused."""
    with slack_errors():
        answer = await client.auth_test()
    return Team(str(answer["team_id"]), str(answer["user_id"]), str(answer.get("bot_id") or ""))


def bolt_app(bot_token: str, api_url: str, team: Team, inbox: ClickInbox) -> AsyncApp:
    """A Bolt app that asks Slack nothing before an ack: who we are was asked at the start.

    It doesn't check signatures: in Socket Mode there are none, and bot.slack.http_mode checks them first.
    """

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=team.team_id,
            bot_user_id=team.bot_user_id,
            bot_id=team.bot_id,
            bot_token=bot_token,
        )

    app = AsyncApp(
        name="countersign",
        logger=quiet_logger(),
        client=AsyncWebClient(base_url=api_url, logger=quiet_logger()),
        authorize=authorize,
        signing_secret="",
        request_verification_enabled=False,
        attaching_conversation_kwargs_enabled=False,
        raise_error_for_unhandled_request=True,
    )

    async def failed(error: Exception) -> None:
        if isinstance(error, BoltUnhandledRequestError):
            log.warning("slack_request_unknown")
        else:
            log.error("click_not_taken", failure=type(error).__name__)

    app.error(failed)
    register(app, inbox)
    return app
