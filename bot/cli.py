"""The commands. Thin: each reads its options, calls one thing, and turns what went wrong into words."""

import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from bot.commands.backtest import backtest_command
from bot.commands.open_store import BAD_SETTINGS, open_store
from bot.commands.people import people_app
from bot.commands.second_door import approve_command, request_command
from bot.process.logs import set_up_logs
from bot.settings import SettingsError, read_settings, read_stated_tenants

if TYPE_CHECKING:
    from bot.decide.policy import Policy
    from bot.record.account import FigureMembers, SurgeAccount
    from bot.store.transaction import Transaction
    from bot.watch.surge import Surge
    from bot.watch.tenant_facts import TenantFacts

app = typer.Typer(
    name="countersign",
    help="Undo a mass false alarm of Entra ID Protection from Slack, with a second signature.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
ledger_app = typer.Typer(help="The audit record.", no_args_is_help=True)
app.add_typer(ledger_app, name="ledger")
manifest_app = typer.Typer(help="What the app may do, for Slack and for Entra.", no_args_is_help=True)
app.add_typer(manifest_app, name="manifest")
app.command("backtest")(backtest_command)
app.add_typer(people_app, name="people")
app.command("request")(request_command)
app.command("approve")(approve_command)


@app.command("fetch-history")
def fetch_history(
    file: Annotated[Path, typer.Argument(help="The file to write, one Graph riskDetection object a line.")],
    days: Annotated[int, typer.Option(help="How many days back.", min=1, max=90)] = 90,
) -> None:
    """Write the tenant's own detections of the last days to a file, for backtest; at one page a second."""
    from bot.commands.fetch_history import fetch  # noqa: PLC0415 - the door costs start time

    fetch(file, days)


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of words for people.")]


def main() -> None:
    """Run a command; bad settings are said one a line, and end with 2."""
    set_up_logs()
    try:
        app()
    except SettingsError as problem:
        for fault in problem.faults:
            say(f"{fault.variable}: {fault.why}", error=True)
        sys.exit(BAD_SETTINGS)


def say(text: str, *, error: bool = False) -> None:
    """Print a line."""
    typer.echo(text, err=error)


def say_json(value: object) -> None:
    """Print a value as JSON."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


@app.command()
def run() -> None:
    """Watch the tenant and serve Slack, until stopped. Settings come from the environment: see .env.example."""
    from bot.process.app import run_bot  # noqa: PLC0415 - the other commands start faster without the doors

    run_bot(read_settings())


@app.command()
def doctor(as_json: AsJson = False) -> None:  # noqa: FBT002 - a command-line flag
    """Say what is missing for the bot to do its job, and how to mend it; exit 1 if it could not do it."""
    from bot.commands.doctor import examine_and_tell  # noqa: PLC0415 - the doors cost start time

    examine_and_tell(as_json=as_json)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Where the page is served; 0 takes a free port.", min=0, max=65535)] = 8080,
    auto: Annotated[bool, typer.Option("--auto", help="Play both admins; exit 0 when all is verified.")] = False,  # noqa: FBT002 - a command-line flag
) -> None:
    """Replay April 2025 on an invented tenant and workspace, with a page that shows Slack as two admins see it."""
    command = [sys.executable, "-m", "sim", "--port", str(port), *(["--auto"] if auto else [])]
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 - the invented services are a program of their own: no import crosses


def _stated() -> "dict[str, tuple[Policy, TenantFacts]]":
    """By tenant id, what the team states; nothing where the command runs with the database alone."""
    try:
        tenants = read_stated_tenants()
    except SettingsError:
        return {}
    return {each.settings.azure_tenant_id: (each.policy, each.tenant_facts) for each in tenants}


@app.command()
def surges(as_json: AsJson = False) -> None:  # noqa: FBT002 - a command-line flag
    """List the surges, newest first."""
    from bot.commands.terminal import surge_line  # noqa: PLC0415

    with open_store() as store:
        found = store.look_here(lambda tx: tx.surges.all_surges())
    if as_json:
        say_json(found)
    elif not found:
        say("No surge was seen yet.")
    else:
        for surge in found:
            say(surge_line(surge))


@app.command()
def show(
    surge: Annotated[str, typer.Argument(help="The surge's short name, such as S-7F3K, or its id.")],
    names: Annotated[bool, typer.Option("--names", help="Name everybody in each figure.")] = False,  # noqa: FBT002 - a command-line flag
    as_json: AsJson = False,  # noqa: FBT002 - a command-line flag
) -> None:
    """Show one surge: its figures, requests, votes and outcomes."""
    from bot.commands.terminal import surge_text  # noqa: PLC0415
    from bot.operations.delivering.account_for import account_for_surge, figures_of  # noqa: PLC0415

    stated = _stated()

    def accounted(tx: "Transaction", each: "Surge") -> "tuple[SurgeAccount, tuple[FigureMembers, ...]]":
        policy, tenant_facts = stated.get(each.tenant_id, (None, None))
        return account_for_surge(tx, each, time.time_ns() // 1000), figures_of(tx, each, policy, tenant_facts)

    with open_store() as store:
        found = store.look_here(lambda tx: tx.surges.surges_named(surge))
        shown = [store.look_here(partial(accounted, each=each)) for each in found]
    if not found:
        say(f"There is no surge {surge!r}. `countersign surges` lists them.", error=True)
        raise typer.Exit(1)
    for account, figures in shown:
        if as_json:
            say_json({"account": account, "figures": figures})
        else:
            for line in surge_text(account, figures, names=names):
                say(line)


@ledger_app.command()
def verify(as_json: AsJson = False) -> None:  # noqa: FBT002 - a command-line flag
    """Check the ledger's chain of every tenant; exit 1 where it does not hold."""
    from bot.record.ledger import first_break  # noqa: PLC0415

    def checked(tx: "Transaction", tenant_id: str) -> dict[str, object]:
        number, digest = tx.ledger.head_of(tenant_id)
        broken = first_break(tx.ledger.entries_of(tenant_id), head_number=number, head_hash=digest, tenant_id=tenant_id)
        return {"tenant": tenant_id, "rows": number, "head": digest, "broken": broken and broken.why}

    with open_store() as store:
        tenants = store.look_here(lambda tx: tx.ledger.tenants_with_ledger())
        results = [store.look_here(partial(checked, tenant_id=each)) for each in tenants]
    if as_json:
        say_json(results)
    else:
        for each in results:
            fault = f"BROKEN: {each['broken']}" if each["broken"] else f"whole, head {each['head']}"
            say(f"{each['tenant']}: {each['rows']} rows, {fault}")
        if not results:
            say("The ledger is empty.")
    if any(each["broken"] for each in results):
        raise typer.Exit(1)


@manifest_app.command("slack")
def manifest_slack(
    mode: Annotated[str, typer.Option(help="socket or http.")] = "socket",
    public_url: Annotated[str, typer.Option(help="http mode: where Slack reaches the bot.")] = "",
) -> None:
    """Print the Slack app's manifest (YAML): paste it under 'Create New App', 'From a manifest'."""
    from bot.slack.manifest import as_yaml, manifest  # noqa: PLC0415

    if mode == "http":
        if not public_url.startswith("https://"):
            say("--public-url: http mode needs the https:// address at which Slack reaches the bot.", error=True)
            raise typer.Exit(BAD_SETTINGS)
        say(as_yaml(manifest("http", public_url=public_url)))
    elif mode == "socket":
        say(as_yaml(manifest("socket")))
    else:
        say(f"--mode: {mode!r} is not known. Write socket or http.", error=True)
        raise typer.Exit(BAD_SETTINGS)


@manifest_app.command("entra")
def manifest_entra() -> None:
    """Print the permissions of the Entra app registration (JSON)."""
    from bot.graph.manifest import manifest  # noqa: PLC0415

    say_json(manifest())
