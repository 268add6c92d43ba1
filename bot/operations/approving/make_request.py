"""Make a request: its frozen plan, how many must sign, its card, and the first calls. One transaction."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from bot.act.outcome import OutcomeState
from bot.decide.action import Action
from bot.decide.held_back import HeldBackReason
from bot.decide.plan import CLEARS_RISK, Plan, canonical, plan_hash
from bot.decide.policy import Policy, quorum_for
from bot.decide.quorum import Quorum
from bot.decide.refusal import Refusal, Refused
from bot.decide.request import Request, RequestState
from bot.decide.request_kind import RequestKind
from bot.operations.approving.call_signers import call_round, card_id_of
from bot.operations.briefing.current_band import current_band
from bot.operations.planning.draft_plan import draft_plan, draft_recovery, draft_release, draft_way_back
from bot.operations.planning.find_shortage import flagged_signers
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.store.transaction import Transaction
from bot.watch.briefing import Cohort
from bot.watch.surge import Surge, SurgeState

MOST_REASON = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for."""

    surge_id: str
    action: Action
    reason: str
    kind: RequestKind = RequestKind.SURGE
    cohorts: tuple[Cohort, ...] = tuple(Cohort)
    user_ids: tuple[str, ...] = ()
    """Who was chosen by name: the one who is released, the signers who are recovered."""
    run_id: str = ""
    """The run whose users are to be put under another action."""
    asked_again: str = ""
    """The ended request that this one repeats."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as they were judged."""

    user_id: str
    accounts: tuple[str, ...]
    with_code: bool = False


def refuse_asking(tx: Transaction, surge: Surge | None, kind: RequestKind = RequestKind.SURGE) -> Refused | None:
    """Why no request can be made for this surge now, as far as the tables tell."""
    if surge is None:
        return Refused(Refusal.OUT_OF_DATE)
    if not kind.rules.needs_open_surge:
        return None
    if surge.state is SurgeState.CLOSED:
        return Refused(Refusal.SURGE_CLOSED)
    if tx.watches.watch_of(surge.tenant_id).risky_through is None:
        why = "they are being read at this moment"
        briefing = tx.briefings.latest_briefing(surge.tenant_id, surge.id)
        if briefing is not None and briefing.gaps:
            why = briefing.gaps[0].why
        return Refused(Refusal.NOT_READ_YET, why)
    return None


def make_request(
    tx: Transaction, policy: Policy, tenant_id: str, asked: Asked, asker: Asker, *, request_id: str, now: int
) -> Request | Refused:
    """The request, or why there can be none. now in microseconds UTC."""
    surge = tx.surges.surge_by_id(tenant_id, asked.surge_id)
    refused = refuse_asking(tx, surge, asked.kind)
    if refused is not None or surge is None:
        return refused or Refused(Refusal.OUT_OF_DATE)
    plan = plan_asked(tx, policy, surge, asked, now)
    if isinstance(plan, Refused):
        return plan
    if not plan.user_ids:
        return refuse_empty(tx, surge, plan)
    quorum = quorum_asked(tx, policy, surge, plan.action, asked.kind)
    request = _request(plan, quorum, asked, asker, request_id=request_id, now=now, lifetime=policy.request_lifetime)
    band = current_band(tx, tenant_id, surge.id)
    request = replace(request, band=band.value if band else "")
    tx.requests.add_plan(tenant_id, request.plan_hash, canonical(plan))
    tx.requests.add_request(request)
    _note(tx, request, plan)
    _ensure_card(tx, request)
    call_round(tx, request, plan, 0, now)
    tx.cards.want_update(tenant_id, CardSubject.SURGE, surge.id)
    return request


def plan_asked(tx: Transaction, policy: Policy, surge: Surge, asked: Asked, now: int) -> Plan | Refused:
    """The plan that was asked for, as things stand."""
    if not asked.kind.rules.may_ask_for(clears_risk=asked.action in CLEARS_RISK):
        return Refused(Refusal.OUT_OF_DATE)
    match asked.kind:
        case RequestKind.SURGE:
            return draft_plan(tx, policy, surge, asked.action, asked.cohorts, now)
        case RequestKind.RELEASE:
            return _release(tx, policy, surge, asked, now)
        case RequestKind.RECOVERY:
            return _recovery(tx, policy, surge, asked, now)
        case RequestKind.WAY_BACK:
            return _way_back(tx, policy, surge, asked, now)


def _release(tx: Transaction, policy: Policy, surge: Surge, asked: Asked, now: int) -> Plan | Refused:
    if not _is_among(asked, tx.surges.users_of_surge(surge.tenant_id, surge.id)):
        return Refused(Refusal.OUT_OF_DATE)
    return draft_release(tx, policy, surge, asked.action, asked.user_ids[0], now)


def _recovery(tx: Transaction, policy: Policy, surge: Surge, asked: Asked, now: int) -> Plan | Refused:
    if not _is_among(asked, flagged_signers(tx, surge)):
        return Refused(Refusal.OUT_OF_DATE)
    return draft_recovery(tx, policy, surge, asked.action, asked.user_ids, now)


def _is_among(asked: Asked, offered: Collection[str]) -> bool:
    """Whether those who were chosen by name are among the offered, and not too many."""
    chosen = frozenset(asked.user_ids)
    return 0 < len(chosen) <= asked.kind.rules.most_named and chosen <= frozenset(offered)


def _way_back(tx: Transaction, policy: Policy, surge: Surge, asked: Asked, now: int) -> Plan | Refused:
    run = tx.runs.run_by_id(surge.tenant_id, asked.run_id)
    if run is None or run.surge_id != surge.id:
        return Refused(Refusal.OUT_OF_DATE)
    users = users_acted_on(tx, surge.tenant_id, run.id)
    return draft_way_back(tx, policy, surge, asked.action, users=users, run_id=run.id, now=now)


def users_acted_on(tx: Transaction, tenant_id: str, run_id: str) -> tuple[str, ...]:
    """Whom a run wrote to and Microsoft accepted it."""
    acted = {OutcomeState.VERIFIED, OutcomeState.ACCEPTED}
    return tuple(
        each for each, outcome in tx.outcomes.outcomes_of_run(tenant_id, run_id).items() if outcome.state in acted
    )


def refuse_empty(tx: Transaction, surge: Surge, plan: Plan) -> Refused:
    """Why a plan has nobody in it: who is at it already, or that there is nothing to do."""
    reasons = {held.reason for held in plan.held_back}
    if plan.kind.rules.releases:
        (why,) = [held.reason.value for held in plan.held_back] or ["nothing holds this user back"]
        return Refused(Refusal.NOT_RELEASABLE, why)
    if HeldBackReason.ELSEWHERE in reasons:
        for request in tx.requests.requests_of_surge(surge.tenant_id, surge.id):
            if request.state is RequestState.PENDING:
                return Refused(Refusal.REQUEST_OPEN, f"<@{request.requester}> asked for it")
        return Refused(Refusal.RUN_ACTIVE)
    return Refused(Refusal.NOTHING_TO_DO)


def quorum_asked(tx: Transaction, policy: Policy, surge: Surge, action: Action, kind: RequestKind) -> Quorum:
    """How many must sign, by the evidence as it is now."""
    band = current_band(tx, surge.tenant_id, surge.id)
    return quorum_for(
        policy,
        band=band,
        clears_risk=action in CLEARS_RISK,
        kind=kind,
    )


def _request(
    plan: Plan, quorum: Quorum, asked: Asked, asker: Asker, *, request_id: str, now: int, lifetime: int
) -> Request:
    return Request(
        tenant_id=plan.tenant_id,
        id=request_id,
        surge_id=plan.surge_id,
        plan_hash=plan_hash(canonical(plan)),
        state=RequestState.PENDING,
        requester=asker.user_id,
        requester_accounts=asker.accounts,
        reason=asked.reason.strip()[:MOST_REASON],
        approvals_needed=quorum.approvals,
        created_at=now,
        expires_at=now + lifetime,
        kind=asked.kind,
        break_glass_needed=quorum.break_glass,
        with_code=asker.with_code,
        asked_again=asked.asked_again,
    )


def _note(tx: Transaction, request: Request, plan: Plan) -> None:
    """The ledger's row; a recovery has a second one, which nobody overlooks."""
    facts = {
        "surge": request.surge_id,
        "kind": request.kind.value,
        "action": plan.action.value,
        "plan": request.plan_hash,
        "users": len(plan.user_ids),
        "heldBack": len(plan.held_back),
        "released": [[each.user_id, each.reason.value, each.detection_ids] for each in plan.released],
        "notAvailable": plan.gaps,
        "run": plan.run_id,
        "reason": request.reason,
        "evidence": request.band,
        "approvalsNeeded": request.approvals_needed,
        "breakGlassNeeded": request.break_glass_needed,
        "withCode": request.with_code,
        "askedAgain": request.asked_again,
        "expiresAt": request.expires_at,
    }
    events = [Event.REQUEST_MADE]
    if request.kind is RequestKind.RECOVERY:
        facts["signers"] = plan.user_ids
        events.append(Event.RECOVERY_REQUESTED)
    for event in events:
        tx.ledger.append_entry(
            tenant_id=request.tenant_id,
            at=request.created_at,
            event=event,
            subject=request.id,
            actor=request.requester,
            facts=facts,
        )


def _ensure_card(tx: Transaction, request: Request) -> None:
    """A reply in the surge's thread."""
    for parent in tx.cards.cards_of(request.tenant_id, CardSubject.SURGE, request.surge_id)[:1]:
        tx.cards.ensure_card(
            card_id=card_id_of(CardSubject.REQUEST, request.id, parent.channel),
            tenant_id=request.tenant_id,
            subject=CardSubject.REQUEST,
            subject_id=request.id,
            channel=parent.channel,
            parent_id=parent.id,
        )
