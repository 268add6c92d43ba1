"""What comes next in a run: a pure function of its state, the facts and the time.

Everything is judged again at each step; nothing is remembered between steps but what the tables hold.
"""

from dataclasses import dataclass

from bot.act.canary import IN_TIME, must_close
from bot.act.pause import PauseReason
from bot.act.run import VISIBLE_WITHIN, Intent, Run, RunFacts, RunState
from bot.watch.durations import MINUTE

USERS_A_PAGE = 500
LONGEST_PATIENCE = MINUTE
"""A canary that was seen late, since Microsoft or the bot was away, does not say how long Microsoft takes."""
FEW = 20
"""So many users are read one by one where that is cheaper than reading pages."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to do until somebody or something changes the state."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """An intent has no answer: read its users before anything else is sent."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Send:
    """Users wait: read them and write."""

    most: int | None = None
    """While the canary is out: so many who were never written to, and no more; None: everybody."""


@dataclass(frozen=True, slots=True)
class Verify:
    """The answers of these users are old enough to look for the effect."""

    user_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PassCanary:
    """Enough of the canary is closed: the rest may go."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing more is written until people look at it."""

    reason: PauseReason
    why: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is due before this time."""

    until: int


@dataclass(frozen=True, slots=True)
class Finish:
    """Nobody is left to write to, and whoever is not visible yet has had their time."""


Step = Nothing | ReadBack | Send | Verify | PassCanary | Pause | Wait | Finish


def next_step(run: Run, facts: RunFacts, now: int) -> Step:
    """Say what the run needs now (microseconds UTC)."""
    if facts.unanswered:
        return ReadBack(facts.unanswered[0])
    writes = run.state.writes
    if writes and facts.waiting:
        step = _to_write(run, facts, now)
        if step is not None:
            return step
    if facts.due and now >= _pages_from(facts):
        return Verify(facts.due)
    if writes and not facts.waiting and (not facts.accepted or now >= (facts.last_sent_at or 0) + VISIBLE_WITHIN):
        return Finish()
    times = _times(run, facts, now)
    return Wait(min(times)) if times else Nothing()


def _to_write(run: Run, facts: RunFacts, now: int) -> Step | None:
    """What stands before the next write, or the write; None while it has to wait."""
    if facts.trip is not None:
        return Pause(facts.trip.reason, facts.trip.why)
    if run.state is RunState.QUEUED or not run.is_on_trial:
        return Send() if now >= run.not_before else None
    needed = must_close(run.canary)
    if facts.verified >= needed:
        return PassCanary()
    is_late = run.canary_since is not None and now >= run.canary_since + IN_TIME
    if is_late and facts.due:  # the bot may have been away: look before it is called late
        return Verify(facts.due)
    if is_late or facts.failed > run.canary - needed:
        return Pause(
            PauseReason.CANARY,
            f"{facts.verified} of the {run.canary} users who went first are closed at Microsoft, {facts.failed} "
            f"failed; {needed} must be closed before the rest goes",
        )
    room = max(0, run.canary - facts.sent)
    return Send(room) if (room or facts.again) and now >= run.not_before else None


def _pages_from(facts: RunFacts) -> int:
    """When a reading by the page may begin: Microsoft takes its time, and each page is asked for once.

    The users written last come last; by the time their page is read they have had as long as the slowest of the canary.
    """
    if len(facts.due) <= FEW or facts.slowest is None or facts.last_sent_at is None:
        return 0
    pages = -(-facts.sent // USERS_A_PAGE)
    return facts.last_sent_at + min(facts.slowest, LONGEST_PATIENCE) - pages * facts.slot


def _times(run: Run, facts: RunFacts, now: int) -> list[int]:
    times = []
    if facts.next_look is not None:
        times.append(max(facts.next_look, _pages_from(facts)) if facts.due else facts.next_look)
    if run.state.writes and facts.waiting:
        if run.not_before > now:
            times.append(run.not_before)
        if run.is_on_trial and run.canary_since is not None:
            times.append(run.canary_since + IN_TIME)
    return times
