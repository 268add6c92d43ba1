"""An intent without an answer: a process died, or no answer came. Read its users back before anything else is sent."""

from dataclasses import replace

import structlog

from bot.act.actions import CATALOGUE, AccountAction
from bot.act.effect import next_look
from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import Intent, Run
from bot.operations.reading.keep_risky_users import keep_risky_users
from bot.operations.running.begin_pass import wait_for_microsoft
from bot.operations.running.keep_answer import may_still_show
from bot.operations.running.keep_outcomes import keep_outcomes
from bot.operations.tenant import Tenant
from bot.ports.graph import Answer, GraphError, Priority
from bot.record.ledger import Event
from bot.store.transaction import Transaction
from bot.watch.durations import MINUTE
from bot.watch.risk import RiskyUser

CLOCKS_APART = 10 * MINUTE

log = structlog.get_logger()


async def read_back(tenant: Tenant, run: Run, intent: Intent) -> None:
    """Take what shows as ours; whoever does not will be judged and sent again."""
    try:
        ours = await _shown_as_ours(tenant, intent)
    except GraphError as problem:
        why = problem.why
        log.warning("not_read_back", tenant=tenant.id, run=run.id, problem=problem.problem.value, why=why)
        await tenant.transact_as_holder(lambda tx: wait_for_microsoft(tx, tenant, run.id, why))
        raise
    await tenant.transact_as_holder(lambda tx: _settle(tx, tenant, run.id, intent, ours))
    log.info("read_back", tenant=tenant.id, run=run.id, number=intent.number)


async def _shown_as_ours(tenant: Tenant, intent: Intent) -> frozenset[str]:
    """Which of the batch's users show the effect, or are being processed."""
    facts = CATALOGUE[intent.action]
    if isinstance(facts, AccountAction):
        states = await tenant.graph.account_states(intent.user_ids)
        return frozenset(user_id for user_id, state in states.items() if facts.shows(state, intent.made_at))
    found: dict[str, RiskyUser] = {}
    wanted = set(intent.user_ids)
    async for page in tenant.graph.risky_users(changed_since=intent.made_at - CLOCKS_APART, priority=Priority.ACT):
        await keep_risky_users(tenant, page)
        found |= {user.user_id: user for user in page.items if user.user_id in wanted}
    if wanted - set(found):
        async for page in tenant.graph.risky_users(only_at_risk=True, priority=Priority.ACT):
            found |= {user.user_id: user for user in page.items if user.user_id in wanted}
            if wanted <= set(found):
                break
    return frozenset(user_id for user_id, user in found.items() if user.is_processing or not facts.is_needed(user))


def _settle(tx: Transaction, tenant: Tenant, run_id: str, intent: Intent, ours: frozenset[str]) -> None:
    now = tenant.world.now()
    run = tx.runs.run_by_id(tenant.id, run_id)
    if run is None:
        return
    outcomes = tx.outcomes.outcomes_of_run(tenant.id, run.id, user_ids=intent.user_ids)
    is_on_account = isinstance(CATALOGUE[intent.action], AccountAction)

    def after(outcome: Outcome) -> Outcome:
        if outcome.user_id in ours:
            return replace(
                outcome,
                state=OutcomeState.ACCEPTED,
                sends=outcome.sends + 1,
                sent_at=intent.made_at if is_on_account else now,
                look_at=next_look(now, now),
            )
        if run.state.is_over:
            return may_still_show(replace(outcome, sends=outcome.sends + 1, sent_at=intent.made_at), now)
        # The write may have been carried out all the same: what shows later is our own.
        return replace(outcome, state=OutcomeState.WAITING, sends=outcome.sends + 1, sent_at=intent.made_at)

    tx.runs.keep_answer(run, intent, Answer(None, "", "no answer came; the users were read back"), now)
    keep_outcomes(tx, tenant, run, [after(outcome) for outcome in outcomes.values()])
    tx.ledger.append_entry(
        tenant_id=tenant.id,
        at=now,
        event=Event.BATCH_READ_BACK,
        subject=run.id,
        actor="countersign",
        facts={"number": intent.number, "shownAsOurs": sorted(ours & set(outcomes))},
    )
