"""countersign doctor: what is missing for the bot to do its job, and how to mend it."""

import asyncio
import logging
from contextlib import AsyncExitStack

import msgspec
import structlog
import typer

from bot.breach.door import BreachDoors
from bot.operations.doctor.check import Check, State, can_work, failed
from bot.operations.doctor.examine import Patient, Workspace, examine
from bot.ports.slack import SlackError
from bot.process.doors import graph_of, slack_of
from bot.process.world import RealWorld
from bot.settings import Settings, SettingsError, TenantOptions, read_settings, read_tenants
from bot.slack.door import SlackDoor
from bot.slack.examination import ExaminedSlack as SlackExamination
from bot.slack.manifest import SCOPES
from bot.store.examination import ExaminedStore as StoreExamination


def examine_and_tell(*, as_json: bool) -> None:
    """Print each check, one a line. Exit code 1 where the bot could not do its main job."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # the checks say it
    try:
        checks = asyncio.run(_examine(read_settings()))
    except SettingsError as problem:
        checks = [failed(fault.variable, fault.why, "see .env.example") for fault in problem.faults]
    if as_json:
        told = {"can_work": can_work(checks), "checks": checks}
        typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
    else:
        for check in checks:
            typer.echo(_line(check))
        typer.echo(_verdict(checks))
    if not can_work(checks):
        raise typer.Exit(1)


async def _examine(settings: Settings) -> list[Check]:
    async with AsyncExitStack() as stack:
        world = RealWorld()
        doors = BreachDoors(world)
        stack.push_async_callback(doors.close)
        patients = [_patient(options, world, doors, stack) for options in read_tenants(settings)]
        workspace = await _workspace(settings, world, stack)
        return await examine(patients, workspace, StoreExamination(settings.database))


def _line(check: Check) -> str:
    mend = f" Mend: {check.mend}." if check.mend else ""
    return f"{check.state.value:<11} {check.name}: {check.finding}.{mend}"


def _verdict(checks: list[Check]) -> str:
    counts = {state: sum(check.state is state for check in checks) for state in State}
    told = ", ".join(f"{count} {state.value}" for state, count in counts.items() if count)
    return f"{'The bot can do its job' if can_work(checks) else 'The bot could not do its job'}: {told}."


def _patient(options: TenantOptions, world: RealWorld, doors: BreachDoors, stack: AsyncExitStack) -> Patient:
    settings = options.settings
    graph = graph_of(settings, world)
    stack.push_async_callback(graph.close)
    return Patient(
        id=settings.azure_tenant_id,
        channel=settings.slack_channel,
        policy=options.policy,
        graph=graph,
        examination=graph.examination(),
        breaches=doors.open(url=settings.breach_url, key=options.breach_key, per_minute=settings.breach_per_minute),
    )


async def _workspace(settings: Settings, world: RealWorld, stack: AsyncExitStack) -> Workspace | str:
    """Slack, or its code where it did not let us in."""
    connection = slack_of(settings)
    stack.push_async_callback(connection.close)
    try:
        client, team = await connection.open()
    except SlackError as error:
        return error.code
    return Workspace(
        team_id=team.team_id,
        slack=SlackDoor(client, team=team, world=world),
        examination=SlackExamination(connection, client, world),
        is_socket_mode=settings.slack_mode == "socket",
        wanted_scopes=frozenset(SCOPES),
    )
