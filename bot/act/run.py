"""What comes next in a run: a pure function of its state, the facts and the time.

One pass reads the tenant's risky users page by page and writes each page's batches at once, so that what a batch
rests on was read moments before. Everything is judged again at each step; nothing is remembered between steps but
what the tables hold and the page in hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.act.actions import CATALOGUE, is_fit, shows_effect
from bot.act.outcome import Outcome, OutcomeState
from bot.decide.action import Action
from bot.watch.risk import Detection, RiskyUser

SECOND = 1_000_000
MOST_SENDS = 3
"""A user who stays as he was after this many accepted writes has failed."""
DETECTIONS_FRESH_FOR = 60 * SECOND
STATE_FRESH_FOR_SLOTS = 10
VISIBLE_WITHIN = 30 * 60 * SECOND
"""A run ends when all that is missing has had this long to become visible; looking goes on for WATCHED_FOR."""
WATCHED_FOR = 48 * 3600 * SECOND


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"

    @property
    def is_over(self) -> bool:
        """Nothing more will be written to Graph."""
        return self in {RunState.STOPPED, RunState.DONE}


@dataclass(frozen=True, slots=True)
class Run:
    """The execution of one approved plan. Times in microseconds UTC."""

    tenant_id: str
    id: str
    request_id: str
    surge_id: str
    plan_hash: str
    state: RunState
    created_at: int
    started_at: int | None = None
    ended_at: int | None = None
    steered_by: str | None = None
    """Slack user id of who paused, resumed or stopped it last."""
    note: str = ""
    """Why it is paused, or what went wrong, in words."""
    not_before: int = 0
    """After a failed write: when the next may go out."""
    canary: int = 0
    """How many users go first, to see that the action works; 0: no canary."""
    canary_since: int | None = None
    """When the canary's first batch went out, or when somebody let it go on."""
    canary_passed_at: int | None = None
    needs_signature: bool = False
    """Paused by a tripwire: only a new signature lets it go on."""
    goes_first: bool = False
    """A recovery: it is carried out before the others."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A batch announced before it is sent. Without an answer its fate is unknown until its users are read back."""

    id: str
    run_id: str
    number: int
    action: Action
    user_ids: tuple[str, ...]
    made_at: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to do until somebody or something changes the state."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """An intent has no answer: read its users before anything else is sent."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Send:
    """Users wait: read the risky users and write."""


@dataclass(frozen=True, slots=True)
class Verify:
    """The answers of these users are old enough to look for the effect."""

    user_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is due before this time."""

    until: int


@dataclass(frozen=True, slots=True)
class Finish:
    """Nobody is left to write to, and whoever is not visible yet has had his time."""


Step = Nothing | ReadBack | Send | Verify | Wait | Finish


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the next step depends on. Times in microseconds UTC."""

    unanswered: tuple[Intent, ...]
    waiting: int
    accepted: int
    """Accepted and not yet visible."""
    due: tuple[str, ...]
    """Those of them whose time to be read has come."""
    next_look: int | None
    """When the next of them is to be read."""
    last_sent_at: int | None
    """The last answer that accepted one of them; None where that is longer ago than users are watched."""


def next_step(run: Run, facts: RunFacts, now: int) -> Step:
    """Say what the run needs now."""
    if facts.unanswered:
        return ReadBack(facts.unanswered[0])
    writes = not run.state.is_over and run.state is not RunState.PAUSED
    if writes and facts.waiting and now >= run.not_before:
        return Send()
    if facts.due:
        return Verify(facts.due)
    if writes and not facts.waiting and (not facts.accepted or now >= (facts.last_sent_at or 0) + VISIBLE_WITHIN):
        return Finish()
    times = [facts.next_look] if facts.next_look is not None else []
    if writes and facts.waiting:
        times.append(run.not_before)
    return Wait(min(times)) if times else Nothing()


@dataclass(frozen=True, slots=True)
class Judged:
    """A page of risky users, judged just before writing."""

    batch: tuple[str, ...]
    """Who goes out now; at most the action's batch size."""
    more: bool
    """Whether the page holds more to send after this batch."""
    settled: tuple[Outcome, ...]
    """Who is not to be written to, and why; or who turned out to be done."""
    look_again: bool
    """Somebody's risk moved since the plan was made: read the detections before judging him."""


def _as_read(outcome: Outcome, action: Action, user: RiskyUser, others: tuple[Detection, ...]) -> Outcome | None:
    """The outcome that a fresh reading settles; None if the user still is to be written to."""

    def settled(state: OutcomeState, why: str = "") -> Outcome:
        return Outcome(outcome.user_id, state, why, outcome.sends, outcome.sent_at, outcome.batch_limit)

    if user.is_deleted:
        return settled(OutcomeState.SKIPPED, "the account was deleted")
    if outcome.sends and user.is_processing:
        return settled(OutcomeState.ACCEPTED)
    if not is_fit(action, user):
        if outcome.sends:
            return settled(OutcomeState.VERIFIED)
        return settled(OutcomeState.SKIPPED, f"closed by somebody else ({user.risk_detail or user.risk_state})")
    if others:
        types = ", ".join(sorted({other.risk_event_type for other in others}))
        return settled(OutcomeState.SKIPPED, f"another open detection: {types}")
    if user.risk_state == "confirmedCompromised" and action is not Action.CONFIRM_COMPROMISED:
        return settled(OutcomeState.SKIPPED, "confirmed compromised by a person")
    return None


def judge_page(
    *,
    action: Action,
    outcomes: Mapping[str, Outcome],
    page: Sequence[RiskyUser],
    seen: Mapping[str, str],
    others: Mapping[str, tuple[Detection, ...]],
    detections_read_at: int,
    page_read_at: int,
) -> Judged:
    """Judge a page. `outcomes` are the waiting users of the plan, `seen` their riskLastUpdatedDateTime at the plan.

    A moved timestamp alone leads to a look at the detections: the user is left for the next judgement unless the
    detections were read after the page was.
    """
    settled: list[Outcome] = []
    ready: list[Outcome] = []
    look_again = False
    for user in {user.user_id: user for user in page}.values():
        outcome = outcomes.get(user.user_id)
        if outcome is None or outcome.state is not OutcomeState.WAITING:
            continue
        done = _as_read(outcome, action, user, others.get(user.user_id, ()))
        if done is not None:
            settled.append(done)
        elif user.last_updated_text != seen.get(user.user_id) and detections_read_at < page_read_at:
            look_again = True
        else:
            ready.append(outcome)
    facts = CATALOGUE[action]
    limit = min((outcome.batch_limit for outcome in ready), default=facts.batch_size)
    limit = min(limit, facts.batch_size)
    group = [outcome.user_id for outcome in ready if outcome.batch_limit <= limit or limit == facts.batch_size][:limit]
    return Judged(tuple(group), len(ready) > len(group), tuple(settled), look_again)


def next_look(sent_at: int, now: int) -> int:
    """When to look again for an effect: soon at first, then less often, hourly after VISIBLE_WITHIN."""
    age = now - sent_at
    if age < VISIBLE_WITHIN:
        return now + min(max(3 * SECOND, age // 2), 120 * SECOND)
    return now + 3600 * SECOND


def after_verification(
    outcome: Outcome, *, action: Action, user: RiskyUser | None, now: int, resend_after: int
) -> Outcome:
    """The outcome after a GET begun after the write. user None: Graph does not list him any more."""
    if user is None or user.is_deleted:
        why = "the account was deleted" if user else "Microsoft does not list the user among the risky ones any more"
        return Outcome(outcome.user_id, OutcomeState.SKIPPED, why, outcome.sends, outcome.sent_at)
    if shows_effect(action, user):
        return Outcome(outcome.user_id, OutcomeState.VERIFIED, "", outcome.sends, outcome.sent_at)
    sent_at = outcome.sent_at or now
    if not user.is_processing and is_fit(action, user) and now >= sent_at + resend_after:
        if outcome.sends >= MOST_SENDS:
            why = f"Microsoft accepted {outcome.sends} requests, and the risk is as it was"
            return Outcome(outcome.user_id, OutcomeState.FAILED, why, outcome.sends, outcome.sent_at)
        return Outcome(outcome.user_id, OutcomeState.WAITING, "", outcome.sends, outcome.sent_at, outcome.batch_limit)
    look_at = next_look(sent_at, now)
    return Outcome(
        outcome.user_id, OutcomeState.ACCEPTED, "", outcome.sends, outcome.sent_at, outcome.batch_limit, look_at
    )
