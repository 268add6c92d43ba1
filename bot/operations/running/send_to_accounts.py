"""One pass of an action on accounts: a hundred are read, and their batches written at once.

No risky users are read for it. Whoever the directory does not list any more was deleted.
"""

from collections.abc import Mapping
from functools import partial

import structlog

from bot.act.actions import CATALOGUE
from bot.act.judge import JudgedBatch, judge_accounts
from bot.act.outcome import Outcome, OutcomeState
from bot.decide.plan import against_plan
from bot.operations.planning.draft_plan import RECENT
from bot.operations.running.begin_pass import Pass
from bot.operations.running.keep_answer import write_batch
from bot.operations.tenant import Tenant
from bot.operations.watching.poll_tenant import keep_detections_fresh
from bot.store.transaction import Transaction
from bot.watch.account import AccountState
from bot.watch.durations import MINUTE

BATCHES_A_READING = 5
FRESH_FOR = MINUTE
"""How long a reading of accounts may be acted on (microseconds): none of it tells whom to spare but who is deleted."""

log = structlog.get_logger()


async def send_to_accounts(tenant: Tenant, going: Pass, most: int | None) -> bool:
    """Whether somebody was written to or settled, or the run is not to write any more. Raises GraphError."""
    at_once = BATCHES_A_READING * CATALOGUE[going.plan.action].batch_size
    waiting = await tenant.store.look(
        lambda tx: sorted(
            tx.outcomes.outcomes_of_run(tenant.id, going.run.id, state=OutcomeState.WAITING).values(),
            key=lambda outcome: (outcome.sends == 0, outcome.rank, outcome.user_id),
        )
    )
    ids = [outcome.user_id for outcome in waiting]
    if most is not None:
        again = sum(1 for outcome in waiting if outcome.sends)
        ids = ids[: again + most]
    moved = False
    for start in range(0, len(ids), at_once):
        done = await _write_some(tenant, going, ids[start : start + at_once])
        if done is None:
            return True
        moved = moved or done
    return moved


async def _write_some(tenant: Tenant, going: Pass, ids: list[str]) -> bool | None:
    """Read these accounts and write to them. None: the run is not to write any more."""
    read_at = tenant.world.now()
    accounts = await tenant.graph.account_states(ids)
    left = dict.fromkeys(ids)
    moved = False
    while left:
        if tenant.work.stopping or not await keep_detections_fresh(tenant):
            return None
        if tenant.world.now() - read_at > FRESH_FOR:
            return moved
        judged = await write_batch(tenant, going, partial(_judge, tenant, going, accounts, tuple(left)))
        if judged is None:
            return None
        for user_id in (*judged.batch, *(outcome.user_id for outcome in judged.settled)):
            left.pop(user_id, None)
        moved = moved or bool(judged.batch or judged.settled)
        if not judged.left:
            break
    return moved


def _judge(
    tenant: Tenant,
    going: Pass,
    accounts: Mapping[str, AccountState],
    wanted: tuple[str, ...],
    tx: Transaction,
    now: int,
) -> JudgedBatch | None:
    surge = tx.surges.surge_by_id(tenant.id, going.surge.id)
    if surge is None:
        return None
    outcomes: dict[str, Outcome] = tx.outcomes.outcomes_of_run(
        tenant.id, going.run.id, state=OutcomeState.WAITING, user_ids=wanted
    )
    outcomes = {user_id: outcome for user_id, outcome in outcomes.items() if user_id in going.seen}
    detections = tx.detections.detections_of(tenant.id, tuple(outcomes), now - RECENT)
    return judge_accounts(
        action=going.plan.action,
        outcomes=outcomes,
        accounts=accounts,
        others=against_plan(going.plan, surge, detections),
    )
