"""Ask again: the same as a request that ended without a run, on a fresh plan."""

from bot.decide.plan import read_plan
from bot.decide.refusal import Refusal, Refused
from bot.decide.request import RequestState
from bot.decide.request_kind import Choice
from bot.operations.approving.judge_place import judge_place
from bot.operations.approving.make_request import Asked
from bot.operations.approving.request_remediation import ask
from bot.operations.planning.settle_request import when_settled
from bot.operations.tenant import Tenant
from bot.ports.slack import Click
from bot.store.transaction import Transaction


async def ask_again(tenant: Tenant, click: Click) -> Refused | None:
    """Whoever may ask may repeat what somebody asked for: the same action, cohorts or people, and reason."""
    return await ask(tenant, click, lambda tx: _as_before(tx, tenant, click))


def _as_before(tx: Transaction, tenant: Tenant, click: Click) -> Asked | Refused:
    request = tx.requests.request_by_id(tenant.id, click.subject_id)
    if request is None:
        return Refused(Refusal.OUT_OF_DATE)
    misplaced = judge_place(tx, tenant.id, click)
    if misplaced is not None:
        return misplaced
    if request.state is RequestState.PENDING:
        return Refused(Refusal.REQUEST_OPEN, f"<@{request.requester}> asked for it")
    if request.state is RequestState.APPROVED:
        return Refused(Refusal.ALREADY_SETTLED, when_settled(request, ()))
    plan = read_plan(tx.requests.plan_body(tenant.id, request.plan_hash))
    named = plan.user_ids if request.kind.rules.chosen_by is Choice.NAME else ()
    return Asked(
        surge_id=request.surge_id,
        action=plan.action,
        reason=request.reason,
        kind=request.kind,
        cohorts=plan.cohorts,
        user_ids=named,
        run_id=plan.run_id,
        asked_again=request.id,
    )
