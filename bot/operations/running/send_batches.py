"""One pass over a run's users: they are read, and their batches are written at once.

Before each batch its users' state is at most ten request slots old and the detections at most a minute; the batch is
announced in a transaction that checks the lease, the request, the plan's hash and the run's state; then it is sent,
and its answer kept. Who is being blocked goes first, and while the canary is out nobody else.
"""

import math
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import structlog

from bot.act.actions import CATALOGUE, AccountAction, RiskAction
from bot.act.judge import NOT_LISTED, JudgedBatch, ReadUser, judge_risky
from bot.act.next_step import FEW, USERS_A_PAGE
from bot.act.outcome import OutcomeState, Queued
from bot.act.run import DETECTIONS_FRESH_FOR, STATE_FRESH_FOR_SLOTS
from bot.decide.plan import CLEARS_RISK, against_plan
from bot.operations.planning.draft_plan import RECENT, held_since
from bot.operations.reading.keep_risky_users import keep_risky_users
from bot.operations.running.begin_pass import Pass, begin_pass, put_off, wait_for_microsoft
from bot.operations.running.keep_answer import write_batch
from bot.operations.running.keep_outcomes import keep_outcomes
from bot.operations.running.send_to_accounts import send_to_accounts
from bot.operations.running.watch_tripwires import find_trip
from bot.operations.tenant import Tenant
from bot.operations.watching.poll_tenant import keep_detections_fresh, refresh_detections
from bot.ports.graph import LARGEST_PAGE, GraphError, Page, Priority
from bot.store.transaction import Transaction
from bot.watch.durations import MINUTE, SECOND
from bot.watch.risk import RiskyUser

AFTER_AN_EMPTY_PASS = 10.0
"""Seconds until the next pass."""
SINGLE_READINGS = 8
"""So many at a time that the first is still fresh when the last was read."""
LONGEST_AHEAD = 20 * SECOND
"""Looked so far ahead at the end of a page, detections are read while no user in hand grows older."""
CLOCKS_APART = 10 * MINUTE
LONGEST_JUDGING = 1.0
BATCHES_A_PAGE = 8
"""So many are sent while their page is fresh: nobody of it should be left for a ninth."""

log = structlog.get_logger()


@dataclass(slots=True)
class InProgress:
    """The users of the pass who were read and not yet written to, and how many new ones may still go."""

    tenant: Tenant
    going: Pass
    wanted: set[str]
    """Who is still to be read."""
    room: int | None
    """So many who were never written to may go; None: everybody."""
    kept_out: dict[str, str]
    """Who of the plan would be held back now for who they are, and why."""
    revision: int
    """The briefing by which that was told."""
    held: dict[str, ReadUser] = field(default_factory=dict)
    sent: int = 0
    """Batches."""
    checked_at: int = 0
    """Which reading of the detections the tripwires were looked at with."""
    trip_checked: bool = False
    ahead: float = 0.05
    """Seconds that judging and announcing took lately: a slot is held so long before it opens."""

    @property
    def fresh_for(self) -> int:
        """How long a reading may be acted on (microseconds)."""
        return int(STATE_FRESH_FOR_SLOTS * self.tenant.graph.slot_seconds() * SECOND)

    @property
    def slot(self) -> int:
        """Microseconds between two requests."""
        return int(self.tenant.graph.slot_seconds() * SECOND)

    def note_time(self, seconds: float) -> None:
        """Judging and announcing took so long."""
        self.ahead = min(LONGEST_JUDGING, max(seconds * 1.2, self.ahead * 0.9))

    def take(self, page: Page[RiskyUser]) -> None:
        """Take those of a page who are still wanted."""
        for user in page.items:
            if user.user_id in self.wanted:
                self.held[user.user_id] = ReadUser(user, page.read_at)
        self.wanted.difference_update(self.held)

    def drop_stale(self, now: int) -> None:
        """Whoever was read too long ago waits for another pass."""
        oldest = now - self.fresh_for
        self.held = {user_id: reading for user_id, reading in self.held.items() if reading.read_at >= oldest}

    def can_wait_for_more(self, now: int) -> bool:
        """Whether those in hand will still be fresh when the next page was read and their batch is sent."""
        if not self.wanted or self.room is not None:
            return False
        oldest = min((reading.read_at for reading in self.held.values()), default=now)
        full = CATALOGUE[self.going.plan.action].batch_size
        return len(self.held) < full and now + 3 * self.slot <= oldest + self.fresh_for


async def send_batches(tenant: Tenant, run_id: str, most: int | None = None) -> None:
    """One pass. It ends early when the run is no longer to write, and is begun again from the tables.

    most: so many users who were never written to, and no more.
    """
    going = await tenant.transact_as_holder(lambda tx: begin_pass(tx, tenant, run_id))
    if going is None:
        return
    if going.run.is_on_trial and most is None:
        most = going.run.canary
    try:
        if isinstance(CATALOGUE[going.plan.action], AccountAction):
            done = await send_to_accounts(tenant, going, most)
        else:
            done = await _send_on_risk(tenant, going, most)
    except GraphError as problem:
        why = problem.why
        log.warning("pass_interrupted", tenant=tenant.id, run=run_id, problem=problem.problem.value, why=why)
        await tenant.transact_as_holder(lambda tx: wait_for_microsoft(tx, tenant, run_id, why))
        return
    if not done:
        await tenant.transact_as_holder(lambda tx: put_off(tx, tenant, run_id, "", AFTER_AN_EMPTY_PASS))


async def _send_on_risk(tenant: Tenant, going: Pass, most: int | None) -> bool:
    """Whether somebody was written to or settled, or the run is not to write any more."""

    def plan_groups(tx: Transaction) -> tuple[list[list[str]], int, dict[str, str], int]:
        kept_out = held_since(tx, tenant.policy, going.surge, going.plan)
        on_their_way = tx.outcomes.count_outcomes(tenant.id, going.run.id)[OutcomeState.ACCEPTED]
        return (
            _waves(tx.outcomes.queued_users(going.run), most),
            tx.directory.count_risky(tenant.id) - on_their_way,
            kept_out,
            _revision(tx, going),
        )

    groups, at_risk, kept_out, revision = await tenant.store.look(plan_groups)
    in_progress = InProgress(tenant, going, set(), most, kept_out, revision)
    settled = 0
    for group in groups:
        in_progress.wanted = set(group)
        at_risk = max(at_risk, len(group))
        pages = -(-at_risk // USERS_A_PAGE)
        if len(group) <= FEW and (len(group) <= pages or most is not None):
            found = await _write_few(in_progress)
        else:
            found = await _write_pages(in_progress, page_size(len(group), at_risk))
            found = found if found is None else found + (await _write_missing(in_progress) or 0)
        if found is None:
            return True
        at_risk -= len(group)  # hardly anybody of these is on the next one's pages
        settled += found
        if in_progress.room == 0:
            break
    return bool(in_progress.sent or settled)


def _waves(waiting: Iterable[Queued], most: int | None) -> list[list[str]]:
    """Who is read together, one group after the other: those who are blocked, then everybody else.

    While the canary is out: first those of it who are to be sent again, with as many of the blocked as there is room.
    """
    ranked = sorted(waiting, key=lambda each: (each.sends == 0, each.rank, each.user_id))
    if most is None:
        blocked = [each.user_id for each in ranked if each.rank == 0]
        rest = [each.user_id for each in ranked if each.rank]
        return [group for group in (blocked, rest) if group]
    again = [each.user_id for each in ranked if each.sends]
    blocked = [each.user_id for each in ranked if not each.sends and each.rank == 0]
    rest = [each.user_id for each in ranked if not each.sends and each.rank]
    rest += blocked[most:]
    first = [*again, *blocked[:most]]
    return [group for group in (first[:FEW], rest) if group]


async def _write_few(in_progress: InProgress) -> int | None:
    """Read users one by one and write them while they are fresh. How many are gone; None as `_write_in_progress`."""
    tenant = in_progress.tenant
    gone = 0
    ids = sorted(in_progress.wanted)
    for start in range(0, len(ids), SINGLE_READINGS):
        missing: list[str] = []
        for user_id in ids[start : start + SINGLE_READINGS]:
            read_at = tenant.world.now()
            user = await tenant.graph.risky_user(user_id, priority=Priority.ACT)
            if user is None:
                in_progress.wanted.discard(user_id)
                missing.append(user_id)
            else:
                in_progress.take(Page((user,), read_at))
        gone += len(missing)
        await _settle_gone(in_progress, missing)
        if not await _write_in_progress(in_progress, more=False):
            return None
    return gone


def page_size(wanted: int, at_risk: int) -> int:
    """How many users to ask for at once, so that a page holds eight full batches of those who are wanted and no more.

    Where some at risk are not wanted, their number on a page differs by chance: one standard deviation is left for it.
    """
    full = BATCHES_A_PAGE * RiskAction.batch_size
    share = wanted / at_risk if 0 < wanted < at_risk else 1.0
    return min(LARGEST_PAGE, int((full - math.sqrt(full * (1 - share))) / share))


async def _write_pages(in_progress: InProgress, size: int) -> int | None:
    """Read pages and write those of them who are wanted. 0, or None as `_write_in_progress`."""
    is_listed_at_risk = in_progress.going.plan.action in CLEARS_RISK
    pages = in_progress.tenant.graph.risky_users(only_at_risk=is_listed_at_risk, priority=Priority.ACT, page_size=size)
    return await _write_each(in_progress, pages)


async def _write_each(in_progress: InProgress, pages: AsyncIterator[Page[RiskyUser]]) -> int | None:
    async with aclosing(pages) as listed:  # type: ignore[type-var]  # whoever yields pages can be closed
        async for page in listed:
            in_progress.take(page)
            await keep_risky_users(in_progress.tenant, page)
            if not await _write_in_progress(in_progress, more=True):
                return None
            if not in_progress.wanted or in_progress.room == 0:
                break
            if not await keep_detections_fresh(in_progress.tenant, ahead=min(in_progress.fresh_for, LONGEST_AHEAD)):
                return None
    return 0 if await _write_in_progress(in_progress, more=False) else None


async def _write_missing(in_progress: InProgress) -> int | None:
    """Users who were on no page: their risk has changed since the plan, or Microsoft does not list them any more."""
    if not in_progress.wanted or in_progress.room == 0:
        return 0
    if len(in_progress.wanted) > FEW:
        since = in_progress.going.plan.made_at - CLOCKS_APART
        changed = in_progress.tenant.graph.risky_users(changed_since=since, priority=Priority.ACT)
        if await _write_each(in_progress, changed) is None:
            return None
    return await _write_few(in_progress)


async def _settle_gone(in_progress: InProgress, user_ids: Sequence[str]) -> None:
    """Microsoft lists them no more: there is nothing to write to."""
    tenant, run = in_progress.tenant, in_progress.going.run
    if not user_ids:
        return

    def settle(tx: Transaction) -> None:
        found = tx.outcomes.outcomes_of_run(tenant.id, run.id, state=OutcomeState.WAITING, user_ids=user_ids)
        gone = [replace(outcome, state=OutcomeState.SKIPPED, why=NOT_LISTED) for outcome in found.values()]
        keep_outcomes(tx, tenant, run, gone)

    await tenant.transact_as_holder(settle)


async def _write_in_progress(in_progress: InProgress, *, more: bool) -> bool:
    """Write to those in hand while they are fresh. False: the run is not to write any more.

    more: another page follows; a batch that is not full may wait for it.
    """
    tenant = in_progress.tenant
    while in_progress.held:
        if tenant.work.stopping or not await keep_detections_fresh(tenant):
            return False
        if more and in_progress.can_wait_for_more(tenant.world.now()):
            return True
        async with tenant.graph.held_slot(Priority.ACT, ahead=in_progress.ahead):
            now = tenant.world.now()
            in_progress.drop_stale(now)
            if not in_progress.held:
                break
            if now - tenant.work.detections_read_at > DETECTIONS_FRESH_FOR:
                continue
            judged = await write_batch(
                tenant, in_progress.going, lambda tx, at: _judge(tx, in_progress, at), in_progress.note_time
            )
        if judged is None:
            return False
        _lay_down(in_progress, judged)
        if not judged.batch and judged.look_again and not await refresh_detections(tenant):
            return False
    in_progress.held.clear()
    return True


def _lay_down(in_progress: InProgress, judged: JudgedBatch) -> None:
    """Whoever was written to or settled is through; so is everybody, once nobody of them can go."""
    for user_id in (*judged.batch, *(outcome.user_id for outcome in judged.settled)):
        in_progress.held.pop(user_id, None)
    if judged.batch:
        in_progress.sent += 1
        if in_progress.room is not None:
            in_progress.room = max(0, in_progress.room - judged.new)
    elif not judged.look_again:
        in_progress.held.clear()


def _judge(tx: Transaction, in_progress: InProgress, now: int) -> JudgedBatch | None:
    """Judge those in hand on what is known now; None where a tripwire is touched."""
    tenant, going = in_progress.tenant, in_progress.going
    run, surge = tx.runs.run_by_id(tenant.id, going.run.id), tx.surges.surge_by_id(tenant.id, going.surge.id)
    if run is None or surge is None:
        return None
    revision = _revision(tx, going)
    if (
        not in_progress.trip_checked
        or in_progress.checked_at != tenant.work.detections_read_at
        or in_progress.revision != revision
    ):
        if find_trip(tx, run, going.plan, surge, now) is not None:
            return None
        in_progress.trip_checked, in_progress.checked_at = True, tenant.work.detections_read_at
    if in_progress.revision != revision:
        in_progress.kept_out = held_since(tx, tenant.policy, surge, going.plan)
        in_progress.revision = revision
    waiting = tx.outcomes.outcomes_of_run(tenant.id, run.id, state=OutcomeState.WAITING, user_ids=in_progress.held)
    left_out = [
        replace(outcome, state=OutcomeState.SKIPPED, why=in_progress.kept_out[user_id])
        for user_id, outcome in waiting.items()
        if user_id in in_progress.kept_out
    ]
    outcomes = {
        user_id: outcome
        for user_id, outcome in waiting.items()
        if user_id in going.seen and user_id not in in_progress.kept_out
    }
    detections = tx.detections.detections_of(tenant.id, tuple(outcomes), now - RECENT)
    judged = judge_risky(
        action=going.plan.action,
        outcomes=outcomes,
        readings=in_progress.held.values(),
        seen=going.seen,
        others=against_plan(going.plan, surge, detections),
        detections_read_at=tenant.work.detections_read_at,
        released=going.released,
        most=in_progress.room,
    )
    return replace(judged, settled=(*judged.settled, *left_out))


def _revision(tx: Transaction, going: Pass) -> int:
    """The newest briefing of the surge; 0 before the first."""
    latest = tx.briefings.latest_briefing(going.plan.tenant_id, going.plan.surge_id)
    return latest.revision if latest is not None else 0
