"""Pause, resume or stop a run. It takes effect before the next batch."""

from dataclasses import replace

from bot.act.outcome import OutcomeState
from bot.act.pause import PauseReason
from bot.act.run import Run, RunState
from bot.decide.plan import CLEARS_RISK, Plan, read_plan
from bot.decide.policy import quorum_for
from bot.decide.refusal import Refusal
from bot.decide.request import Request
from bot.operations.agreeing.judge_person import Refused, judge_lists
from bot.operations.agreeing.judge_place import judge_place
from bot.operations.agreeing.judge_signer import Signer, judge_conflict, judge_signer, name_signers
from bot.operations.running.begin_pass import want_cards
from bot.operations.running.keep_answer import leave_out
from bot.operations.running.watch_tripwires import band_now, flagged_anew
from bot.operations.telling.refuse_click import refuse_click
from bot.operations.tenant import Tenant
from bot.ports.messages import CardSubject
from bot.ports.slack import Click, ClickKind
from bot.ports.store import Transaction
from bot.record.ledger import Event
from bot.watch.evidence import Band


async def steer_run(tenant: Tenant, click: Click) -> None:
    """Whoever may ask or sign may also hold a run up, let it go on, or stop it.

    After a tripwire it goes on only with the signature of somebody who could sign its request.
    """
    refused = await _judge_and_steer(tenant, click)
    if refused is not None:
        await refuse_click(tenant, click, refused)
    tenant.bells.cards.set()
    tenant.bells.act.set()


async def _judge_and_steer(tenant: Tenant, click: Click) -> Refused | None:
    signer: Signer | None = None
    request = None
    if click.kind is ClickKind.RESUME:
        request = await tenant.store.look(lambda tx: _to_be_signed(tx, tenant, click))
    if request is not None:
        if tenant.policy.codes_required or request.break_glass_needed:
            return Refused(Refusal.CODE_FOR_GOING_ON)
        if click.user_id == request.requester:
            who = name_signers(
                tenant, but=click.user_id, break_glass_needed=request.break_glass_needed, kind=request.kind
            )
            return Refused(Refusal.OWN_REQUEST, who)
        judged = await judge_signer(tenant, click, break_glass_needed=request.break_glass_needed, kind=request.kind)
        if isinstance(judged, Refused):
            return judged
        signer = judged
    else:
        person = await judge_lists(tenant, click, tenant.policy.everyone_named, Refusal.NOT_AN_APPROVER)
        if isinstance(person, Refused):
            return person
    return await tenant.store.transact(lambda tx: _steer(tx, tenant, click, signer))


def _to_be_signed(tx: Transaction, tenant: Tenant, click: Click) -> Request | None:
    """The request whose run needs a new signature to go on."""
    run = tx.runs.get(tenant.id, click.subject_id)
    if run is None or run.state is not RunState.PAUSED or not run.needs_signature:
        return None
    return tx.requests.get(tenant.id, run.request_id)


def _refuse(run: Run, kind: ClickKind) -> Refused | None:
    if run.state.is_over:
        return Refused(Refusal.RUN_ENDED)
    if kind is ClickKind.PAUSE and run.state is RunState.PAUSED:
        return Refused(Refusal.RUN_NOT_RUNNING)
    if kind is ClickKind.RESUME and run.state is not RunState.PAUSED:
        return Refused(Refusal.RUN_NOT_PAUSED)
    return None


def _steer(tx: Transaction, tenant: Tenant, click: Click, signer: Signer | None) -> Refused | None:
    if tx.clicks.is_done(click.key):
        return None
    run = tx.runs.get(tenant.id, click.subject_id)
    if run is None:
        return Refused(Refusal.OUT_OF_DATE)
    refused = judge_place(tx, tenant.id, CardSubject.RUN, click) or _refuse(run, click.kind)
    if refused is not None:
        return refused
    facts: dict[str, object] = {}
    if click.kind is ClickKind.PAUSE:
        event = Event.RUN_PAUSED
        run = replace(run, state=RunState.PAUSED, note="", paused_because=PauseReason.BY_HAND)
    elif click.kind is ClickKind.RESUME and run.needs_signature:
        if signer is None:  # the tripwire was touched between the look and this transaction
            return Refused(Refusal.TRY_AGAIN, "the run was paused for another reason meanwhile")
        countersigned = _countersign(tx, tenant, run, signer)
        if isinstance(countersigned, Refused):
            return countersigned
        event, run = Event.RUN_COUNTERSIGNED, countersigned
        facts = {"flagged": run.flagged_known, "evidence": run.band_known}
    elif click.kind is ClickKind.RESUME:
        event = Event.RUN_RESUMED
        facts = {"canaryWaived": run.paused_because is PauseReason.CANARY}
        run = _go_on(run, tenant.world.now())
    else:
        event = Event.RUN_STOPPED
        run = _stop(tx, tenant, run)
    run = replace(run, steered_by=click.user_id)
    tx.runs.save(run)
    want_cards(tx, tenant, run)
    tx.ledger.append(
        tenant_id=tenant.id,
        at=tenant.world.now(),
        event=event,
        subject=run.id,
        actor=click.user_id,
        facts={"state": run.state.value} | facts,
    )
    tx.clicks.finish(click.key, tenant.world.now())
    return None


def _go_on(run: Run, now: int) -> Run:
    """Running again. Who lets a run go on whose canary did not close waives the canary; else its time begins anew."""
    waived = run.paused_because is PauseReason.CANARY
    return replace(
        run,
        state=RunState.RUNNING,
        note="the canary did not close, and the rest goes all the same" if waived else "",
        not_before=0,
        needs_signature=False,
        paused_because=None,
        canary=0 if waived else run.canary,
        canary_since=now if run.canary_since is not None else None,
    )


def _countersign(tx: Transaction, tenant: Tenant, run: Run, signer: Signer) -> Run | Refused:
    """A new signature on what is known now: that does not touch the tripwire again."""
    request = tx.requests.get(tenant.id, run.request_id)
    surge = tx.surges.get(tenant.id, run.surge_id)
    if request is None or surge is None:
        return Refused(Refusal.OUT_OF_DATE)
    plan = read_plan(tx.requests.plan_body(tenant.id, run.plan_hash))
    conflict = judge_conflict(tx, tenant, signer, plan=plan, requester_accounts=request.requester_accounts)
    if conflict is not None:
        return conflict
    band = band_now(tx, surge)
    if _asks_for_more(tenant, request, plan, band):
        return Refused(Refusal.MORE_FOR_GOING_ON, band)
    flagged = len(flagged_anew(tx, plan, surge))
    return replace(_go_on(run, tenant.world.now()), band_known=band, flagged_known=flagged)


def _asks_for_more(tenant: Tenant, request: Request, plan: Plan, band: str) -> bool:
    """Whether the table asks for more signatures now than the run was approved with: one more is no way round it."""
    needed = quorum_for(
        tenant.policy,
        band=Band(band) if band in set(Band) else None,
        clears_risk=plan.action in CLEARS_RISK,
        kind=request.kind,
        releases=bool(plan.released),
    )
    return needed.approvals > request.approvals_needed or needed.break_glass > request.break_glass_needed


def _stop(tx: Transaction, tenant: Tenant, run: Run) -> Run:
    now = tenant.world.now()
    waiting = tx.outcomes.of_run(tenant.id, run.id, state=OutcomeState.WAITING)
    tx.outcomes.keep(run, [leave_out(outcome) for outcome in waiting.values()])
    tx.surges.ask_briefing(tenant.id, run.surge_id, now)
    return replace(run, state=RunState.STOPPED, ended_at=now, note="", needs_signature=False, paused_because=None)
