"""Ask for a remediation: the dialog, its check, and the request with its frozen plan."""

from collections.abc import Mapping

import structlog

from bot.act.actions import CATALOGUE
from bot.decide.action import Action
from bot.decide.plan import canonical, plan_hash
from bot.decide.policy import Person
from bot.decide.refusal import Refusal, explain
from bot.decide.request import Request, RequestState
from bot.operations.draft_plan import draft_plan, refuse_asking, request_dialog
from bot.operations.judge_person import Refused, accounts_of, judge_lists
from bot.operations.judge_place import judge_place
from bot.operations.refuse_click import refuse_click
from bot.operations.tenant import Tenant
from bot.ports.messages import CardSubject
from bot.ports.slack import Click, PlainDialog, RequestDialog, SlackError
from bot.ports.store import Transaction
from bot.record.ledger import Event
from bot.watch.briefing import Cohort

MOST_REASON = 500

log = structlog.get_logger()


async def open_request(tenant: Tenant, click: Click) -> None:
    """Open the dialog as "loading" at once, for its trigger lives three seconds; then fill it."""
    if click.user_id not in tenant.policy.requesters:
        person = await judge_lists(tenant, click, tenant.policy.requesters, Refusal.NOT_A_REQUESTER)
        if isinstance(person, Refused):
            await refuse_click(tenant, click, person)
            return
    try:
        view_id = await tenant.slack.open_dialog(click.trigger_id)
    except SlackError as problem:
        await refuse_click(tenant, click, Refused(Refusal.TRY_AGAIN, f"Slack did not open the dialog ({problem.code})"))
        return
    person = await judge_lists(tenant, click, tenant.policy.requesters, Refusal.NOT_A_REQUESTER)
    dialog: RequestDialog | Refused
    if isinstance(person, Refused):
        dialog = person
    else:
        dialog = await tenant.store.look(lambda tx: _dialog(tx, tenant, click))
    if isinstance(dialog, Refused):
        text = explain(dialog.refusal, dialog.detail)
        await tenant.slack.fill_dialog(view_id, PlainDialog("Not possible now", text))
        await refuse_click(tenant, click, dialog)
        return
    await tenant.slack.fill_dialog(view_id, dialog)
    await tenant.store.transact(lambda tx: tx.clicks.finish(click.key, tenant.world.now()))


def _dialog(tx: Transaction, tenant: Tenant, click: Click) -> RequestDialog | Refused:
    misplaced = judge_place(tx, tenant.id, CardSubject.SURGE, click)
    if misplaced is not None:
        return misplaced
    surge = tx.surges.get(tenant.id, click.subject_id)
    refused = refuse_asking(tx, surge)
    if refused is not None or surge is None:
        return refused or Refused(Refusal.OUT_OF_DATE)
    dialog = request_dialog(tx, tenant, surge, click.channel, tenant.world.now())
    return dialog if dialog.eligible else Refused(Refusal.NOTHING_TO_DO)


def field_errors(tx: Transaction, tenant: Tenant, click: Click) -> Mapping[str, str]:
    """What is wrong with a submission, from a few rows: field -> sentence. Slack waits three seconds for it."""
    errors: dict[str, str] = {}
    if not click.reason.strip():
        errors["reason"] = "Say why: the one who signs and the record need it."
    elif len(click.reason) > MOST_REASON:
        errors["reason"] = f"At most {MOST_REASON} characters, please."
    if click.action not in set(CATALOGUE):
        errors["action"] = "Choose what is to be done."
    if not _cohorts(click):
        errors["cohorts"] = "Choose at least one group of users."
    surge = tx.surges.get(tenant.id, click.subject_id)
    refused = refuse_asking(tx, surge)
    if refused is not None:
        errors.setdefault("action", explain(refused.refusal, refused.detail))
    return errors


def _cohorts(click: Click) -> tuple[Cohort, ...]:
    return tuple(cohort for cohort in Cohort if cohort.value in click.cohorts)


async def submit_request(tenant: Tenant, click: Click) -> None:
    """Judge the requester again, freeze the plan, and put the request into the thread."""
    person = await judge_lists(tenant, click, tenant.policy.requesters, Refusal.NOT_A_REQUESTER)
    if isinstance(person, Refused):
        await refuse_click(tenant, click, person)
        return
    accounts = await accounts_of(tenant, person)
    if isinstance(accounts, Refused):
        await refuse_click(tenant, click, accounts)
        return
    callees = await _callees(tenant, person)
    ids = [tenant.world.new_id() for _ in range(2 + len(callees))]
    account_ids = tuple(account.user_id for account in accounts)
    refused = await tenant.store.transact(lambda tx: _request(tx, tenant, click, account_ids, callees, ids))
    if refused is not None:
        await refuse_click(tenant, click, refused)
    tenant.bells.cards.set()


async def _callees(tenant: Tenant, requester: Person) -> tuple[str, ...]:
    """Whoever may sign and is to be told by direct message."""
    listed = [each for each in tenant.policy.approvers if not each.startswith("S")]
    groups = [each for each in tenant.policy.approvers if each.startswith("S")]
    try:
        listed += sorted(await tenant.slack.members(groups)) if groups else []
    except SlackError as problem:
        log.warning("signers_not_read", tenant=tenant.id, code=problem.code)
    return tuple(each for each in dict.fromkeys(listed) if each != requester.user_id)


def _request(
    tx: Transaction,
    tenant: Tenant,
    click: Click,
    accounts: tuple[str, ...],
    callees: tuple[str, ...],
    ids: list[str],
) -> Refused | None:
    """One transaction: plan, request, cards, ledger row, and the click's end."""
    if tx.clicks.is_done(click.key):
        return None
    now = tenant.world.now()
    surge = tx.surges.get(tenant.id, click.subject_id)
    refused = refuse_asking(tx, surge)
    if refused is not None or surge is None:
        return refused or Refused(Refusal.OUT_OF_DATE)
    if click.action not in set(CATALOGUE):
        return Refused(Refusal.OUT_OF_DATE)
    plan = draft_plan(tx, surge, Action(click.action), _cohorts(click), now)
    if not plan.user_ids:
        return Refused(Refusal.NOTHING_TO_DO)
    body = canonical(plan)
    request = Request(
        tenant_id=tenant.id,
        id=ids[0],
        surge_id=surge.id,
        plan_hash=plan_hash(body),
        state=RequestState.PENDING,
        requester=click.user_id,
        requester_accounts=accounts,
        reason=click.reason.strip()[:MOST_REASON],
        approvals_needed=tenant.policy.approvals_needed,
        created_at=now,
        expires_at=now + tenant.policy.request_lifetime,
    )
    tx.requests.add_plan(tenant.id, request.plan_hash, body)
    tx.requests.add(request)
    _ensure_cards(tx, tenant, request, callees, ids[1:])
    tx.ledger.append(
        tenant_id=tenant.id,
        at=now,
        event=Event.REQUEST_MADE,
        subject=request.id,
        actor=click.user_id,
        facts={
            "surge": surge.id,
            "action": plan.action.value,
            "plan": request.plan_hash,
            "users": len(plan.user_ids),
            "heldBack": len(plan.held_back),
            "reason": request.reason,
            "approvalsNeeded": request.approvals_needed,
            "expiresAt": request.expires_at,
        },
    )
    tx.clicks.finish(click.key, now)
    return None


def _ensure_cards(tx: Transaction, tenant: Tenant, request: Request, callees: tuple[str, ...], ids: list[str]) -> None:
    """A reply in the surge's thread, and a direct message to everyone who may sign."""
    parents = tx.cards.of(tenant.id, CardSubject.SURGE, request.surge_id)
    for parent in parents[:1]:
        tx.cards.ensure(
            card_id=ids[0],
            tenant_id=tenant.id,
            subject=CardSubject.REQUEST,
            subject_id=request.id,
            channel=parent.channel,
            parent_id=parent.id,
        )
    for callee, card_id in zip(callees, ids[1:], strict=True):
        tx.cards.ensure(
            card_id=card_id,
            tenant_id=tenant.id,
            subject=CardSubject.CALL,
            subject_id=request.id,
            channel=callee,
            parent_id=ids[0],
        )
    tx.cards.want(tenant.id, CardSubject.SURGE, request.surge_id)
