"""Sign or reject a request. The vote, the new state, the ledger rows and the queued run are one transaction."""

import structlog

from bot.act.run import Run, RunState
from bot.decide.plan import plan_hash, read_plan
from bot.decide.policy import Account, refuse_conflict
from bot.decide.refusal import Refusal
from bot.decide.request import Request, RequestState, Verdict, Vote, refuse_change, refuse_vote, state_after
from bot.operations.judge_person import Refused, accounts_of, judge_accounts, judge_lists, named
from bot.operations.judge_place import judge_place
from bot.operations.refuse_click import refuse_click
from bot.operations.settle_request import settle_request, when_settled
from bot.operations.tenant import Tenant
from bot.ports.messages import CardSubject
from bot.ports.slack import Click
from bot.ports.store import Transaction
from bot.record.ledger import Event

log = structlog.get_logger()


async def cast_vote(tenant: Tenant, click: Click, verdict: Verdict) -> None:
    """Judge the one who clicked, then let his vote count, all or nothing."""
    refused = await tenant.store.look(lambda tx: _refuse_by_request(tx, tenant, click))
    if refused is not None:
        await refuse_click(tenant, click, refused)
        return
    person = await judge_lists(tenant, click, tenant.policy.approvers, Refusal.NOT_AN_APPROVER)
    if isinstance(person, Refused):
        await refuse_click(tenant, click, person)
        return
    accounts: tuple[Account, ...] = ()
    if verdict is Verdict.APPROVE:
        found = await accounts_of(tenant, person)
        judged = found if isinstance(found, Refused) else await judge_accounts(tenant, found)
        if isinstance(judged, Refused):
            await refuse_click(tenant, click, judged)
            return
        accounts = judged
    ids = (tenant.world.new_id(), tenant.world.new_id())
    refused = await tenant.store.transact(lambda tx: _vote(tx, tenant, click, verdict, accounts, ids))
    if refused is not None:
        await refuse_click(tenant, click, refused)
    tenant.bells.cards.set()
    tenant.bells.act.set()


def _refuse_by_request(tx: Transaction, tenant: Tenant, click: Click) -> Refused | None:
    """What the tables alone can refuse."""
    request = tx.requests.get(tenant.id, click.subject_id)
    if request is None:
        return Refused(Refusal.OUT_OF_DATE)
    misplaced = judge_place(tx, tenant.id, CardSubject.REQUEST, click)
    if misplaced is not None:
        return misplaced
    return _refuse_vote(tx, tenant, click, request)


def _refuse_vote(tx: Transaction, tenant: Tenant, click: Click, request: Request) -> Refused | None:
    votes = tx.requests.votes(tenant.id, request.id)
    refusal = refuse_vote(request, user_id=click.user_id, votes=votes, now=tenant.world.now())
    if refusal is Refusal.OWN_REQUEST:
        return Refused(refusal, named(tenant.policy.approvers, but=click.user_id))
    return Refused(refusal, when_settled(request, votes)) if refusal is not None else None


def _vote(
    tx: Transaction, tenant: Tenant, click: Click, verdict: Verdict, accounts: tuple[Account, ...], ids: tuple[str, str]
) -> Refused | None:
    """Everything that a signature changes, in one transaction."""
    if tx.clicks.is_done(click.key):
        return None
    now = tenant.world.now()
    request = tx.requests.get(tenant.id, click.subject_id)
    if request is None:
        return Refused(Refusal.OUT_OF_DATE)
    body = tx.requests.plan_body(tenant.id, request.plan_hash)
    if plan_hash(body) != request.plan_hash:
        log.error("plan_differs", tenant=tenant.id, request=request.id)
        return Refused(Refusal.PLAN_DIFFERS)
    refused = _refuse_vote(tx, tenant, click, request)
    if refused is None and verdict is Verdict.APPROVE:
        conflict = refuse_conflict(
            accounts=accounts,
            plan_user_ids=frozenset(read_plan(body).user_ids),
            requester_accounts=request.requester_accounts,
        )
        refused = Refused(conflict, _which(accounts, body)) if conflict is not None else None
    if refused is None and not tx.requests.add_vote(request, Vote(click.user_id, verdict, now)):
        refused = Refused(Refusal.ALREADY_SIGNED)
    if refused is not None:
        return refused
    tx.ledger.append(
        tenant_id=tenant.id,
        at=now,
        event=Event.REQUEST_VOTED,
        subject=request.id,
        actor=click.user_id,
        facts={"verdict": verdict.value, "plan": request.plan_hash},
    )
    state = state_after(request, tx.requests.votes(tenant.id, request.id))
    if state is RequestState.PENDING:
        tx.cards.want(tenant.id, CardSubject.REQUEST, request.id)
        tx.cards.want(tenant.id, CardSubject.SURGE, request.surge_id)
    elif settle_request(tx, request, state, by=click.user_id, at=now) and state is RequestState.APPROVED:
        _queue_run(tx, tenant, request, body, ids, now)
    tx.clicks.finish(click.key, now)
    return None


def _which(accounts: tuple[Account, ...], body: bytes) -> str:
    planned = frozenset(read_plan(body).user_ids)
    if any(account.user_id in planned for account in accounts):
        return "your account is in the plan"
    return "your account is at risk at this moment"


def _queue_run(tx: Transaction, tenant: Tenant, request: Request, body: bytes, ids: tuple[str, str], now: int) -> None:
    """Queue what was signed."""
    run_id, card_id = ids
    run = Run(
        tenant_id=tenant.id,
        id=run_id,
        request_id=request.id,
        surge_id=request.surge_id,
        plan_hash=request.plan_hash,
        state=RunState.QUEUED,
        created_at=now,
    )
    tx.runs.add(run, read_plan(body).user_ids)
    for parent in tx.cards.of(tenant.id, CardSubject.SURGE, request.surge_id)[:1]:
        tx.cards.ensure(
            card_id=card_id,
            tenant_id=tenant.id,
            subject=CardSubject.RUN,
            subject_id=run.id,
            channel=parent.channel,
            parent_id=parent.id,
        )
    tx.ledger.append(
        tenant_id=tenant.id,
        at=now,
        event=Event.RUN_QUEUED,
        subject=run.id,
        actor="countersign",
        facts={"request": request.id, "plan": request.plan_hash},
    )


async def withdraw_request(tenant: Tenant, click: Click) -> None:
    """Take a request back. Only the one who asked can."""
    refused = await tenant.store.transact(lambda tx: _withdraw(tx, tenant, click))
    if refused is not None:
        await refuse_click(tenant, click, refused)
    tenant.bells.cards.set()


def _withdraw(tx: Transaction, tenant: Tenant, click: Click) -> Refused | None:
    if tx.clicks.is_done(click.key):
        return None
    now = tenant.world.now()
    refused = _refuse_withdrawal(tx, tenant, click, now)
    if refused is not None:
        return refused
    request = tx.requests.get(tenant.id, click.subject_id)
    if request is not None:
        settle_request(tx, request, RequestState.WITHDRAWN, by=click.user_id, at=now)
    tx.clicks.finish(click.key, now)
    return None


def _refuse_withdrawal(tx: Transaction, tenant: Tenant, click: Click, now: int) -> Refused | None:
    request = tx.requests.get(tenant.id, click.subject_id)
    if request is None:
        return Refused(Refusal.OUT_OF_DATE)
    misplaced = judge_place(tx, tenant.id, CardSubject.REQUEST, click)
    if misplaced is not None:
        return misplaced
    if click.team_id != tenant.team_id:
        return Refused(Refusal.OTHER_WORKSPACE)
    if click.user_id != request.requester:
        return Refused(Refusal.NOT_THE_REQUESTER, f"<@{request.requester}>")
    refusal = refuse_change(request, now=now)
    return Refused(refusal, when_settled(request, ())) if refusal is not None else None
