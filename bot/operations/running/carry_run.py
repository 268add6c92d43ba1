"""Carry a run on: ask what comes next, do it, and write down the answer. Everything it needs is in the tables."""

from dataclasses import replace

import structlog

from bot.act.next_step import Finish, Nothing, PassCanary, Pause, ReadBack, Send, Verify, Wait, next_step
from bot.act.outcome import OutcomeState
from bot.act.run import Run, RunFacts, RunState
from bot.decide.plan import read_plan
from bot.operations.running.begin_pass import pause_run, want_cards
from bot.operations.running.read_back import read_back
from bot.operations.running.send_batches import send_batches
from bot.operations.running.verify_users import verify_users
from bot.operations.running.watch_tripwires import find_trip
from bot.operations.tenant import Tenant
from bot.record.ledger import Event
from bot.store.transaction import Transaction
from bot.watch.durations import SECOND

log = structlog.get_logger()


async def carry_runs(tenant: Tenant) -> int | None:
    """Take every run of the tenant one step on; when the next step is due (microseconds UTC), if ever.

    Batches without an answer come before everything else, since their users are nobody else's until they are read
    back; then recoveries, then the oldest. What goes on behind a recovery ends at its next batch.
    """

    def in_order(tx: Transaction) -> list[Run]:
        now = tenant.world.now()
        runs = tx.runs.unfinished_runs(tenant.id)
        open_ = {run.id for run in runs if tx.runs.run_facts(run, now).unanswered} if len(runs) > 1 else set()
        return [run for run in runs if run.id in open_] or sorted(runs, key=lambda run: not run.goes_first)

    first = await tenant.store.look(in_order)
    times = [at for at in [await carry_run(tenant, run) for run in first] if at is not None]
    return min(times) if times else None


async def carry_run(tenant: Tenant, run: Run) -> int | None:
    """One step. Gives the time of the next one, None where nothing is left to do."""
    now = tenant.world.now()
    facts = await tenant.store.look(lambda tx: gather_facts(tx, tenant, run, now))
    step = next_step(run, facts, now)
    match step:
        case ReadBack(intent=intent):
            await read_back(tenant, run, intent)
        case Send(most=most):
            if await tenant.store.look(lambda tx: tx.runs.gives_way(run, now)):
                return now + SECOND
            await send_batches(tenant, run.id, most)
        case Verify(user_ids=user_ids):
            await verify_users(tenant, run.id, user_ids)
        case PassCanary():
            await tenant.transact_as_holder(lambda tx: _pass_canary(tx, tenant, run.id, facts))
        case Pause(reason=reason, why=why):
            await tenant.transact_as_holder(lambda tx: _pause(tx, tenant, run.id, Pause(reason, why)))
        case Finish():
            await tenant.transact_as_holder(lambda tx: finish_run(tx, tenant, run.id))
        case Wait(until=until):
            return until
        case Nothing():
            return None
    tenant.bells.cards.set()
    return tenant.world.now()


def gather_facts(tx: Transaction, tenant: Tenant, run: Run, now: int) -> RunFacts:
    """What the next step depends on, with the tripwire that is touched."""
    facts = replace(tx.runs.run_facts(run, now), slot=int(tenant.graph.slot_seconds() * SECOND))
    if not run.state.writes or not facts.waiting:
        return facts
    surge = tx.surges.surge_by_id(tenant.id, run.surge_id)
    if surge is None:
        return facts
    plan = read_plan(tx.requests.plan_body(tenant.id, run.plan_hash))
    return replace(facts, trip=find_trip(tx, run, plan, surge, now))


def _pass_canary(tx: Transaction, tenant: Tenant, run_id: str, facts: RunFacts) -> None:
    now = tenant.world.now()
    run = tx.runs.run_by_id(tenant.id, run_id)
    if run is None or not run.state.writes or not run.is_on_trial:
        return
    tx.runs.keep_run(replace(run, canary_passed_at=now))
    tx.ledger.append_entry(
        tenant_id=tenant.id,
        at=now,
        event=Event.RUN_CANARY_PASSED,
        subject=run_id,
        actor="countersign",
        facts={"canary": run.canary, "verified": facts.verified, "failed": facts.failed},
    )
    want_cards(tx, tenant, run)
    log.info("canary_passed", tenant=tenant.id, run=run_id)


def _pause(tx: Transaction, tenant: Tenant, run_id: str, step: Pause) -> None:
    run = tx.runs.run_by_id(tenant.id, run_id)
    if run is not None and run.state.writes:
        pause_run(tx, tenant, run, step.reason, step.why)
        log.warning("run_paused", tenant=tenant.id, run=run_id, reason=step.reason.name.lower())


def finish_run(tx: Transaction, tenant: Tenant, run_id: str) -> None:
    """Nobody is left to write to."""
    now = tenant.world.now()
    run = tx.runs.run_by_id(tenant.id, run_id)
    if run is None or run.state.is_over:
        return
    tx.runs.keep_run(replace(run, state=RunState.DONE, ended_at=now, note=""))
    counts = tx.outcomes.count_outcomes(tenant.id, run_id)
    tx.ledger.append_entry(
        tenant_id=tenant.id,
        at=now,
        event=Event.RUN_DONE,
        subject=run_id,
        actor="countersign",
        facts={state.name.lower(): counts[state] for state in OutcomeState},
    )
    tx.surges.ask_briefing(tenant.id, run.surge_id, now)
    want_cards(tx, tenant, run)
    log.info("run_done", tenant=tenant.id, run=run_id)
