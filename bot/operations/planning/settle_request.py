"""Bring a request to its end, from whatever side: state, ledger row, and every card that shows it."""

from bot.decide.request import Request, RequestState, Vote
from bot.operations.tenant import Tenant
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.store.transaction import Transaction
from bot.watch.durations import SECOND

_EVENTS = {
    RequestState.APPROVED: Event.REQUEST_APPROVED,
    RequestState.REJECTED: Event.REQUEST_REJECTED,
    RequestState.WITHDRAWN: Event.REQUEST_WITHDRAWN,
    RequestState.EXPIRED: Event.REQUEST_EXPIRED,
    RequestState.SUPERSEDED: Event.REQUEST_SUPERSEDED,
}


def settle_request(
    tx: Transaction, request: Request, state: RequestState, *, by: str | None, at: int, why: str = ""
) -> bool:
    """Settle a pending request; False if somebody was faster. at in microseconds UTC.

    by None: nobody did it, but time, or the facts that `why` states.

    Unless it was approved its users can be asked for anew, so who that is will be counted again.
    """
    if not tx.requests.set_settled(request, state, by=by, at=at, why=why):
        return False
    tx.ledger.append_entry(
        tenant_id=request.tenant_id,
        at=at,
        event=_EVENTS[state],
        subject=request.id,
        actor=by or "countersign",
        facts={"plan": request.plan_hash} | ({"why": why} if why else {}),
    )
    for subject in (CardSubject.REQUEST, CardSubject.CALL, CardSubject.REMINDER):
        tx.cards.want_update(request.tenant_id, subject, request.id)
    tx.cards.want_update(request.tenant_id, CardSubject.SURGE, request.surge_id)
    if state is not RequestState.APPROVED:
        tx.surges.ask_briefing(request.tenant_id, request.surge_id, at)
    return True


async def expire_requests(tenant: Tenant) -> None:
    """Settle whatever nobody signed in time."""
    now = tenant.world.now()

    def expire(tx: Transaction) -> int:
        expired = tx.requests.expired_requests(tenant.id, now)
        return sum(settle_request(tx, each, RequestState.EXPIRED, by=None, at=now) for each in expired)

    if await tenant.transact_as_holder(expire):
        tenant.bells.cards.set()


def when_settled(request: Request, votes: tuple[Vote, ...]) -> str:
    """Who was faster, or when time was up, for the sentence that refuses a late click."""
    seconds = (request.settled_at or request.expires_at) // SECOND
    at = f"<!date^{seconds}^{{time}}|{seconds}>"
    if request.state in {RequestState.PENDING, RequestState.EXPIRED}:
        return at
    who = f" by <@{request.settled_by}>" if request.settled_by else ""
    signers = [vote.user_id for vote in votes if vote.user_id != request.settled_by]
    also = f" (also signed by {', '.join(f'<@{each}>' for each in signers)})" if signers else ""
    return f"the request was {request.state.value}{who} at {at}{also}"
