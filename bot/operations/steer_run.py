"""Pause, resume or stop a run. It takes effect before the next batch."""

from dataclasses import replace

from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import Run, RunState
from bot.decide.refusal import Refusal
from bot.operations.judge_person import Refused, judge_lists
from bot.operations.judge_place import judge_place
from bot.operations.refuse_click import refuse_click
from bot.operations.tenant import Tenant
from bot.ports.messages import CardSubject
from bot.ports.slack import Click, ClickKind
from bot.ports.store import Transaction
from bot.record.ledger import Event


async def steer_run(tenant: Tenant, click: Click) -> None:
    """Whoever may ask or sign may also hold a run up, let it go on, or stop it."""
    person = await judge_lists(tenant, click, tenant.policy.everyone_named, Refusal.NOT_AN_APPROVER)
    refused = person if isinstance(person, Refused) else None
    if refused is None:
        refused = await tenant.store.transact(lambda tx: _steer(tx, tenant, click))
    if refused is not None:
        await refuse_click(tenant, click, refused)
    tenant.bells.cards.set()
    tenant.bells.act.set()


def _refuse(run: Run, kind: ClickKind) -> Refused | None:
    if run.state.is_over:
        return Refused(Refusal.RUN_ENDED)
    if kind is ClickKind.PAUSE and run.state is RunState.PAUSED:
        return Refused(Refusal.RUN_NOT_RUNNING)
    if kind is ClickKind.RESUME and run.state is not RunState.PAUSED:
        return Refused(Refusal.RUN_NOT_PAUSED)
    return None


def _steer(tx: Transaction, tenant: Tenant, click: Click) -> Refused | None:
    if tx.clicks.is_done(click.key):
        return None
    now = tenant.world.now()
    run = tx.runs.get(tenant.id, click.subject_id)
    if run is None:
        return Refused(Refusal.OUT_OF_DATE)
    misplaced = judge_place(tx, tenant.id, CardSubject.RUN, click)
    if misplaced is not None:
        return misplaced
    refused = _refuse(run, click.kind)
    if refused is not None:
        return refused
    if click.kind is ClickKind.PAUSE:
        event = Event.RUN_PAUSED
        run = replace(run, state=RunState.PAUSED, steered_by=click.user_id, note="")
    elif click.kind is ClickKind.RESUME:
        event = Event.RUN_RESUMED
        run = replace(run, state=RunState.RUNNING, steered_by=click.user_id, note="", not_before=0)
    else:
        event = Event.RUN_STOPPED
        run = replace(run, state=RunState.STOPPED, steered_by=click.user_id, ended_at=now, note="")
        waiting = tx.runs.outcomes(tenant.id, run.id, state=OutcomeState.WAITING)
        tx.runs.set_outcomes(run, [leave_out(outcome) for outcome in waiting.values()])
        tx.surges.ask_briefing(tenant.id, run.surge_id, now)
    tx.runs.save(run)
    tx.cards.want(tenant.id, CardSubject.RUN, run.id)
    tx.cards.want(tenant.id, CardSubject.SURGE, run.surge_id)
    tx.ledger.append(
        tenant_id=tenant.id, at=now, event=event, subject=run.id, actor=click.user_id, facts={"state": run.state.value}
    )
    tx.clicks.finish(click.key, now)
    return None


def leave_out(outcome: Outcome) -> Outcome:
    """The outcome of somebody who was not reached before the run was stopped."""
    return replace(outcome, state=OutcomeState.SKIPPED, why="the run was stopped before")
