"""Sign or reject a request. The vote, the new state, the ledger rows and the queued run are one transaction."""

import asyncio
from dataclasses import dataclass

import structlog

from bot.act.run import Run, RunState
from bot.decide.plan import CLEARS_RISK, Plan, plan_hash, read_plan
from bot.decide.refusal import Refusal, Refused
from bot.decide.request import (
    Request,
    RequestState,
    Verdict,
    Vote,
    missing_signatures,
    refuse_vote,
    state_after,
)
from bot.operations.approving.check_code import check_code
from bot.operations.approving.host_answer import finish_click
from bot.operations.approving.judge_person import judge_press
from bot.operations.approving.judge_place import judge_place
from bot.operations.approving.judge_signer import Signer, judge_conflict, judge_signer, name_signers
from bot.operations.approving.open_signing_dialog import open_signing_dialog, signing_dialog
from bot.operations.briefing.current_band import worse_band
from bot.operations.planning.settle_request import settle_request, when_settled
from bot.operations.tenant import Tenant
from bot.ports.presses import event_of
from bot.ports.slack import CardSubject, Click, ClickKind, SigningDialog
from bot.record.ledger import Event
from bot.store.transaction import Transaction

JUDGED_AT_ONCE = 2
"""Signers of one request who wait for Microsoft side by side; the others wait for these, then look at the tables."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that the tables let somebody vote on."""

    request: Request
    dialog: SigningDialog | None
    """The one that asks whoever pressed Approve for their one-time code; None where they have none."""


def judge_by_tables(tx: Transaction, tenant: Tenant, click: Click) -> Pending | Refused:
    """Judge the request before Slack and Graph are asked: what the tables alone can refuse."""
    request = tx.requests.request_by_id(tenant.id, click.subject_id)
    if request is None:
        return Refused(Refusal.OUT_OF_DATE)
    refused = judge_place(tx, tenant.id, click) or _refuse_vote(tx, tenant, click, request)
    if refused is not None:
        return refused
    if click.kind is not ClickKind.APPROVE or click.is_from_host or tx.codes.enrolment_of(click.user_id) is None:
        return Pending(request, None)
    code_required = tenant.policy.codes_required or request.kind.rules.only_break_glass
    return Pending(request, signing_dialog(tx, click, request, code_required=code_required))


async def approve(tenant: Tenant, click: Click, pending: Pending) -> Refused | None:
    """Sign, or open the dialog that signs. A host's click carries its proof already."""
    if pending.dialog is not None:
        return await open_signing_dialog(tenant, click, pending.request, pending.dialog)
    return await _cast_vote(tenant, click, Verdict.APPROVE, pending)


async def reject(tenant: Tenant, click: Click, pending: Pending) -> Refused | None:
    """Stop it: one rejection is enough."""
    return await _cast_vote(tenant, click, Verdict.REJECT, pending)


async def _cast_vote(tenant: Tenant, click: Click, verdict: Verdict, pending: Pending) -> Refused | None:
    """Judge the one who clicked, then let their vote count, all or nothing."""
    gate = tenant.work.signing.setdefault(click.subject_id, asyncio.Semaphore(JUDGED_AT_ONCE))
    has_to_wait = gate.locked()
    async with gate:
        found = await tenant.store.look(lambda tx: judge_by_tables(tx, tenant, click)) if has_to_wait else pending
        if isinstance(found, Refused):
            return found
        signer = await (_judge_rejecter if verdict is Verdict.REJECT else judge_signer)(tenant, click, found.request)
        if isinstance(signer, Refused):
            return signer
        ballot = _Ballot(click, verdict, signer, run_ids=(tenant.world.new_id(), tenant.world.new_id()))
        refused = await tenant.store.transact(lambda tx: _vote(tx, tenant, ballot))
    tenant.bells.cards.set()
    tenant.bells.act.set()
    return refused


async def _judge_rejecter(tenant: Tenant, click: Click, request: Request) -> Signer | Refused:
    """Whoever could sign may also stop it: being flagged, or without a code, is no hindrance to caution."""
    person = await judge_press(tenant, click, request)
    return person if isinstance(person, Refused) else Signer(click.user_id, (), is_break_glass=False)


@dataclass(frozen=True, slots=True)
class _Ballot:
    """A vote with all that was judged outside the tables."""

    click: Click
    verdict: Verdict
    signer: Signer
    run_ids: tuple[str, str]


def _refuse_vote(
    tx: Transaction, tenant: Tenant, click: Click, request: Request, accounts: tuple[str, ...] = ()
) -> Refused | None:
    votes = tx.requests.votes_on(tenant.id, request.id)
    refusal = refuse_vote(request, user_id=click.user_id, votes=votes, now=tenant.world.now(), accounts=accounts)
    if refusal is None:
        return None
    if refusal is Refusal.OWN_REQUEST:
        return Refused(refusal, name_signers(tenant, request, but=click.user_id))
    return Refused(refusal, when_settled(request, votes))


def _vote(tx: Transaction, tenant: Tenant, ballot: _Ballot) -> Refused | None:
    """Everything that a signature changes, in one transaction."""
    click = ballot.click
    if tx.clicks.is_done(click.key):
        return None
    request = tx.requests.request_by_id(tenant.id, click.subject_id)
    if request is None:
        return Refused(Refusal.OUT_OF_DATE)
    body = tx.requests.plan_body(tenant.id, request.plan_hash)
    if plan_hash(body) != request.plan_hash:
        log.error("plan_differs", tenant=tenant.id, request=request.id)
        return Refused(Refusal.PLAN_DIFFERS)
    plan = read_plan(body)
    refused = _refuse_vote(tx, tenant, click, request, ballot.signer.account_ids)
    if refused is None and ballot.verdict is Verdict.APPROVE:
        refused = _refuse_approval(tx, tenant, ballot, request, plan)
    if refused is not None:
        return refused
    return _count(tx, tenant, ballot, request, plan)


def _refuse_approval(tx: Transaction, tenant: Tenant, ballot: _Ballot, request: Request, plan: Plan) -> Refused | None:
    """What speaks against this signature under this plan. The code comes last, so that none is used up in vain."""
    worse = worse_band(tx, request) if plan.action in CLEARS_RISK else None
    if worse is not None:
        why = f"the evidence got worse: it is {worse.value} now"
        settle_request(tx, request, RequestState.SUPERSEDED, by=None, at=tenant.world.now(), why=why)
        return Refused(Refusal.EVIDENCE_WORSE, worse.value)
    conflict = judge_conflict(tx, tenant, ballot.signer, plan=plan, requester_accounts=request.requester_accounts)
    return conflict or _judge_code(tx, tenant, ballot, request)


def _count(tx: Transaction, tenant: Tenant, ballot: _Ballot, request: Request, plan: Plan) -> Refused | None:
    """Keep the vote and do what it leads to."""
    click, now = ballot.click, tenant.world.now()
    vote = _vote_of(ballot, now)
    if not tx.requests.add_vote(request, vote):
        return Refused(Refusal.ALREADY_SIGNED)
    tx.ledger.append_entry(
        tenant_id=tenant.id,
        at=now,
        event=event_of(click.kind),
        subject=request.id,
        actor=click.user_id,
        facts={
            "verdict": vote.verdict.value,
            "plan": request.plan_hash,
            "accounts": vote.accounts,
            "withCode": vote.with_code,
            "breakGlass": vote.break_glass,
            "fromHost": click.is_from_host,
        },
    )
    votes = tx.requests.votes_on(tenant.id, request.id)
    state = state_after(request, votes)
    if state is RequestState.PENDING:
        tx.cards.want_update(tenant.id, CardSubject.REQUEST, request.id)
        tx.cards.want_update(tenant.id, CardSubject.SURGE, request.surge_id)
    elif settle_request(tx, request, state, by=click.user_id, at=now) and state is RequestState.APPROVED:
        _queue_run(tx, tenant, request, plan, ids=ballot.run_ids, at=now)
    finish_click(tx, click, now, _what_came(request, votes, state))
    return None


def _queue_run(tx: Transaction, tenant: Tenant, request: Request, plan: Plan, *, ids: tuple[str, str], at: int) -> None:
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


def _vote_of(ballot: _Ballot, at: int) -> Vote:
    click, signer = ballot.click, ballot.signer
    with_code = ballot.verdict is Verdict.APPROVE and (click.is_from_host or bool(click.code))
    return Vote(click.user_id, ballot.verdict, at, signer.account_ids, with_code, with_code and signer.is_break_glass)


def _judge_code(tx: Transaction, tenant: Tenant, ballot: _Ballot, request: Request) -> Refused | None:
    """A code that is needed must be there; one that is there must be right. The host's door checked it already."""
    click = ballot.click
    if click.is_from_host:
        return None
    under_glass = ballot.signer.is_break_glass and request.break_glass_needed > 0
    if click.code or under_glass or tenant.policy.codes_required:
        return check_code(tx, tenant_id=tenant.id, user_id=click.user_id, code=click.code, at=tenant.world.now())
    return None


def _what_came(request: Request, votes: tuple[Vote, ...], state: RequestState) -> str:
    if state is RequestState.PENDING:
        people, glass = missing_signatures(request, votes)
        under_glass = f", {glass} of them under break glass" if glass else ""
        return f"Signed. Signatures still missing: {people}{under_glass}."
    return f"The request is {state.value}."
