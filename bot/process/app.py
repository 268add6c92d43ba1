"""The only place that wires things together; it starts them and stops them."""

import asyncio
import functools
import secrets
import signal
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack
from typing import TypeVar

import structlog
from aiohttp import web

from bot.breach.door import BreachDoors
from bot.graph.transport import trusted_authorities
from bot.operations.bells import Bell, Bells
from bot.operations.delivering.carry_out_click import Inbox
from bot.operations.delivering.send_cards import Sender
from bot.operations.tenant import Tenant
from bot.ports.backoff import wait_after, wait_unless
from bot.ports.slack import SlackError
from bot.process.doors import graph_of, slack_of
from bot.process.health import health_app
from bot.process.replica import Replica
from bot.process.tuning import set_aside_what_lives, shorten_pauses
from bot.process.world import RealWorld
from bot.settings import Fault, Settings, SettingsError, TenantOptions, read_tenants
from bot.slack.connection import Opened, SlackConnection
from bot.slack.door import SlackDoor
from bot.slack.http_mode import events_handler
from bot.slack.team import Team
from bot.store.database import Database
from bot.store.engine import open_engine
from bot.store.migrate import MigrationError, migrate_apart
from bot.store.notices import Notices
from bot.store.sole import SecondProcessError, sole_lock
from bot.watch.scan.window_scan import WindowScan

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds before Slack is asked again at the start."""
FRESH_POLLS = 3
"""Watching counts as working while the last good poll is younger than so many intervals."""
_REFUSED_TOKENS = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_permission"}

T = TypeVar("T")

log = structlog.get_logger()


def run_bot(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT. Raises SettingsError for what only the services could tell was wrong."""
    trusted_authorities()
    shorten_pauses()
    asyncio.run(serve(settings))


async def serve(settings: Settings) -> None:
    """The same on an event loop that runs, in a process as it is."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        await _serve(settings, stop, stack)


async def _serve(settings: Settings, stop: asyncio.Event, stack: AsyncExitStack) -> None:
    options = read_tenants(settings)
    store = _open_store(settings, stack)
    try:
        await asyncio.to_thread(migrate_apart, settings.database)
    except MigrationError as problem:
        raise SettingsError([Fault("COUNTERSIGN_DATABASE_URL", f"the database can't be used: {problem}")]) from None
    database = store.database
    stack.push_async_callback(database.close)
    if store.is_sole:
        await database.transact(lambda tx: tx.leases.clear_leases())
    connection = slack_of(settings)
    stack.push_async_callback(connection.close)
    opened = await _reach_slack(connection, stop)
    if opened is None:
        return
    client, team = opened
    world = RealWorld()
    slack = SlackDoor(client, team=team, world=world, calls_per_second=settings.identity_protection_rps)
    name = secrets.token_hex(8)
    notices = _notices(settings, store, name)
    shared = Bells(cards=_bell(notices, "cards"), clicks=_bell(notices, "clicks"))
    doors = BreachDoors(world)
    stack.push_async_callback(doors.close)
    tenants: dict[str, Tenant] = {}
    for each in options:
        tenant = _tenant(each, team, database, slack, world, notices, shared, doors)
        stack.push_async_callback(tenant.graph.close)
        tenants[tenant.id] = tenant
    inbox = Inbox(store=database, slack=slack, world=world, tenants=tenants, bell=shared.clicks)
    replica = Replica(
        name=name,
        is_sole=store.is_sole,
        store=database,
        world=world,
        tenants=tenants,
        inbox=inbox,
        sender=Sender(store=database, slack=slack, world=world, holder=lambda: replica.sender_hold),
        bells=shared,
        notices=notices,
        poll_seconds=settings.poll_interval,
    )
    app = connection.build_app(inbox)
    health = health_app(
        lambda: _state(settings, replica, connection), envelope_age=lambda: connection.last_envelope_age
    )
    if settings.slack_mode == "http":
        secret = settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret else ""
        health.router.add_post("/slack/events", events_handler(app, signing_secret=secret))
    await _serve_http(health, settings.http_port, stack)
    if settings.slack_mode == "socket":
        await _listen(connection, stop)
    log.info("started", tenants=list(tenants), mode=settings.slack_mode)
    set_aside_what_lives()
    await replica.live(stop)


class _Store:
    """The database with what must be done before it is used."""

    def __init__(self, url: str) -> None:
        self.database = Database(open_engine(url))
        self.lock = sole_lock(url)
        self.is_sole = self.lock is not None


def _open_store(settings: Settings, stack: AsyncExitStack) -> _Store:
    try:
        store = _Store(settings.database)
    except ValueError as problem:
        raise SettingsError([Fault("COUNTERSIGN_DATABASE_URL", str(problem))]) from None
    except OSError as problem:
        why = f"the folder can't be made ({problem.strerror}). Name one that this user may write to"
        raise SettingsError([Fault("COUNTERSIGN_DATA_DIR", why)]) from None
    if store.lock is not None:
        try:
            store.lock.take()
        except SecondProcessError as second:
            why = f"another countersign run has this database (lock {second}). Stop it, or use PostgreSQL for several"
            raise SettingsError([Fault("COUNTERSIGN_DATABASE_URL", why)]) from None
        except OSError as problem:
            why = f"its folder can't be written to ({problem.strerror}). Name one that this user may write to"
            raise SettingsError([Fault("COUNTERSIGN_DATA_DIR", why)]) from None
        stack.callback(store.lock.release)
    return store


async def _reach_slack(connection: SlackConnection, stop: asyncio.Event) -> Opened | None:
    """Ask Slack who we are. None: told to stop before it answered."""
    advice = "Copy the bot token anew from 'OAuth & Permissions'"
    return await _until_it_answers(connection.open, stop, "SLACK_BOT_TOKEN", _REFUSED_TOKENS, advice)


async def _listen(connection: SlackConnection, stop: asyncio.Event) -> None:
    """Open Socket Mode."""
    refused = _REFUSED_TOKENS | {"not_allowed_token_type"}
    advice = "It needs connections:write; see 'Basic Information'"
    await _until_it_answers(connection.listen, stop, "SLACK_APP_TOKEN", refused, advice)


async def _until_it_answers(
    ask: Callable[[], Awaitable[T]], stop: asyncio.Event, token: str, refused: Collection[str], advice: str
) -> T | None:
    """Ask again and again while Slack can't be reached. Raises SettingsError where it refuses the token."""
    failures = 0
    while not stop.is_set():
        try:
            return await ask()
        except SlackError as problem:
            if problem.code in refused:
                raise SettingsError([Fault(token, f"Slack refuses it ({problem.code}). {advice}")]) from None
            log.warning("slack_not_reached", code=problem.code)
        failures += 1
        await wait_unless(stop, wait_after(failures, first=FIRST_PAUSE, longest=LONGEST_PAUSE))
    return None


def _notices(settings: Settings, store: _Store, name: str) -> Notices | None:
    """Word to the other processes, where there may be any."""
    if store.is_sole:
        return None
    from bot.store.notices import Notices  # noqa: PLC0415 - its driver is there only where PostgreSQL is used

    return Notices(settings.database, name)


def _bell(notices: Notices | None, name: str) -> Bell:
    return Bell(functools.partial(notices.tell, name)) if notices is not None else Bell()


def _tenant(
    options: TenantOptions,
    team: Team,
    store: Database,
    slack: SlackDoor,
    world: RealWorld,
    notices: Notices | None,
    shared: Bells,
    doors: BreachDoors,
) -> Tenant:
    settings = options.settings
    graph = graph_of(settings, world)
    return Tenant(
        id=settings.azure_tenant_id,
        channel=settings.slack_channel,
        team_id=team.team_id,
        policy=options.policy,
        tenant_facts=options.tenant_facts,
        breaches=doors.open(url=settings.breach_url, key=options.breach_key, per_minute=settings.breach_per_minute),
        store=store,
        graph=graph,
        slack=slack,
        world=world,
        new_detector=lambda users: WindowScan(users, settings.sensitivity),
        bells=Bells(
            cards=shared.cards,
            clicks=shared.clicks,
            act=_bell(notices, f"act:{settings.azure_tenant_id}"),
            brief=_bell(notices, f"brief:{settings.azure_tenant_id}"),
        ),
    )


def _state(settings: Settings, replica: Replica, connection: SlackConnection) -> Mapping[str, bool]:
    fresh = settings.poll_interval * FRESH_POLLS + 60
    now = replica.world.monotonic()
    return {
        "slack": connection.connected or settings.slack_mode == "http",
        "graph": all(
            tenant.work.hold is None or now - replica.polled_at.get(tenant.id, -fresh) < fresh
            for tenant in replica.tenants.values()
        ),
    }


async def _serve_http(app: web.Application, port: int, stack: AsyncExitStack) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
    except OSError as problem:
        why = f"port {port} can't be opened ({problem.strerror}). Name a free one, or 0 for any"
        raise SettingsError([Fault("COUNTERSIGN_HTTP_PORT", why)]) from None
