"""Hand a click in on the host, wait for the running bot to carry it out, and tell what came of it."""

import time
from contextlib import suppress

import msgspec
import typer

from bot.commands.ask_code import ask_code
from bot.decide.refusal import Refused, explain
from bot.decide.request import Request, missing_signatures
from bot.operations.approving.host_answer import HostAnswer, plain, unpack
from bot.operations.approving.second_door import (
    NOBODY_CAME,
    approve_click,
    code_is_needed,
    find_pending,
    keep_host_click,
    request_click,
    take_back,
    what_is_signed,
)
from bot.ports.slack import Click
from bot.store.database import Database

__all__ = ["approve_click", "find_pending", "press_on_host", "request_click", "show_what_is_signed"]

WAITS_FOR = 60.0
"""Seconds until it is said that no running bot took a click up."""
LOOKS_EVERY = 0.2


def show_what_is_signed(store: Database, request: Request) -> None:
    """What somebody is about to sign."""
    plan, votes = store.look_here(lambda tx: what_is_signed(tx, request))
    people, glass = missing_signatures(request, votes)
    typer.echo(f"{plan.action.value} for {plan.users:,} users, {plan.held_back:,} held back.")
    typer.echo(f"Asked for by {request.requester}: {request.reason}")
    typer.echo(f"Signatures missing: {people}{f', {glass} of them under break glass' if glass else ''}.")
    typer.echo(f"Request {request.id}, plan {request.plan_hash}")


def press_on_host(store: Database, tenant_id: str, click: Click, *, as_json: bool) -> None:
    """Ask for the code; exit 1 where it was refused."""
    refused = store.look_here(lambda tx: code_is_needed(tx, click.user_id))
    if refused is None:
        code = ask_code()
        refused = store.transact_here(
            lambda tx: keep_host_click(tx, tenant_id=tenant_id, click=click, code=code, at=time.time_ns() // 1000)
        )
    answer = _refusal(refused) if refused is not None else _wait(store, click)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
    else:
        typer.echo(answer.text, err=answer.is_refused)
    if answer.is_refused:
        raise typer.Exit(1)


def _refusal(refused: Refused) -> HostAnswer:
    return HostAnswer(is_refused=True, text=plain(explain(refused.refusal, refused.detail)))


def _wait(store: Database, click: Click) -> HostAnswer:
    """What came of it; after a while it is taken back, so that nothing happens later behind anybody's back."""
    until = time.monotonic() + WAITS_FOR
    with suppress(KeyboardInterrupt):  # whoever leaves takes it back, too
        while time.monotonic() < until:
            found = store.look_here(lambda tx: tx.clicks.answer_to(click.key))
            if found is not None:
                return unpack(found)
            time.sleep(LOOKS_EVERY)
    answer = unpack(store.transact_here(lambda tx: take_back(tx, click, time.time_ns() // 1000)))
    if not answer.text.startswith(NOBODY_CAME):
        return answer
    return HostAnswer(
        is_refused=True,
        text=f"{NOBODY_CAME} within {WAITS_FOR:.0f} s, so it was taken back and nothing was done. "
        "See that countersign run is running on this database, then repeat it with a new code.",
    )
