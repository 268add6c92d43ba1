"""countersign request, countersign approve: the door for the day when Slack can't be reached."""

import secrets
from typing import Annotated, NoReturn, TypeVar

import typer

from bot.commands.open_store import open_store
from bot.decide.action import Action
from bot.watch.briefing import Cohort

Chosen = TypeVar("Chosen", Action, Cohort)

As = Annotated[str, typer.Option("--as", help="Who you are: your Slack user id (U...).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of words for people.")]


def request_command(
    surge: Annotated[str, typer.Argument(help="The surge's short name, such as S-7F3K, or its id.")],
    user: As,
    action: Annotated[str, typer.Option(help="Such as 'Confirm safe'.")],
    reason: Annotated[str, typer.Option(help="Why: the one who signs and the record need it.")],
    cohort: Annotated[list[str] | None, typer.Option(help="One cohort; may be repeated. Default: all.")] = None,
    as_json: AsJson = False,  # noqa: FBT002 - a command-line flag
) -> None:
    """Ask for a remediation, when Slack can't be reached. Asks for your one-time code."""
    from bot.commands.host_click import press_on_host, request_click  # noqa: PLC0415 - other commands start faster

    if not reason.strip():
        _stop("--reason: say why; the one who signs and the record need it.")
    chosen = _one_of(Action, action, "action")
    cohorts = tuple(_one_of(Cohort, each, "cohort") for each in cohort or ()) or tuple(Cohort)
    with open_store() as store:
        found = store.look_here(lambda tx: tx.surges.surges_named(surge))
        if len(found) != 1:
            _stop(f"{surge!r} names more than one surge: write its id." if found else f"There is no surge {surge!r}.")
        click = request_click(
            key=secrets.token_hex(32), user_id=user, surge_id=found[0].id, action=chosen, cohorts=cohorts, reason=reason
        )
        press_on_host(store, found[0].tenant_id, click, as_json=as_json)


def approve_command(
    request: Annotated[str, typer.Argument(help="The request's id, or its surge's short name.")],
    user: As,
    as_json: AsJson = False,  # noqa: FBT002 - a command-line flag
) -> None:
    """Sign a request, when Slack can't be reached. Shows what is signed, then asks for your one-time code."""
    from bot.commands.host_click import (  # noqa: PLC0415
        approve_click,
        find_pending,
        press_on_host,
        show_what_is_signed,
    )

    with open_store() as store:
        found = store.look_here(lambda tx: find_pending(tx, request))
        if not found:
            _stop(f"No request that waits for a signature is known as {request!r}.")
        if len(found) > 1:
            _stop(f"{request!r} has more than one request that waits: {', '.join(each.id for each in found)}.")
        if not as_json:
            show_what_is_signed(store, found[0])
        click = approve_click(key=secrets.token_hex(32), user_id=user, request_id=found[0].id)
        press_on_host(store, found[0].tenant_id, click, as_json=as_json)


def _one_of(kind: type[Chosen], text: str, what: str) -> Chosen:
    found = next((each for each in kind if each.value.casefold() == text.strip().casefold()), None)
    if found is None:
        _stop(f"{text!r} is no {what}. Write one of: {', '.join(each.value for each in kind)}.")
    return found


def _stop(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(1)
