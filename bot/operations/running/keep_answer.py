"""Announce a batch, send it, and keep its answer with what it makes of the batch's users."""

from collections.abc import Callable
from dataclasses import replace

import structlog

from bot.act.effect import next_look
from bot.act.judge import DELETED, JudgedBatch
from bot.act.outcome import Outcome, OutcomeState
from bot.act.pause import PauseReason
from bot.act.run import Intent, Run
from bot.operations.running.begin_pass import Pass, pause_run
from bot.operations.running.keep_outcomes import keep_outcomes
from bot.operations.tenant import Tenant
from bot.ports.graph import Answer
from bot.record.ledger import Event
from bot.store.transaction import Transaction
from bot.watch.durations import SECOND

PAUSE_AFTER_A_REFUSAL = 5 * SECOND
MAY_LIE_BETWEEN = 5 * SECOND
"""Between announcing a batch and sending it, beyond which the lease is looked at again."""
BAD_REQUEST, GONE, TOO_MANY = 400, 404, 429
NOT_ALLOWED = frozenset({401, 403})

log = structlog.get_logger()


def announce_batch(tx: Transaction, tenant: Tenant, going: Pass, judged: JudgedBatch, intent_id: str) -> Intent | None:
    """Keep what was settled and commit the intent of the next batch; None where there is nobody to send."""
    now = tenant.world.now()
    run = tx.runs.run_by_id(tenant.id, going.run.id)
    if run is None:
        return None
    keep_outcomes(tx, tenant, run, judged.settled)
    if not judged.batch or tenant.work.hold is None:
        return None
    intent = Intent(
        id=intent_id,
        run_id=run.id,
        number=tx.runs.next_batch_number(run),
        action=going.plan.action,
        user_ids=judged.batch,
        made_at=now,
        epoch=tenant.work.hold.epoch,
    )
    tx.runs.keep_intent(run, intent)
    if run.is_on_trial and run.canary_since is None:
        tx.runs.keep_run(replace(run, canary_since=now))
    tx.ledger.append_entry(
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
    return intent


async def send_batch(tenant: Tenant, run_id: str, intent: Intent) -> None:
    """Send an announced batch and keep its answer. An answer that never came leaves the intent to be read back."""
    if tenant.world.now() - intent.made_at > MAY_LIE_BETWEEN:
        await tenant.transact_as_holder(lambda _tx: None)
    log.info("batch_announced", tenant=tenant.id, run=intent.run_id, number=intent.number, users=len(intent.user_ids))
    answer = await tenant.graph.send(intent.action, intent.user_ids)
    log.info("batch_sent", tenant=tenant.id, run=intent.run_id, number=intent.number, status=answer.status)
    if answer.status is None:
        log.warning("batch_fate_unknown", tenant=tenant.id, run=intent.run_id, number=intent.number, why=answer.why)
        return
    await tenant.transact_as_holder(lambda tx: keep_answer(tx, tenant, run_id, intent, answer))
    tenant.bells.cards.set()
    log.info("batch_answer_kept", tenant=tenant.id, run=intent.run_id, number=intent.number)


def keep_answer(tx: Transaction, tenant: Tenant, run_id: str, intent: Intent, answer: Answer) -> None:
    """The answer, and what it makes of the batch's users."""
    now = tenant.world.now()
    run = tx.runs.run_by_id(tenant.id, run_id)
    if run is None:
        return
    slot = int(tenant.graph.slot_seconds() * SECOND)
    tx.runs.keep_answer(run, intent, answer, now)
    outcomes = tx.outcomes.outcomes_of_run(tenant.id, run.id, user_ids=intent.user_ids)
    if answer.users is not None:
        made = [_of_user(outcome, answer, now, slot) for outcome in outcomes.values()]
        _heed(tx, tenant, run, _worst(answer))
    elif answer.accepted:
        made = [_accepted(outcome, now, slot) for outcome in outcomes.values()]
    elif answer.status == BAD_REQUEST:
        made = [_smaller(outcome, len(intent.user_ids), answer) for outcome in outcomes.values()]
    else:
        made = [_to_be_tried_again(outcome, answer, now) for outcome in outcomes.values()]
        _heed(tx, tenant, run, answer)
    if run.state.is_over:
        made = [_at_the_end(outcome, now) if outcome.state is OutcomeState.WAITING else outcome for outcome in made]
    keep_outcomes(tx, tenant, run, made)
    facts: dict[str, object] = {
        "number": intent.number,
        "status": answer.status,
        "microsoftRequestId": answer.request_id,
        "why": answer.why,
    }
    if answer.users is not None:
        facts["users"] = {user_id: each.status for user_id, each in answer.users.items()}
    tx.ledger.append_entry(
        tenant_id=tenant.id, at=now, event=Event.BATCH_ANSWERED, subject=run.id, actor="countersign", facts=facts
    )


def leave_out(outcome: Outcome) -> Outcome:
    """The outcome of somebody who was not reached before the run was stopped."""
    return replace(outcome, state=OutcomeState.SKIPPED, why="the run was stopped before")


def may_still_show(outcome: Outcome, now: int) -> Outcome:
    """A write of unknown fate, and none will follow it: what comes of it is looked for like any other's effect."""
    return replace(outcome, state=OutcomeState.ACCEPTED, look_at=next_look(now, now), why="")


def _at_the_end(outcome: Outcome, now: int) -> Outcome:
    return may_still_show(outcome, now) if outcome.was_written else leave_out(outcome)


def _to_be_tried_again(outcome: Outcome, answer: Answer, now: int) -> Outcome:
    """Not accepted. Microsoft's own faults may come after the write was carried out: what shows then is our own."""
    may_be_done = answer.status != TOO_MANY and _may_help(answer)
    return replace(outcome, state=OutcomeState.WAITING, sent_at=now if may_be_done else outcome.sent_at)


def _accepted(outcome: Outcome, now: int, slot: int) -> Outcome:
    look_at = next_look(now, now, slot)
    return replace(outcome, state=OutcomeState.ACCEPTED, sends=outcome.sends + 1, sent_at=now, look_at=look_at, why="")


def _smaller(outcome: Outcome, size: int, answer: Answer) -> Outcome:
    """Refused as a whole: half the size next time, until the one who is refused stands alone."""
    if size == 1:
        return replace(outcome, state=OutcomeState.FAILED, why=f"Microsoft refused the user: {answer.why}")
    return replace(outcome, state=OutcomeState.WAITING, batch_limit=max(1, size // 2))


def _of_user(outcome: Outcome, whole: Answer, now: int, slot: int) -> Outcome:
    """One user's answer within a batch: accepted, refused with the reason, or to be tried again."""
    answer = (whole.users or {}).get(outcome.user_id)
    if answer is None or answer.status is None:
        # Their write may have been carried out all the same; asked for twice it does no harm.
        return replace(outcome, state=OutcomeState.WAITING, sends=outcome.sends + 1)
    if answer.accepted:
        return _accepted(outcome, now, slot)
    if answer.status == GONE:
        return replace(outcome, state=OutcomeState.SKIPPED, why=DELETED)
    if _may_help(answer) or _all_refused(whole):
        return _to_be_tried_again(outcome, answer, now)
    return replace(outcome, state=OutcomeState.FAILED, why=f"Microsoft refused the user: {answer.why}")


def _may_help(answer: Answer) -> bool:
    """Whether the same request may be taken a little later."""
    return answer.status in {408, TOO_MANY} or (answer.status or 0) >= 500  # noqa: PLR2004 - Microsoft's own faults


def _all_refused(whole: Answer) -> bool:
    """Nobody's fault in the batch: the permission or the app's role is missing."""
    users = whole.users or {}
    return bool(users) and all(answer.status in NOT_ALLOWED for answer in users.values())


def _worst(whole: Answer) -> Answer | None:
    """What the run as a whole has to take from its users' answers."""
    answers = list((whole.users or {}).values())
    if _all_refused(whole):
        return answers[0]
    return next((answer for answer in answers if answer.status is not None and _may_help(answer)), None)


def _heed(tx: Transaction, tenant: Tenant, run: Run, answer: Answer | None) -> None:
    """Neither accepted nor anybody's fault in the batch: wait, or pause where waiting does not help."""
    if answer is None or run.state.is_over:
        return
    if answer.status in NOT_ALLOWED:
        pause_run(tx, tenant, run, PauseReason.REFUSED, answer.why)
    elif answer.status != TOO_MANY:  # a 429 waits in the pacer already
        tx.runs.keep_run(replace(run, note=answer.why, not_before=tenant.world.now() + PAUSE_AFTER_A_REFUSAL))


Judge = Callable[[Transaction, int], JudgedBatch | None]
"""Judges users on what is known now; None where the run is not to write any more."""


async def write_batch(
    tenant: Tenant, going: Pass, judge: Judge, took: Callable[[float], None] = lambda _seconds: None
) -> JudgedBatch | None:
    """Judge on fresh facts, announce, send. None: the run is not to write any more.

    took: is told how many seconds judging and announcing took.
    """
    intent_id = tenant.world.new_id()
    began = tenant.world.monotonic()

    def announce(tx: Transaction) -> tuple[JudgedBatch, Intent | None] | None:
        now = tenant.world.now()
        run = tx.runs.run_by_id(tenant.id, going.run.id)
        if run is None or not run.state.writes or now < run.not_before or tx.runs.gives_way(run, now):
            return None
        judged = judge(tx, now)
        return None if judged is None else (judged, announce_batch(tx, tenant, going, judged, intent_id))

    told = await tenant.transact_as_holder(announce)
    took(tenant.world.monotonic() - began)
    if told is None:
        return None
    judged, intent = told
    if intent is not None:
        await send_batch(tenant, going.run.id, intent)
    return judged
