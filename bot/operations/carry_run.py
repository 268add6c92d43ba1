"""Carry a run on: ask what comes next, do it, and write down the answer. Everything it needs is in the tables."""

from dataclasses import replace

import structlog

from bot.act.outcome import OutcomeState
from bot.act.run import Finish, Nothing, ReadBack, Run, RunState, Send, Verify, Wait, next_step
from bot.operations.read_back import read_back
from bot.operations.send_batches import send_batches
from bot.operations.tenant import Tenant
from bot.operations.verify_users import verify_users
from bot.ports.messages import CardSubject
from bot.ports.store import Transaction
from bot.record.ledger import Event

log = structlog.get_logger()


async def carry_runs(tenant: Tenant) -> int | None:
    """Take every run of the tenant one step on, oldest first; when the next step is due (microseconds UTC), if ever."""
    runs = await tenant.store.look(lambda tx: tx.runs.unfinished(tenant.id))
    times = [at for at in [await carry_run(tenant, run) for run in runs] if at is not None]
    return min(times) if times else None


async def carry_run(tenant: Tenant, run: Run) -> int | None:
    """One step. Gives the time of the next one, None where nothing is left to do."""
    now = tenant.world.now()
    facts = await tenant.store.look(lambda tx: tx.runs.facts(run, now))
    step = next_step(run, facts, now)
    match step:
        case ReadBack(intent=intent):
            await read_back(tenant, run, intent)
        case Send():
            await send_batches(tenant, run.id)
        case Verify(user_ids=user_ids):
            await verify_users(tenant, run.id, user_ids)
        case Finish():
            await tenant.transact_as_holder(lambda tx: finish_run(tx, tenant, run.id))
        case Wait(until=until):
            return until
        case Nothing():
            return None
    tenant.bells.cards.set()
    return tenant.world.now()


def finish_run(tx: Transaction, tenant: Tenant, run_id: str) -> None:
    """Nobody is left to write to."""
    now = tenant.world.now()
    run = tx.runs.get(tenant.id, run_id)
    if run is None or run.state.is_over:
        return
    tx.runs.save(replace(run, state=RunState.DONE, ended_at=now, note=""))
    counts = tx.runs.counts(tenant.id, run_id)
    tx.ledger.append(
        tenant_id=tenant.id,
        at=now,
        event=Event.RUN_DONE,
        subject=run_id,
        actor="countersign",
        facts={state.name.lower(): counts[state] for state in OutcomeState},
    )
    tx.surges.ask_briefing(tenant.id, run.surge_id, now)
    tx.cards.want(tenant.id, CardSubject.RUN, run_id)
    tx.cards.want(tenant.id, CardSubject.SURGE, run.surge_id)
    log.info("run_done", tenant=tenant.id, run=run_id)
