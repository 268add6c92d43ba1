"""Read users back after the write: only a reading begun after it can verify."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b

import structlog

from bot.act.actions import CATALOGUE, AccountAction
from bot.act.effect import HOURLY, after_verification, next_look
from bot.act.next_step import FEW, USERS_A_PAGE
from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import Run
from bot.decide.action import Action
from bot.decide.plan import CLEARS_RISK, read_plan
from bot.operations.reading.keep_risky_users import keep_risky_users
from bot.operations.running.begin_pass import wait_with_canary
from bot.operations.running.keep_outcomes import keep_outcomes
from bot.operations.tenant import Tenant
from bot.operations.watching.track_surges import forgive_users
from bot.ports.graph import GraphError, Page, Priority
from bot.store.transaction import Transaction
from bot.watch.account import AccountState
from bot.watch.durations import MINUTE, SECOND
from bot.watch.risk import RiskyUser

CLOCKS_APART = 15 * SECOND
"""Microsoft's clock is taken to be so near ours: a wider margin shows pages of users whom nobody asked for."""
CLOCKS_FAR_APART = 10 * MINUTE
"""For whom the narrow margin has not shown in a while."""
MISSES = 2
"""After so many who do not show the effect yet, the rest is not asked for one by one."""
AGAIN = 5 * SECOND

log = structlog.get_logger()


Readings = Mapping[str, tuple[RiskyUser | AccountState | None, int]]
"""What was read, by user id, each with the time the reading was begun; None: Graph lists nobody by this id."""


@dataclass(frozen=True, slots=True)
class Due:
    """Whom to read back."""

    run: Run
    action: Action
    asked: tuple[str, ...]
    """Whose time to be read has come, the longest due first."""
    sent_at: Mapping[str, int]
    """By user id, when a write last named them. Where pages are read, of everybody accepted: pages show them."""
    since: int
    """When the first of them was sent, by a clock that may be behind."""
    pages: int
    """How many pages hold everybody whose risk changed since then."""


async def verify_users(tenant: Tenant, run_id: str, user_ids: tuple[str, ...]) -> None:
    """Look for the effect at these users, and settle who shows it, page by page."""
    due = await tenant.store.look(lambda tx: _load(tx, tenant, run_id, user_ids))
    if due is None:
        return
    unread = set(due.asked)
    try:
        async with aclosing(_read(tenant, due)) as found:
            async for readings in found:
                await _keep(tenant, due, readings)
                unread -= readings.keys()
    except GraphError as problem:
        log.warning("not_verified", tenant=tenant.id, run=run_id, problem=problem.problem.value, why=problem.why)
        again = tenant.world.now() + AGAIN
        await tenant.transact_as_holder(lambda tx: _put_off(tx, tenant, due.run, again))
        return
    await tenant.transact_as_holder(lambda tx: _look_again(tx, tenant, due, sorted(unread)))


def _put_off(tx: Transaction, tenant: Tenant, run: Run, again: int) -> None:
    tx.outcomes.put_off_looks(run, until=again)
    wait_with_canary(tx, tenant, run.id, again)


async def _keep(tenant: Tenant, due: Due, readings: Readings) -> None:
    made = await tenant.transact_as_holder(lambda tx: _settle(tx, tenant, due, readings))
    if due.action in CLEARS_RISK:
        await forgive_users(tenant, made)
    tenant.bells.cards.set()


def _load(tx: Transaction, tenant: Tenant, run_id: str, user_ids: tuple[str, ...]) -> Due | None:
    run = tx.runs.run_by_id(tenant.id, run_id)
    if run is None:
        return None
    action = read_plan(tx.requests.plan_body(tenant.id, run.plan_hash)).action
    sent_at = tx.outcomes.sent_at(run)
    asked = tuple(user_id for user_id in user_ids if user_id in sent_at)
    if len(user_ids) <= FEW:
        sent_at = {user_id: sent_at[user_id] for user_id in asked}
    first = min(sent_at.values(), default=0)
    is_late = first <= tenant.world.now() - tenant.policy.resend_after
    since = first - (CLOCKS_FAR_APART if is_late else CLOCKS_APART)
    moved = tx.directory.count_risky(tenant.id, changed_since=_text(since)) + len(sent_at)
    return Due(run, action, asked, sent_at, since, -(-moved // USERS_A_PAGE))


def _text(at: int) -> str:
    """As Graph writes its times, to be compared with them as text."""
    return datetime.fromtimestamp(max(at, 0) / SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _settle(tx: Transaction, tenant: Tenant, due: Due, readings: Readings) -> list[Outcome]:
    """Judge by what was read; who has no final outcome yet is looked at again later."""
    now, slot = tenant.world.now(), int(tenant.graph.slot_seconds() * SECOND)
    run = tx.runs.run_by_id(tenant.id, due.run.id) or due.run
    accepted = tx.outcomes.outcomes_of_run(tenant.id, run.id, state=OutcomeState.ACCEPTED, user_ids=tuple(readings))

    def after(outcome: Outcome) -> Outcome:
        user, read_at = readings[outcome.user_id]
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

    made = [
        after(outcome)
        for outcome in accepted.values()
        if readings[outcome.user_id][1] > (outcome.sent_at or 0)  # a reading from before the write tells nothing
    ]
    keep_outcomes(tx, tenant, run, made)
    if run.state.is_over and any(outcome.state.is_final for outcome in made):
        tx.surges.ask_briefing(tenant.id, run.surge_id, now)
    return made


def _look_again(tx: Transaction, tenant: Tenant, due: Due, user_ids: Sequence[str]) -> None:
    """They were due, and nothing was seen of them: look later, the older their write the later."""
    now, slot = tenant.world.now(), int(tenant.graph.slot_seconds() * SECOND)
    for start in range(0, len(user_ids), USERS_A_PAGE):
        some = user_ids[start : start + USERS_A_PAGE]
        found = tx.outcomes.outcomes_of_run(tenant.id, due.run.id, state=OutcomeState.ACCEPTED, user_ids=some)
        tx.outcomes.keep_outcomes(
            due.run, [replace(each, look_at=next_look(each.sent_at or now, now, slot)) for each in found.values()]
        )


async def _read(tenant: Tenant, due: Due) -> AsyncGenerator[Readings, None]:
    """By the page where that costs less than one by one; then a few whom no page showed."""
    if isinstance(CATALOGUE[due.action], AccountAction):
        users = tuple(due.sent_at)
        for start in range(0, len(users), USERS_A_PAGE):
            asked = users[start : start + USERS_A_PAGE]
            read_at = tenant.world.now()
            states = await tenant.graph.account_states(asked)
            yield {user_id: (states.get(user_id), read_at) for user_id in asked}
        return
    if len(due.sent_at) <= min(FEW, due.pages):
        async for reading in _read_alone(tenant, due, due.asked):
            yield reading
        return
    seen: set[str] = set()
    pages = tenant.graph.risky_users(changed_since=due.since, priority=Priority.ACT)
    async with aclosing(pages) as listed:  # type: ignore[type-var]  # whoever yields pages can be closed
        async for page in listed:
            await keep_risky_users(tenant, page)
            readings = {user.user_id: (user, page.read_at) for user in page.items if user.user_id in due.sent_at}
            seen |= readings.keys()
            if readings:
                yield readings
    late = tenant.world.now() - tenant.policy.resend_after
    lost = [user_id for user_id in due.asked if user_id not in seen and due.sent_at[user_id] <= late]
    lost.sort(key=lambda user_id: _turn(user_id, late))
    async for reading in _read_alone(tenant, due, lost[:FEW], misses=FEW):
        yield reading


def _turn(user_id: str, at: int) -> bytes:
    """Another order at each look: else some who never change would be read each time, and others never."""
    return blake2b(f"{at} {user_id}".encode(), digest_size=8).digest()


async def _read_alone(
    tenant: Tenant, due: Due, user_ids: Sequence[str], *, misses: int = MISSES
) -> AsyncGenerator[Readings, None]:
    """One by one; not on and on while Microsoft is not so far yet."""
    missed = 0
    for user_id in user_ids:
        read_at = tenant.world.now()
        user = await tenant.graph.risky_user(user_id, priority=Priority.ACT)
        if user is not None:
            await keep_risky_users(tenant, Page((user,), read_at))
        yield {user_id: (user, read_at)}
        if user is None:
            continue
        facts = CATALOGUE[due.action]
        missed += int(not isinstance(facts, AccountAction) and not facts.shows(user))
        if missed == misses:
            return
