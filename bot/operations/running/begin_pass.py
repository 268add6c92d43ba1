"""Begin a pass over a run's users: check what was signed, from the bytes up, and say who goes first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from bot.act.canary import IN_TIME, canary_for
from bot.act.pause import PauseReason
from bot.act.run import Run, RunState
from bot.decide.held_back import HeldBackReason
from bot.decide.plan import CLEARS_RISK, Plan, is_released, plan_hash, read_plan
from bot.decide.request import Request, RequestState
from bot.operations.tenant import Tenant
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.store.transaction import Transaction
from bot.watch.durations import MINUTE, SECOND
from bot.watch.surge import Surge

AFTER_A_PROBLEM = 5.0
"""Seconds until Microsoft is asked again."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass rests on."""

    run: Run
    plan: Plan
    surge: Surge
    seen: Mapping[str, str]
    """By user id, everybody in the plan: riskLastUpdatedDateTime when it was made."""

    @property
    def released(self) -> frozenset[str]:
        """Whom the plan releases though a person confirmed them compromised."""
        reason = HeldBackReason.CONFIRMED_COMPROMISED
        return frozenset(each.user_id for each in self.plan.released if is_released(self.plan, each.user_id, reason))


def begin_pass(tx: Transaction, tenant: Tenant, run_id: str) -> Pass | None:
    """Check the plan and its request, mark the run as running; None where nothing is to be written."""
    run = tx.runs.run_by_id(tenant.id, run_id)
    if run is None or not run.state.writes:
        return None
    body = tx.requests.plan_body(tenant.id, run.plan_hash)
    request = tx.requests.request_by_id(tenant.id, run.request_id)
    signed = request is not None and request.state is RequestState.APPROVED and request.plan_hash == run.plan_hash
    if request is None or not signed or plan_hash(body) != run.plan_hash:
        pause_run(tx, tenant, run, PauseReason.PLAN_DIFFERS, "nothing is written")
        log.error("plan_differs", tenant=tenant.id, run=run.id)
        return None
    plan = read_plan(body)
    surge = tx.surges.surge_by_id(tenant.id, plan.surge_id)
    if surge is None:
        return None
    if run.state is RunState.QUEUED:
        run = _start(tx, tenant, run, request, plan)
    if plan.action in CLEARS_RISK:
        planned = frozenset(plan.user_ids)
        tx.outcomes.rank_first(run, tx.impacts.blocked_users(tenant.id, surge.id) & planned)
    return Pass(run, plan, surge, dict(zip(plan.user_ids, plan.seen, strict=True)))


def _start(tx: Transaction, tenant: Tenant, run: Run, request: Request, plan: Plan) -> Run:
    """A recovery has no canary: those who are to sign must be able to at once."""
    now = tenant.world.now()
    canary = 0 if run.goes_first else canary_for(tenant.policy.canary, len(plan.user_ids))
    run = replace(run, state=RunState.RUNNING, started_at=now, canary=canary, band_known=request.band)
    tx.runs.keep_run(run)
    tx.ledger.append_entry(
        tenant_id=tenant.id,
        at=now,
        event=Event.RUN_STARTED,
        subject=run.id,
        actor="countersign",
        facts={"plan": run.plan_hash, "canary": canary},
    )
    want_cards(tx, tenant, run)
    return run


def pause_run(tx: Transaction, tenant: Tenant, run: Run, reason: PauseReason, why: str) -> None:
    """Write nothing more until people look at it."""
    note = f"{reason.value}: {why}" if why else reason.value
    tx.runs.keep_run(
        replace(
            run,
            state=RunState.PAUSED,
            note=note,
            steered_by=None,
            paused_because=reason,
            needs_signature=reason.needs_signature,
        )
    )
    tx.ledger.append_entry(
        tenant_id=tenant.id,
        at=tenant.world.now(),
        event=Event.RUN_TRIPPED if reason.needs_signature else Event.RUN_PAUSED,
        subject=run.id,
        actor="countersign",
        facts={"reason": reason.name.lower(), "why": note},
    )
    want_cards(tx, tenant, run)


def put_off(tx: Transaction, tenant: Tenant, run_id: str, why: str, seconds: float) -> None:
    """Nothing goes out for a while."""
    run = tx.runs.run_by_id(tenant.id, run_id)
    if run is not None and not run.state.is_over:
        note = run.note if run.state is RunState.PAUSED else why
        tx.runs.keep_run(replace(run, note=note, not_before=tenant.world.now() + int(seconds * SECOND)))
        tx.cards.want_update(tenant.id, CardSubject.RUN, run.id)


def wait_for_microsoft(tx: Transaction, tenant: Tenant, run_id: str, why: str) -> None:
    """Microsoft did not answer: nothing goes out for a while, and the canary is not held to its time."""
    put_off(tx, tenant, run_id, why, AFTER_A_PROBLEM)
    wait_with_canary(tx, tenant, run_id, tenant.world.now() + int(AFTER_A_PROBLEM * SECOND))


def wait_with_canary(tx: Transaction, tenant: Tenant, run_id: str, again: int) -> None:
    """Microsoft can't be read, so nothing tells whether the canary has closed: its time is not up before a look."""
    run = tx.runs.run_by_id(tenant.id, run_id)
    if run is not None and run.is_on_trial and run.canary_since is not None:
        tx.runs.keep_run(replace(run, canary_since=max(run.canary_since, again + MINUTE - IN_TIME)))


def want_cards(tx: Transaction, tenant: Tenant, run: Run) -> None:
    """The run's card and the surge's show something else now."""
    tx.cards.want_update(tenant.id, CardSubject.RUN, run.id)
    tx.cards.want_update(tenant.id, CardSubject.SURGE, run.surge_id)
