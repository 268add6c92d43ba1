"""Take a request back. Only the one who asked can."""

from bot.decide.refusal import Refusal, Refused
from bot.decide.request import RequestState, refuse_change
from bot.operations.approving.host_answer import finish_click
from bot.operations.approving.judge_place import judge_place
from bot.operations.planning.settle_request import settle_request, when_settled
from bot.operations.tenant import Tenant
from bot.ports.presses import PRESSES
from bot.ports.slack import Click
from bot.store.transaction import Transaction


async def withdraw_request(tenant: Tenant, click: Click) -> Refused | None:
    """Settle it as withdrawn, or say why not."""
    refused = await tenant.store.transact(lambda tx: _withdraw(tx, tenant, click))
    tenant.bells.cards.set()
    return refused


def _withdraw(tx: Transaction, tenant: Tenant, click: Click) -> Refused | None:
    if tx.clicks.is_done(click.key):
        return None
    now = tenant.world.now()
    request = tx.requests.request_by_id(tenant.id, click.subject_id)
    if request is None:
        return Refused(Refusal.OUT_OF_DATE)
    misplaced = judge_place(tx, tenant.id, click)
    if misplaced is not None:
        return misplaced
    if not click.is_from_host and click.team_id != tenant.team_id:
        return Refused(Refusal.OTHER_WORKSPACE)
    press = PRESSES[click.kind]
    if click.user_id not in tenant.policy.allowed(press.who, request):
        return Refused(press.refusal, f"<@{request.requester}>")
    refusal = refuse_change(request, now=now)
    if refusal is not None:
        return Refused(refusal, when_settled(request, tx.requests.votes_on(tenant.id, request.id)))
    settle_request(tx, request, RequestState.WITHDRAWN, by=click.user_id, at=now)
    finish_click(tx, click, now, "The request is withdrawn.")
    return None
