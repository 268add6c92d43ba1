"""Read users back after the write: only a reading begun after it can verify."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import structlog

from bot.act.actions import CATALOGUE, AccountAction
from bot.act.effect import HOURLY, SOON, SOON_SLOTS, after_verification
from bot.act.next_step import FEW, USERS_A_PAGE
from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import SECOND, Run
from bot.decide.action import Action
from bot.decide.plan import CLEARS_RISK, read_plan
from bot.operations.running.keep_outcomes import keep_outcomes
from bot.operations.running.keep_reading import keep_reading
from bot.operations.tenant import Tenant
from bot.operations.watching.track_surges import forgive_users
from bot.ports.graph import GraphError, Page, Priority
from bot.ports.store import Transaction
from bot.watch.account import AccountState
from bot.watch.risk import RiskyUser

CLOCKS_APART = 15 * SECOND
"""Microsoft's clock is taken to be so near ours: a wider margin shows pages of users whom nobody asked for."""
CLOCKS_FAR_APART = 600 * SECOND
"""For whom the narrow margin has not shown in a while."""
MISSES = 2
"""After so many who do not show the effect yet, the rest is not asked for one by one."""
AGAIN = 5 * SECOND

log = structlog.get_logger()


@dataclass(slots=True)
class Found:
    """What was read, by user id, each with the time the reading was begun."""

    users: dict[str, tuple[RiskyUser | AccountState | None, int]] = field(default_factory=dict)
    problem: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """Whom to read back, the longest due first."""

    run: Run
    action: Action
    accepted: Mapping[str, Outcome]
    since: int
    """When the first of them was sent, by a clock that may be behind."""
    pages: int
    """How many pages hold everybody whose risk changed since then."""


async def verify_users(tenant: Tenant, run_id: str, user_ids: tuple[str, ...]) -> None:
    """Look for the effect at these users, and settle who shows it."""
    due = await tenant.store.look(lambda tx: _load(tx, tenant, run_id, user_ids))
    if due is None:
        return
    found = Found()
    try:
        await _read(tenant, due, found)
    except GraphError as problem:
        found.problem = True
        log.warning("not_verified", tenant=tenant.id, run=run_id, problem=problem.problem.value, why=problem.why)
    made = await tenant.transact_as_holder(lambda tx: _settle(tx, tenant, due, found))
    if due.action in CLEARS_RISK:
        await forgive_users(tenant, made)


def _load(tx: Transaction, tenant: Tenant, run_id: str, user_ids: tuple[str, ...]) -> Due | None:
    run = tx.runs.get(tenant.id, run_id)
    if run is None:
        return None
    action = read_plan(tx.requests.plan_body(tenant.id, run.plan_hash)).action
    # Pages show everybody, those too who would be due a moment later: each page is asked for once.
    is_many = len(user_ids) > FEW
    outcomes = tx.runs.outcomes(tenant.id, run_id, state=OutcomeState.ACCEPTED, user_ids=None if is_many else user_ids)
    accepted = outcomes if is_many else {user_id: outcomes[user_id] for user_id in user_ids if user_id in outcomes}
    first = min((outcome.sent_at or 0 for outcome in accepted.values()), default=0)
    is_late = first <= tenant.world.now() - tenant.policy.resend_after
    since = first - (CLOCKS_FAR_APART if is_late else CLOCKS_APART)
    moved = tx.directory.count_risky(tenant.id, changed_since=_text(since)) + len(accepted)
    return Due(run, action, accepted, since, -(-moved // USERS_A_PAGE))


def _text(at: int) -> str:
    """As Graph writes its times, to be compared with them as text."""
    return datetime.fromtimestamp(max(at, 0) / SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _settle(tx: Transaction, tenant: Tenant, due: Due, found: Found) -> list[Outcome]:
    now, slot = tenant.world.now(), int(tenant.graph.slot_seconds() * SECOND)
    run = tx.runs.get(tenant.id, due.run.id) or due.run
    is_many = len(due.accepted) > FEW
    kept = tx.runs.outcomes(
        tenant.id, run.id, state=OutcomeState.ACCEPTED, user_ids=None if is_many else tuple(due.accepted)
    )
    still = {user_id: outcome for user_id, outcome in kept.items() if user_id in due.accepted}

    def after(outcome: Outcome) -> Outcome:
        if outcome.user_id not in found.users:
            return replace(outcome, look_at=now + (AGAIN if found.problem else min(SOON, SOON_SLOTS * slot)))
        user, read_at = found.users[outcome.user_id]
        judged = after_verification(
            outcome,
            action=due.action,
            found=user,
            read_at=read_at,
            now=now,
            resend_after=tenant.policy.resend_after,
            slot=slot,
        )
        if judged.state is OutcomeState.WAITING and run.state.is_over:
            return replace(judged, state=OutcomeState.ACCEPTED, look_at=now + HOURLY)
        return judged

    made = [after(outcome) for outcome in still.values()]
    keep_outcomes(tx, tenant, run, made)
    if run.state.is_over and any(outcome.state.is_final for outcome in made):
        tx.surges.ask_briefing(tenant.id, run.surge_id, now)
    return made


async def _read(tenant: Tenant, due: Due, found: Found) -> None:
    """By the page where that costs less than one by one; then a few whom no page showed."""
    if isinstance(CATALOGUE[due.action], AccountAction):
        read_at = tenant.world.now()
        states = await tenant.graph.account_states(tuple(due.accepted))
        found.users |= {user_id: (states.get(user_id), read_at) for user_id in due.accepted}
        return
    if len(due.accepted) <= min(FEW, due.pages):
        await _read_alone(tenant, due, found, list(due.accepted))
        return
    async for page in tenant.graph.risky_users(changed_since=due.since, priority=Priority.ACT):
        await keep_reading(tenant, page)
        for user in page.items:
            outcome = due.accepted.get(user.user_id)
            if outcome is not None and page.read_at > (outcome.sent_at or 0):
                found.users[user.user_id] = user, page.read_at
    late = tenant.world.now() - tenant.policy.resend_after
    unseen = [key for key, outcome in due.accepted.items() if key not in found.users and (outcome.sent_at or 0) <= late]
    await _read_alone(tenant, due, found, unseen[:FEW])


async def _read_alone(tenant: Tenant, due: Due, found: Found, user_ids: list[str]) -> None:
    """One by one; not on and on while Microsoft is not so far yet."""
    missed = 0
    for user_id in user_ids:
        read_at = tenant.world.now()
        user = await tenant.graph.risky_user(user_id, priority=Priority.ACT)
        if read_at <= (due.accepted[user_id].sent_at or 0):
            continue
        found.users[user_id] = user, read_at
        if user is None:
            continue
        await keep_reading(tenant, Page((user,), read_at))
        facts = CATALOGUE[due.action]
        missed += int(not isinstance(facts, AccountAction) and not facts.shows(user))
        if missed == MISSES:
            return
