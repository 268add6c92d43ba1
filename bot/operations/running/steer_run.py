"""Pause, resume or stop a run. It takes effect before the next batch."""

from dataclasses import replace

from bot.act.outcome import OutcomeState
from bot.act.pause import PauseReason
from bot.act.run import Run, RunState
from bot.decide.refusal import Refusal, Refused
from bot.operations.approving.judge_person import judge_lists
from bot.operations.approving.judge_place import judge_dialog, judge_place
from bot.operations.approving.judge_signer import Signer
from bot.operations.running.begin_pass import want_cards
from bot.operations.running.countersign_run import countersign, judge_countersigner, to_be_countersigned
from bot.operations.running.keep_answer import leave_out
from bot.operations.tenant import Tenant
from bot.ports.slack import Click, ClickKind
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.store.transaction import Transaction

_GOING_ON = {ClickKind.RESUME, ClickKind.SUBMIT_GOING_ON}


async def steer_run(tenant: Tenant, click: Click) -> Refused | None:
    """Whoever may ask or sign may also hold a run up, let it go on, or stop it.

    After a tripwire it goes on only with the signature of somebody who could sign its request.
    """
    refused = await _judge_and_steer(tenant, click)
    tenant.bells.cards.set()
    tenant.bells.act.set()
    return refused


async def _judge_and_steer(tenant: Tenant, click: Click) -> Refused | None:
    signer: Signer | None = None
    request = None
    if click.kind in _GOING_ON:
        request = await tenant.store.look(lambda tx: to_be_countersigned(tx, tenant, click))
    if request is not None:
        judged = await judge_countersigner(tenant, click, request)
        if not isinstance(judged, Signer):
            return judged
        signer = judged
    else:
        person = await judge_lists(tenant, click, tenant.policy.everyone_named, Refusal.NOT_AN_APPROVER)
        if isinstance(person, Refused):
            return person
    return await tenant.store.transact(lambda tx: _steer(tx, tenant, click, signer))


def _refuse(run: Run, kind: ClickKind) -> Refused | None:
    if run.state.is_over:
        return Refused(Refusal.RUN_ENDED)
    if kind is ClickKind.PAUSE and run.state is RunState.PAUSED:
        return Refused(Refusal.RUN_NOT_RUNNING)
    if kind in _GOING_ON and run.state is not RunState.PAUSED:
        return Refused(Refusal.RUN_NOT_PAUSED)
    if kind is ClickKind.SUBMIT_GOING_ON and not run.needs_signature:
        return Refused(Refusal.TRY_AGAIN, "the run was paused for another reason meanwhile")
    return None


def _steer(tx: Transaction, tenant: Tenant, click: Click, signer: Signer | None) -> Refused | None:
    if tx.clicks.is_done(click.key):
        return None
    run = tx.runs.run_by_id(tenant.id, click.subject_id)
    if run is None:
        return Refused(Refusal.OUT_OF_DATE)
    judge = judge_dialog if click.kind is ClickKind.SUBMIT_GOING_ON else judge_place
    refused = judge(tx, tenant.id, CardSubject.RUN, click) or _refuse(run, click.kind)
    if refused is not None:
        return refused
    facts: dict[str, object] = {}
    if click.kind is ClickKind.PAUSE:
        event = Event.RUN_PAUSED
        run = replace(run, state=RunState.PAUSED, note="", paused_because=PauseReason.BY_HAND)
    elif click.kind in _GOING_ON and run.needs_signature:
        if signer is None:  # the tripwire was touched between the look and this transaction
            return Refused(Refusal.TRY_AGAIN, "the run was paused for another reason meanwhile")
        countersigned = countersign(tx, tenant, click, run, signer)
        if isinstance(countersigned, Refused):
            return countersigned
        event, run = Event.RUN_COUNTERSIGNED, countersigned
        facts = {"flagged": run.flagged_known, "evidence": run.band_known, "withCode": bool(click.code)}
    elif click.kind in _GOING_ON:
        event = Event.RUN_RESUMED
        facts = {"canaryWaived": run.paused_because is PauseReason.CANARY}
        run = run.resumed(tenant.world.now())
    else:
        event = Event.RUN_STOPPED
        run = _stop(tx, tenant, run)
    run = replace(run, steered_by=click.user_id)
    tx.runs.keep_run(run)
    want_cards(tx, tenant, run)
    tx.ledger.append_entry(
        tenant_id=tenant.id,
        at=tenant.world.now(),
        event=event,
        subject=run.id,
        actor=click.user_id,
        facts={"state": run.state.value} | facts,
    )
    tx.clicks.finish_click(click.key, tenant.world.now())
    return None


def _stop(tx: Transaction, tenant: Tenant, run: Run) -> Run:
    now = tenant.world.now()
    waiting = tx.outcomes.outcomes_of_run(tenant.id, run.id, state=OutcomeState.WAITING)
    tx.outcomes.keep_outcomes(run, [leave_out(outcome) for outcome in waiting.values()])
    tx.surges.ask_briefing(tenant.id, run.surge_id, now)
    return replace(run, state=RunState.STOPPED, ended_at=now, note="", needs_signature=False, paused_because=None)
