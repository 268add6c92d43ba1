"""End requests whose ground has moved: the evidence got worse, or too many of their users are not eligible any more.

Growth never does: whoever joins the surge can be asked for in a plan of their own.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.decide.plan import CLEARS_RISK, Plan, as_planned, read_plan
from bot.decide.policy import Policy
from bot.decide.request import Request, RequestState
from bot.operations.briefing.current_band import worse_band
from bot.operations.planning.draft_plan import still_eligible
from bot.operations.planning.settle_request import settle_request
from bot.operations.tenant import Tenant
from bot.store.transaction import Transaction

MOST_GONE = 0.2
"""A request whose users are gone beyond this share is not what people looked at."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """A request that can't stand as it is, and why in words."""

    request: Request
    why: str


def find_outdated(tx: Transaction, tenant: Tenant, surge_id: str) -> tuple[Outdated, ...]:
    """The pending requests of a surge that are outdated, all their users judged anew: a long reading."""
    now = tenant.world.now()
    pending = [each for each in tx.requests.pending_requests(tenant.id) if each.surge_id == surge_id]
    judged = [Outdated(request, why_outdated(tx, tenant.policy, request, now)) for request in pending]
    return tuple(each for each in judged if each.why)


def supersede(tx: Transaction, outdated: Iterable[Outdated], now: int) -> None:
    """End them, each unless somebody was faster."""
    for each in outdated:
        settle_request(tx, each.request, RequestState.SUPERSEDED, by=None, at=now, why=each.why)


def why_outdated(tx: Transaction, policy: Policy, request: Request, now: int) -> str:
    """Why the request can't stand as it is, in words; empty where it can."""
    plan = read_plan(tx.requests.plan_body(request.tenant_id, request.plan_hash))
    worse = why_worse(tx, request, plan)
    if worse:
        return worse
    gone = _gone(tx, policy, request, plan, now)
    if gone > MOST_GONE * len(plan.user_ids):
        return f"{gone:,} of its {len(plan.user_ids):,} users are not eligible any more"
    return ""


def why_worse(tx: Transaction, request: Request, plan: Plan) -> str:
    """The same by the evidence alone, from a row or two: a plan that contains is not touched by it."""
    worse = worse_band(tx, request) if plan.action in CLEARS_RISK else None
    if worse is None:
        return ""
    before = request.band or "not weighed"
    return f"the evidence got worse: it was {before} when this was asked for, and is {worse.value} now"


def _gone(tx: Transaction, policy: Policy, request: Request, plan: Plan, now: int) -> int:
    surge = tx.surges.surge_by_id(request.tenant_id, request.surge_id)
    if surge is None:
        return 0
    return len(plan.user_ids) - len(still_eligible(tx, policy, as_planned(surge, plan), plan, request.id, now))
