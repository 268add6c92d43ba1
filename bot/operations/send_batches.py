"""One pass over the tenant's risky users: each page is read and its batches are written at once.

Before each batch its users' state is at most ten request slots old and the detections at most a minute; the batch is
announced in a transaction that checks the lease, the request, the plan's hash and the run's state; then it is sent,
and its answer kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import (
    DETECTIONS_FRESH_FOR,
    SECOND,
    STATE_FRESH_FOR_SLOTS,
    Intent,
    Judged,
    Run,
    RunState,
    judge_page,
    next_look,
)
from bot.decide.plan import Plan, open_against, plan_hash, read_plan
from bot.decide.request import RequestState
from bot.operations.draft_plan import RECENT
from bot.operations.keep_outcomes import keep_outcomes
from bot.operations.poll_tenant import refresh_detections
from bot.operations.tenant import Tenant
from bot.ports.graph import Answer, GraphError, Page, Priority
from bot.ports.messages import CardSubject
from bot.ports.store import Transaction
from bot.record.ledger import Event
from bot.watch.risk import RiskyUser
from bot.watch.surge import Surge

PAUSE_AFTER_A_REFUSAL = 5 * SECOND
PAUSE_AFTER_AN_EMPTY_PASS = 10 * SECOND
MOST_SINGLE_READINGS = 8
"""So many that the first is still fresh when the last was read."""
FRESH_MARGIN = 10 * SECOND
"""Read the detections a little before they are too old, so that a batch need not wait for it."""
MAY_LIE_BETWEEN = 5 * SECOND
"""Between announcing a batch and sending it, beyond which the lease is looked at again."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass rests on."""

    run: Run
    plan: Plan
    surge: Surge
    seen: Mapping[str, str]


async def send_batches(tenant: Tenant, run_id: str) -> None:
    """One pass. It ends early when the run is no longer to write, and is begun again from the tables."""
    going = await tenant.transact_as_holder(lambda tx: _begin(tx, tenant, run_id))
    if going is None:
        return
    met: set[str] = set()
    sent = 0
    try:
        async for page in tenant.graph.risky_users(only_at_risk=True, priority=Priority.ACT):
            met.update(user.user_id for user in page.items)
            batches = await _write_page(tenant, going, page)
            if batches is None:
                return
            sent += batches
        sent += await _settle_missing(tenant, going, met)
    except GraphError as problem:
        why = problem.why
        log.warning("pass_interrupted", tenant=tenant.id, run=run_id, problem=problem.problem.value, why=why)
        await tenant.transact_as_holder(lambda tx: _put_off(tx, tenant, run_id, why, PAUSE_AFTER_A_REFUSAL))
        return
    if not sent:
        await tenant.transact_as_holder(lambda tx: _put_off(tx, tenant, run_id, "", PAUSE_AFTER_AN_EMPTY_PASS))


def _begin(tx: Transaction, tenant: Tenant, run_id: str) -> Pass | None:
    """Check what was approved, from the bytes up; mark the run as running."""
    now = tenant.world.now()
    run = tx.runs.get(tenant.id, run_id)
    if run is None or run.state not in {RunState.QUEUED, RunState.RUNNING}:
        return None
    body = tx.requests.plan_body(tenant.id, run.plan_hash)
    request = tx.requests.get(tenant.id, run.request_id)
    signed = request is not None and request.state is RequestState.APPROVED and request.plan_hash == run.plan_hash
    if not signed or plan_hash(body) != run.plan_hash:
        _pause(tx, tenant, run, "the plan is not the one that was signed; nothing is written")
        log.error("plan_differs", tenant=tenant.id, run=run.id)
        return None
    plan = read_plan(body)
    surge = tx.surges.get(tenant.id, plan.surge_id)
    if surge is None:
        return None
    if run.state is RunState.QUEUED:
        run = replace(run, state=RunState.RUNNING, started_at=now)
        tx.runs.save(run)
        tx.ledger.append(
            tenant_id=tenant.id,
            at=now,
            event=Event.RUN_STARTED,
            subject=run.id,
            actor="countersign",
            facts={"plan": run.plan_hash},
        )
        tx.cards.want(tenant.id, CardSubject.RUN, run.id)
        tx.cards.want(tenant.id, CardSubject.SURGE, run.surge_id)
    return Pass(run, plan, surge, dict(zip(plan.user_ids, plan.seen, strict=True)))


def _pause(tx: Transaction, tenant: Tenant, run: Run, why: str) -> None:
    tx.runs.save(replace(run, state=RunState.PAUSED, note=why, steered_by=None))
    tx.ledger.append(
        tenant_id=tenant.id,
        at=tenant.world.now(),
        event=Event.RUN_PAUSED,
        subject=run.id,
        actor="countersign",
        facts={"why": why},
    )
    tx.cards.want(tenant.id, CardSubject.RUN, run.id)
    tx.cards.want(tenant.id, CardSubject.SURGE, run.surge_id)


def _put_off(tx: Transaction, tenant: Tenant, run_id: str, why: str, pause: int) -> None:
    run = tx.runs.get(tenant.id, run_id)
    if run is not None and not run.state.is_over:
        tx.runs.save(replace(run, note=why, not_before=tenant.world.now() + pause))
        tx.cards.want(tenant.id, CardSubject.RUN, run.id)


async def _write_page(tenant: Tenant, going: Pass, page: Page[RiskyUser]) -> int | None:
    """Write a page's batches while it is fresh. None: the run is not to write any more."""
    sent = 0
    if going.seen.keys().isdisjoint(user.user_id for user in page.items):
        return sent
    while True:
        if tenant.stopping or not await _keep_detections_fresh(tenant):
            return None
        async with tenant.graph.held_slot(Priority.ACT):
            too_old = page.read_at + int(STATE_FRESH_FOR_SLOTS * tenant.graph.slot_seconds() * SECOND)
            now = tenant.world.now()
            if now > too_old:
                return sent
            if now - tenant.detections_read_at > DETECTIONS_FRESH_FOR:
                continue
            judged = await _write_batch(tenant, going, page)
        if judged is None:
            return None
        if judged.batch:
            sent += 1
        elif not judged.look_again or not await refresh_detections(tenant):
            return sent
        if judged.batch and not judged.more and not judged.look_again:
            return sent


async def _write_batch(tenant: Tenant, going: Pass, page: Page[RiskyUser]) -> Judged | None:
    """Judge on fresh facts, announce, send. None: the run is not to write any more."""
    intent_id = tenant.world.new_id()
    told = await tenant.transact_as_holder(lambda tx: _announce(tx, tenant, going, page, intent_id))
    if told is None:
        return None
    judged, intent = told
    if intent is not None:
        if tenant.world.now() - intent.made_at > MAY_LIE_BETWEEN:
            await tenant.transact_as_holder(lambda _tx: None)
        await _send(tenant, going, intent)
    return judged


async def _keep_detections_fresh(tenant: Tenant) -> bool:
    """Detections no older than a minute, read again if need be."""
    if tenant.world.now() - tenant.detections_read_at < DETECTIONS_FRESH_FOR - FRESH_MARGIN:
        return True
    return await refresh_detections(tenant)


def _announce(
    tx: Transaction, tenant: Tenant, going: Pass, page: Page[RiskyUser], intent_id: str
) -> tuple[Judged, Intent | None] | None:
    """Judge the page on what is known now, and commit the intent of the next batch."""
    now = tenant.world.now()
    run = tx.runs.get(tenant.id, going.run.id)
    surge = tx.surges.get(tenant.id, going.surge.id)
    if run is None or surge is None or run.state is not RunState.RUNNING or now < run.not_before:
        return None
    ids = [user.user_id for user in page.items]
    outcomes = tx.runs.outcomes(tenant.id, run.id, state=OutcomeState.WAITING, user_ids=ids)
    tx.directory.keep_risky(tenant.id, page.items, page.read_at)
    detections = tx.detections.of_users(tenant.id, tuple(outcomes), now - RECENT)
    judged = judge_page(
        action=going.plan.action,
        outcomes=outcomes,
        page=page.items,
        seen=going.seen,
        others=open_against(_as_planned(surge, going.plan), detections, going.plan.action),
        detections_read_at=tenant.detections_read_at,
        page_read_at=page.read_at,
    )
    keep_outcomes(tx, tenant, run, judged.settled)
    if not judged.batch or tenant.hold is None:
        return judged, None
    intent = Intent(
        id=intent_id,
        run_id=run.id,
        number=tx.runs.next_number(run),
        action=going.plan.action,
        user_ids=judged.batch,
        made_at=now,
        epoch=tenant.hold.epoch,
    )
    tx.runs.announce(run, intent)
    tx.ledger.append(
        tenant_id=tenant.id,
        at=now,
        event=Event.BATCH_ANNOUNCED,
        subject=run.id,
        actor="countersign",
        facts={
            "number": intent.number,
            "action": intent.action.value,
            "plan": run.plan_hash,
            "users": intent.user_ids,
            "epoch": intent.epoch,
        },
    )
    return judged, intent


def _as_planned(surge: Surge, plan: Plan) -> Surge:
    """The surge as it stands: of the types that were signed, and never narrower than the window that was."""
    return replace(
        surge,
        risk_event_types=plan.risk_event_types,
        window_start=min(surge.window_start, plan.window_start),
        window_end=max(surge.window_end, plan.window_end),
    )


async def _send(tenant: Tenant, going: Pass, intent: Intent) -> None:
    """Send an announced batch and keep its answer. An answer that never came leaves the intent to be read back."""
    log.info("batch_announced", tenant=tenant.id, run=intent.run_id, number=intent.number, users=len(intent.user_ids))
    answer = await tenant.graph.send(intent.action, intent.user_ids)
    log.info("batch_sent", tenant=tenant.id, run=intent.run_id, number=intent.number, status=answer.status)
    if answer.status is None:
        log.warning("batch_fate_unknown", tenant=tenant.id, run=intent.run_id, number=intent.number, why=answer.why)
        return
    await tenant.transact_as_holder(lambda tx: keep_answer(tx, tenant, going.run.id, intent, answer))
    tenant.bells.cards.set()
    log.info("batch_answer_kept", tenant=tenant.id, run=intent.run_id, number=intent.number)


def keep_answer(tx: Transaction, tenant: Tenant, run_id: str, intent: Intent, answer: Answer) -> None:
    """The answer, and what it makes of the batch's users."""
    now = tenant.world.now()
    run = tx.runs.get(tenant.id, run_id)
    if run is None:
        return
    tx.runs.answer(run, intent, answer, now)
    outcomes = tx.runs.outcomes(tenant.id, run.id, user_ids=intent.user_ids)
    if answer.accepted:
        made = [_accepted(outcome, now) for outcome in outcomes.values()]
    elif answer.status == 400:  # noqa: PLR2004 - Bad Request: somebody in the batch makes Graph refuse it whole
        made = [_smaller(outcome, len(intent.user_ids), answer) for outcome in outcomes.values()]
    else:
        made = [replace(outcome, state=OutcomeState.WAITING) for outcome in outcomes.values()]
        _hold_off(tx, tenant, run, answer)
    keep_outcomes(tx, tenant, run, made)
    tx.ledger.append(
        tenant_id=tenant.id,
        at=now,
        event=Event.BATCH_ANSWERED,
        subject=run.id,
        actor="countersign",
        facts={
            "number": intent.number,
            "status": answer.status,
            "microsoftRequestId": answer.request_id,
            "why": answer.why,
        },
    )


def _accepted(outcome: Outcome, now: int) -> Outcome:
    return replace(
        outcome, state=OutcomeState.ACCEPTED, sends=outcome.sends + 1, sent_at=now, look_at=next_look(now, now), why=""
    )


def _smaller(outcome: Outcome, size: int, answer: Answer) -> Outcome:
    """Refused as a whole: half the size next time, until the one who is refused stands alone."""
    if size == 1:
        return replace(outcome, state=OutcomeState.FAILED, why=f"Microsoft refused the user: {answer.why}")
    return replace(outcome, state=OutcomeState.WAITING, batch_limit=max(1, size // 2))


def _hold_off(tx: Transaction, tenant: Tenant, run: Run, answer: Answer) -> None:
    """Neither accepted nor anybody's fault in the batch: wait, or pause where waiting does not help."""
    if answer.status in {401, 403}:
        _pause(tx, tenant, run, f"Microsoft refused the write: {answer.why}")
    elif answer.status != 429:  # noqa: PLR2004 - Too Many Requests: the pacer waits already
        tx.runs.save(replace(run, note=answer.why, not_before=tenant.world.now() + PAUSE_AFTER_A_REFUSAL))


async def _settle_missing(tenant: Tenant, going: Pass, met: set[str]) -> int:
    """Users of the plan who were on no page of those at risk: read them one by one and judge them like a page."""
    waiting = await tenant.store.transact(
        lambda tx: tx.runs.outcomes(tenant.id, going.run.id, state=OutcomeState.WAITING)
    )
    missing = sorted(set(waiting) - met)
    if not missing:
        return 0
    found: dict[str, RiskyUser] = {}
    read_at = tenant.world.now()
    if len(missing) > MOST_SINGLE_READINGS:
        since = going.plan.made_at - 10 * 60 * SECOND
        async for page in tenant.graph.risky_users(changed_since=since, priority=Priority.ACT):
            found |= {user.user_id: user for user in page.items if user.user_id in waiting}
    gone: list[Outcome] = []
    for user_id in [each for each in missing if each not in found][:MOST_SINGLE_READINGS]:
        user = await tenant.graph.risky_user(user_id, priority=Priority.ACT)
        if user is None:
            why = "Microsoft does not list the user among the risky ones any more"
            gone.append(replace(waiting[user_id], state=OutcomeState.SKIPPED, why=why))
        else:
            found[user_id] = user
    await tenant.transact_as_holder(lambda tx: keep_outcomes(tx, tenant, going.run, gone))
    page = Page(tuple(found[each] for each in sorted(set(missing) & set(found))), read_at)
    return len(gone) + (await _write_page(tenant, going, page) or 0)
