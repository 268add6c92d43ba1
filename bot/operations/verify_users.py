"""Read users back after the write: only a reading begun after it can verify."""

from dataclasses import replace

import structlog

from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import SECOND, Run, after_verification
from bot.decide.action import Action
from bot.decide.plan import read_plan
from bot.operations.keep_outcomes import keep_outcomes
from bot.operations.keep_reading import keep_reading
from bot.operations.tenant import Tenant
from bot.operations.track_surges import forgive_users
from bot.ports.graph import GraphError, Page, Priority
from bot.ports.store import Transaction
from bot.watch.risk import RiskyUser

CLOCKS_APART = 600 * SECOND
FEW = 3
"""So few users are read one by one; more are cheaper by the page."""
MOST_SINGLE_READINGS = 20
AGAIN = 5 * SECOND

log = structlog.get_logger()


async def verify_users(tenant: Tenant, run_id: str, user_ids: tuple[str, ...]) -> None:
    """Look for the effect at these users, and settle who shows it."""

    def load(tx: Transaction) -> tuple[Run, Action, dict[str, Outcome]] | None:
        run = tx.runs.get(tenant.id, run_id)
        if run is None:
            return None
        plan = read_plan(tx.requests.plan_body(tenant.id, run.plan_hash))
        return run, plan.action, tx.runs.outcomes(tenant.id, run_id, user_ids=user_ids)

    loaded = await tenant.store.look(load)
    if loaded is None:
        return
    run, action, outcomes = loaded
    accepted = {key: outcome for key, outcome in outcomes.items() if outcome.state is OutcomeState.ACCEPTED}
    found: dict[str, RiskyUser | None] = {}
    try:
        await _read(tenant, run, accepted, found)
    except GraphError as problem:
        log.warning("not_verified", tenant=tenant.id, run=run_id, problem=problem.problem.value, why=problem.why)
    now = tenant.world.now()
    resend_after = tenant.policy.resend_after

    def after(outcome: Outcome) -> Outcome:
        if outcome.user_id not in found:
            return replace(outcome, look_at=now + AGAIN)
        judged = after_verification(
            outcome, action=action, user=found[outcome.user_id], now=now, resend_after=resend_after
        )
        if judged.state is OutcomeState.WAITING and run.state.is_over:
            return replace(judged, state=OutcomeState.ACCEPTED, look_at=now + 3600 * SECOND)
        return judged

    made = [after(outcome) for outcome in accepted.values()]
    await tenant.transact_as_holder(lambda tx: _keep(tx, tenant, run_id, made))
    await forgive_users(tenant, made)


def _keep(tx: Transaction, tenant: Tenant, run_id: str, made: list[Outcome]) -> None:
    run = tx.runs.get(tenant.id, run_id)
    if run is None:
        return
    still = tx.runs.outcomes(tenant.id, run_id, state=OutcomeState.ACCEPTED, user_ids=[each.user_id for each in made])
    keep_outcomes(tx, tenant, run, [outcome for outcome in made if outcome.user_id in still])
    if run.state.is_over and any(outcome.state.is_final for outcome in made):
        tx.surges.ask_briefing(tenant.id, run.surge_id, tenant.world.now())


async def _read(tenant: Tenant, run: Run, accepted: dict[str, Outcome], found: dict[str, RiskyUser | None]) -> None:
    """Those whose risk changed since the run began, by the page; then a few of the rest one by one."""
    if len(accepted) > FEW:
        since = (run.started_at or run.created_at) - CLOCKS_APART
        async for page in tenant.graph.risky_users(changed_since=since, priority=Priority.ACT):
            await keep_reading(tenant, page)
            for user in page.items:
                outcome = accepted.get(user.user_id)
                if outcome is not None and page.read_at > (outcome.sent_at or 0):
                    found[user.user_id] = user
    due = tenant.world.now() - tenant.policy.resend_after
    missing = [key for key, outcome in accepted.items() if key not in found and (outcome.sent_at or 0) <= due]
    if len(accepted) <= FEW:
        missing = list(accepted)
    for user_id in missing[:MOST_SINGLE_READINGS]:
        read_at = tenant.world.now()
        alone = await tenant.graph.risky_user(user_id, priority=Priority.ACT)
        found[user_id] = alone
        if alone is not None:
            await keep_reading(tenant, Page((alone,), read_at))
