"""Queue what was signed, in the transaction of the last signature."""

from bot.act.run import Run, RunState
from bot.decide.plan import Plan
from bot.decide.request import Request
from bot.operations.tenant import Tenant
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.store.transaction import Transaction


def queue_run(tx: Transaction, tenant: Tenant, request: Request, plan: Plan, *, ids: tuple[str, str], at: int) -> None:
    """A run with its card in the surge's thread. ids: the run's and the card's. at in microseconds UTC."""
    run_id, card_id = ids
    run = Run(
        tenant_id=tenant.id,
        id=run_id,
        request_id=request.id,
        surge_id=request.surge_id,
        plan_hash=request.plan_hash,
        state=RunState.QUEUED,
        created_at=at,
        canary=tenant.policy.canary,
        goes_first=request.kind.rules.goes_first,
    )
    tx.runs.add_run(run, plan.user_ids)
    for parent in tx.cards.cards_of(tenant.id, CardSubject.SURGE, request.surge_id)[:1]:
        tx.cards.ensure_card(
            card_id=card_id,
            tenant_id=tenant.id,
            subject=CardSubject.RUN,
            subject_id=run.id,
            channel=parent.channel,
            parent_id=parent.id,
        )
    tx.ledger.append_entry(
        tenant_id=tenant.id,
        at=at,
        event=Event.RUN_QUEUED,
        subject=run.id,
        actor="countersign",
        facts={"request": request.id, "plan": request.plan_hash},
    )
