"""countersign people: who has a one-time code, enrolled by the operator on the host."""

import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NoReturn

import msgspec
import typer

from bot.commands.ask_code import ask_code
from bot.commands.open_store import open_store, tenant_ids
from bot.decide.codes import Enrolment, enrolment_uri, judge_code, new_secret
from bot.record.ledger import Event
from bot.settings.values import parse_ids
from bot.watch.durations import SECOND

if TYPE_CHECKING:
    from bot.store.database import Database
    from bot.store.transaction import Transaction

ISSUER = "Countersign"
TRIES = 3

people_app = typer.Typer(help="One-time codes: who has one.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of words for people.")]
UserId = Annotated[str, typer.Argument(help="The person's Slack user id (U...), from the profile.")]


@people_app.command("enrol")
def enrol(
    user: UserId,
    name: Annotated[str, typer.Option(help="What the authenticator shows beside the code.")] = "",
) -> None:
    """Give a person a one-time code: show it here, in that person's presence, and ask for the first one."""
    user_id = _one_person(user)
    with open_store() as store:
        _enrol(store, user_id, name)


def _enrol(store: "Database", user_id: str, name: str) -> None:
    if store.look_here(lambda tx: tx.codes.enrolment_of(user_id)) is not None:
        _stop(f"{user_id} has a one-time code already. Remove it first: countersign people remove {user_id}")
    enrolment = Enrolment(user_id, new_secret(), _now())
    uri = enrolment_uri(enrolment, name=name or user_id, issuer=ISSUER)
    typer.echo("Scan this with an authenticator, or open the address below. It is shown once.")
    if sys.stdout.isatty():
        import segno  # noqa: PLC0415 - for this command alone

        segno.make(uri).terminal(compact=True)
    typer.echo(uri)
    for _ in range(TRIES):
        judged = judge_code(enrolment, ask_code("The code it shows now"), now=_now())
        if judged.refusal is None:
            store.transact_here(lambda tx, kept=judged.enrolment: _keep(tx, kept, name))  # type: ignore[misc]
            typer.echo(f"{user_id} is enrolled.")
            return
        typer.echo("That is not the code. Wait for the next one.", err=True)
    _stop("Nobody was enrolled: the codes did not match. Check the clocks of this host and of the phone.")


@people_app.command("list")
def list_people(as_json: AsJson = False) -> None:  # noqa: FBT002 - a command-line flag
    """Who has a one-time code, since when, and whether it is locked. Never the secret."""
    now = _now()
    with open_store() as store:
        found = store.look_here(lambda tx: tx.codes.all_enrolments())
    if as_json:
        told = [
            {"user": each.user_id, "enrolledAt": _utc(each.enrolled_at), "lockedUntil": _locked(each, now)}
            for each in found
        ]
        typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
        return
    for each in found:
        locked = _locked(each, now)
        typer.echo(f"{each.user_id}  since {_utc(each.enrolled_at)}{f'  locked until {locked}' if locked else ''}")
    if not found:
        typer.echo("Nobody is enrolled. countersign people enrol U... enrols somebody.")


@people_app.command("remove")
def remove(user: UserId) -> None:
    """Take a person's one-time code away."""
    user_id = _one_person(user)
    with open_store() as store:
        found = store.transact_here(lambda tx: _remove(tx, user_id))
    if not found:
        _stop(f"{user_id} has no one-time code.")
    typer.echo(f"{user_id} has no one-time code any more.")


def _keep(tx: "Transaction", enrolment: Enrolment, name: str) -> None:
    tx.codes.keep_enrolment(enrolment)
    _note(tx, Event.CODE_ENROLLED, enrolment.user_id, {"name": name})


def _remove(tx: "Transaction", user_id: str) -> bool:
    found = tx.codes.remove_enrolment(user_id)
    if found:
        _note(tx, Event.CODE_REMOVED, user_id, {})
    return found


def _note(tx: "Transaction", event: Event, user_id: str, facts: dict[str, str]) -> None:
    """A person has one code for every tenant, so every tenant's ledger tells of it."""
    for tenant_id in tenant_ids(tx):
        tx.ledger.append_entry(tenant_id=tenant_id, at=_now(), event=event, subject=user_id, actor="host", facts=facts)


def _one_person(user: str) -> str:
    try:
        (user_id,) = parse_ids(user)
    except ValueError:
        user_id = ""
    if not user_id or user_id.startswith("S"):
        _stop(f"{user!r} is no Slack user id. It begins with U or W; the profile shows it under 'Copy member ID'.")
    return user_id


def _stop(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(1)


def _now() -> int:
    return time.time_ns() // 1000


def _utc(at: int) -> str:
    return f"{datetime.fromtimestamp(at / SECOND, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _locked(enrolment: Enrolment, now: int) -> str | None:
    return _utc(enrolment.locked_until) if enrolment.locked_until > now else None
