"""Who goes out in the next batch: users as just read, judged just before the write."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.act.actions import CATALOGUE, AccountAction, RiskAction
from bot.act.outcome import Outcome, OutcomeState
from bot.decide.action import Action
from bot.watch.account import AccountState
from bot.watch.risk import COMPROMISED, Detection, RiskyUser

DELETED = "the account was deleted"
NOT_LISTED = "Microsoft does not list the user among the risky ones any more"
ANOTHER_DETECTION = "another open detection"
CONFIRMED_COMPROMISED = "confirmed compromised by a person"


@dataclass(frozen=True, slots=True)
class ReadUser:
    """A risky user, and when the reading was begun (microseconds UTC)."""

    user: RiskyUser
    read_at: int


@dataclass(frozen=True, slots=True)
class JudgedBatch:
    """Users in hand, judged just before writing."""

    batch: tuple[str, ...]
    """Who goes out now; at most the action's batch size."""
    left: int
    """How many more of them could go out after this batch."""
    settled: tuple[Outcome, ...]
    """Who is not to be written to, and why; or who turned out to be done."""
    new: int = 0
    """How many of the batch were never written to."""
    look_again: bool = False
    """Somebody's risk moved since the plan was made: read the detections before judging them."""


def judge_risky(
    *,
    action: Action,
    outcomes: Mapping[str, Outcome],
    readings: Iterable[ReadUser],
    seen: Mapping[str, str],
    others: Mapping[str, tuple[Detection, ...]],
    detections_read_at: int,
    released: Collection[str] = (),
    most: int | None = None,
) -> JudgedBatch:
    """Judge users for an action on their risk, in the order of their rank.

    outcomes: the plan's users; only those who wait are judged. seen: their riskLastUpdatedDateTime at the plan. A moved
    timestamp alone leads to a look at the detections: the user is left for the next judgement unless these were read
    after they were. released: whom the plan releases though a person confirmed them compromised. most: so many who were
    never written to, and no more.
    """
    facts = CATALOGUE[action]
    if not isinstance(facts, RiskAction):
        raise TypeError(f"{action.value} is no write on risky users")
    settled: list[Outcome] = []
    ready: list[Outcome] = []
    look_again = False
    for reading in {reading.user.user_id: reading for reading in readings}.values():
        user = reading.user
        outcome = outcomes.get(user.user_id)
        if outcome is None or outcome.state is not OutcomeState.WAITING:
            continue
        done = _as_read(outcome, facts, reading, others.get(user.user_id, ()), is_released=user.user_id in released)
        if done is not None:
            settled.append(done)
        elif user.last_updated_text != seen.get(user.user_id) and detections_read_at < reading.read_at:
            look_again = True
        else:
            ready.append(outcome)
    return replace(_next_batch(ready, facts.batch_size, most), settled=tuple(settled), look_again=look_again)


def _as_read(
    outcome: Outcome, facts: RiskAction, reading: ReadUser, others: tuple[Detection, ...], *, is_released: bool
) -> Outcome | None:
    """The outcome that a fresh reading settles; None if the user still is to be written to."""
    user = reading.user
    if user.is_deleted:
        return _skipped(outcome, DELETED)
    if outcome.was_written and user.is_processing:
        return replace(outcome, state=OutcomeState.ACCEPTED, why="")
    if not facts.is_needed(user):
        if outcome.was_written:
            return replace(outcome, state=OutcomeState.VERIFIED, why="", verified_at=reading.read_at)
        return _skipped(outcome, f"closed by somebody else ({user.risk_detail or user.risk_state})")
    if others:
        return _skipped(outcome, _named(others))
    if user.risk_state == COMPROMISED and not is_released:
        return _skipped(outcome, CONFIRMED_COMPROMISED)
    return None


def judge_accounts(
    *,
    action: Action,
    outcomes: Mapping[str, Outcome],
    accounts: Mapping[str, AccountState],
    others: Mapping[str, tuple[Detection, ...]],
    most: int | None = None,
) -> JudgedBatch:
    """Judge users for an action on the account itself: `accounts` are those of them who are there."""
    facts = CATALOGUE[action]
    if not isinstance(facts, AccountAction):
        raise TypeError(f"{action.value} is no write on accounts")
    settled: list[Outcome] = []
    ready: list[Outcome] = []
    for user_id, outcome in outcomes.items():
        if outcome.state is not OutcomeState.WAITING:
            continue
        account = accounts.get(user_id)
        if account is None:
            settled.append(_skipped(outcome, DELETED))
        elif not facts.is_needed(account):
            done = replace(outcome, state=OutcomeState.VERIFIED, why="", verified_at=account.read_at)
            settled.append(done if outcome.was_written else _skipped(outcome, "somebody else had asked for it already"))
        elif others.get(user_id):
            settled.append(_skipped(outcome, _named(others[user_id])))
        else:
            ready.append(outcome)
    return replace(_next_batch(ready, facts.batch_size, most), settled=tuple(settled))


def _next_batch(ready: Sequence[Outcome], batch_size: int, most: int | None) -> JudgedBatch:
    """Blocked users first. Those of a refused batch go in smaller ones, apart from the rest."""
    ranked = sorted(ready, key=lambda outcome: (outcome.sends == 0, outcome.rank) if most is not None else outcome.rank)
    if most is not None:
        known = sum(1 for outcome in ranked if outcome.sends)
        ranked = ranked[: known + most]
    limit = min((outcome.batch_limit for outcome in ranked), default=batch_size)
    limit = min(limit, batch_size)
    fitting = [each.user_id for each in ranked if each.batch_limit <= limit or limit == batch_size]
    batch = tuple(fitting[:limit])
    new = sum(1 for outcome in ranked if not outcome.sends and outcome.user_id in set(batch))
    return JudgedBatch(batch, len(ranked) - len(batch), (), new)


def _skipped(outcome: Outcome, why: str) -> Outcome:
    return replace(outcome, state=OutcomeState.SKIPPED, why=why)


def _named(others: tuple[Detection, ...]) -> str:
    return f"{ANOTHER_DETECTION}: {', '.join(sorted({other.risk_event_type for other in others}))}"
