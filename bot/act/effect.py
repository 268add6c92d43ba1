"""Whether a write took effect: judged from a reading that was begun after it, and when to look again."""

from dataclasses import replace

from bot.act.actions import CATALOGUE, RiskAction
from bot.act.judge import DELETED, NOT_LISTED
from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import MOST_SENDS, VISIBLE_WITHIN
from bot.decide.action import Action
from bot.watch.account import AccountState
from bot.watch.durations import HOUR, SECOND
from bot.watch.risk import RiskyUser

SOON_SLOTS = 2
SOON = SOON_SLOTS * SECOND
HOURLY = HOUR


def next_look(sent_at: int, now: int, slot: int = SECOND) -> int:
    """When to look again for an effect: soon at first, then less often, hourly after VISIBLE_WITHIN.

    slot: microseconds between two requests; the first looks are two slots apart, and never more than two seconds.
    """
    age = now - sent_at
    if age < VISIBLE_WITHIN:
        return now + min(max(min(SOON, SOON_SLOTS * slot), age // 2), 120 * SECOND)
    return now + HOURLY


def after_verification(
    outcome: Outcome,
    *,
    action: Action,
    found: RiskyUser | AccountState | None,
    read_at: int,
    now: int,
    resend_after: int,
    slot: int = SECOND,
) -> Outcome:
    """The outcome after a reading begun at `read_at`, after the write. found None: Graph lists nobody by this id."""
    facts = CATALOGUE[action]
    if isinstance(facts, RiskAction):
        if isinstance(found, AccountState):
            raise TypeError(f"{action.value} shows by the risk, not by the account")
        if found is None or found.is_deleted:
            return replace(outcome, state=OutcomeState.SKIPPED, why=DELETED if found else NOT_LISTED)
        is_visible, is_as_before = facts.shows(found), facts.is_needed(found) and not found.is_processing
    else:
        if found is None:
            return replace(outcome, state=OutcomeState.SKIPPED, why=DELETED)
        if not isinstance(found, AccountState):
            raise TypeError(f"{action.value} shows by the account, not by the risk")
        is_visible = facts.shows(found, outcome.sent_at or now)
        is_as_before = not is_visible
    if is_visible:
        return replace(outcome, state=OutcomeState.VERIFIED, why="", verified_at=read_at)
    if is_as_before and now >= (outcome.sent_at or now) + resend_after:
        return _as_before(outcome)
    return replace(outcome, state=OutcomeState.ACCEPTED, why="", look_at=next_look(outcome.sent_at or now, now, slot))


def _as_before(outcome: Outcome) -> Outcome:
    """Microsoft accepted the write, and nothing came of it: send again, but not for ever."""
    if outcome.sends >= MOST_SENDS:
        why = f"Microsoft accepted {outcome.sends} requests, and nothing changed"
        return replace(outcome, state=OutcomeState.FAILED, why=why)
    return replace(outcome, state=OutcomeState.WAITING, why="", look_at=0)
