"""Pause, resume or stop a run. It takes effect before the next batch."""

from collections.abc import Mapping
from dataclasses import replace

from bot.act.outcome import OutcomeState
from bot.act.pause import PauseReason
from bot.act.run import Run, RunState
from bot.decide.refusal import Refusal, Refused
from bot.operations.approving.judge_person import judge_press
from bot.operations.approving.judge_place import judge_place
from bot.operations.approving.judge_signer import Signer
from bot.operations.approving.open_signing_dialog import open_signing_dialog
from bot.operations.running.begin_pass import want_cards
from bot.operations.running.countersign_run import Pause, countersign, judge_countersigner
from bot.operations.running.keep_answer import leave_out
from bot.operations.tenant import Tenant
from bot.ports.presses import PRESSES, event_of
from bot.ports.slack import Click, ClickKind
from bot.record.ledger import Event
from bot.store.transaction import Transaction

_ANOTHER_PAUSE = Refused(Refusal.TRY_AGAIN, "the run was paused for another reason meanwhile")


async def hold_up_run(tenant: Tenant, click: Click) -> Refused | None:
    """Pause it or stop it: whoever may ask or sign may do so."""
    person = await judge_press(tenant, click)
    refused = person if isinstance(person, Refused) else None
    refused = refused or await tenant.store.transact(lambda tx: _hold_up(tx, tenant, click))
    _ring(tenant)
    return refused


async def resume_run(tenant: Tenant, click: Click, pause: Pause) -> Refused | None:
    """Let it go on; after a tripwire only with the signature of somebody who could sign its request."""
    request = pause.request
    if request is not None and pause.dialog is not None:
        under_glass = request.break_glass_needed > 0
        return await open_signing_dialog(tenant, click, request, pause.dialog, only_break_glass=under_glass)
    judged = await (judge_press(tenant, click) if request is None else judge_countersigner(tenant, click, request))
    if isinstance(judged, Refused):
        return judged
    signer = judged if isinstance(judged, Signer) else None
    refused = await tenant.store.transact(lambda tx: _resume(tx, tenant, click, signer))
    _ring(tenant)
    return refused


def _ring(tenant: Tenant) -> None:
    tenant.bells.cards.set()
    tenant.bells.act.set()


def _hold_up(tx: Transaction, tenant: Tenant, click: Click) -> Refused | None:
    if tx.clicks.is_done(click.key):
        return None
    run = _run_pressed(tx, tenant, click)
    if isinstance(run, Refused):
        return run
    if click.kind is ClickKind.STOP:
        run = _stop(tx, tenant, run)
    elif run.state is RunState.PAUSED:
        return Refused(Refusal.RUN_NOT_RUNNING)
    else:
        run = replace(run, state=RunState.PAUSED, note="", paused_because=PauseReason.BY_HAND)
    _keep(tx, tenant, click, run, event_of(click.kind), {})
    return None


def _resume(tx: Transaction, tenant: Tenant, click: Click, signer: Signer | None) -> Refused | None:
    if tx.clicks.is_done(click.key):
        return None
    run = _run_pressed(tx, tenant, click)
    if isinstance(run, Refused):
        return run
    if run.state is not RunState.PAUSED:
        return Refused(Refusal.RUN_NOT_PAUSED)
    if not run.needs_signature:
        if PRESSES[click.kind].is_submission:
            return _ANOTHER_PAUSE
        waived = {"canaryWaived": run.paused_because is PauseReason.CANARY}
        _keep(tx, tenant, click, run.resumed(tenant.world.now()), Event.RUN_RESUMED, waived)
        return None
    if signer is None:  # the tripwire was touched between the look and this transaction
        return _ANOTHER_PAUSE
    signed = countersign(tx, tenant, click, run, signer)
    if isinstance(signed, Refused):
        return signed
    facts = {"flagged": signed.flagged_known, "evidence": signed.band_known, "withCode": bool(click.code)}
    _keep(tx, tenant, click, signed, Event.RUN_COUNTERSIGNED, facts)
    return None


def _run_pressed(tx: Transaction, tenant: Tenant, click: Click) -> Run | Refused:
    """The run that was pressed on its own card, unless it is over."""
    run = tx.runs.run_by_id(tenant.id, click.subject_id)
    if run is None:
        return Refused(Refusal.OUT_OF_DATE)
    misplaced = judge_place(tx, tenant.id, click)
    if misplaced is not None:
        return misplaced
    return Refused(Refusal.RUN_ENDED) if run.state.is_over else run


def _keep(tx: Transaction, tenant: Tenant, click: Click, run: Run, event: Event, facts: Mapping[str, object]) -> None:
    """The run as it is now, its cards, the ledger's row, and the click's end."""
    run = replace(run, steered_by=click.user_id)
    tx.runs.keep_run(run)
    want_cards(tx, tenant, run)
    now = tenant.world.now()
    tx.ledger.append_entry(
        tenant_id=tenant.id,
        at=now,
        event=event,
        subject=run.id,
        actor=click.user_id,
        facts={"state": run.state.value, **facts},
    )
    tx.clicks.finish_click(click.key, now)


def _stop(tx: Transaction, tenant: Tenant, run: Run) -> Run:
    now = tenant.world.now()
    waiting = tx.outcomes.outcomes_of_run(tenant.id, run.id, state=OutcomeState.WAITING)
    tx.outcomes.keep_outcomes(run, [leave_out(outcome) for outcome in waiting.values()])
    tx.surges.ask_briefing(tenant.id, run.surge_id, now)
    return replace(run, state=RunState.STOPPED, ended_at=now, note="", needs_signature=False, paused_because=None)
