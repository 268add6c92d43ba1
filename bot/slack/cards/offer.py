"""What a surge's card offers: after a run it keeps no button that starts anything, until there is work for another."""

from bot.act.outcome import OutcomeState
from bot.decide.plan import HeldBackReason, Plan
from bot.record.account import RunAccount, SurgeAccount
from bot.slack.cards.outcomes import waiting
from bot.watch.surge import SurgeState

_NOT_AT_RISK = frozenset({HeldBackReason.CLOSED, HeldBackReason.DELETED, HeldBackReason.NOT_LISTED})
_UNSOLVED = (OutcomeState.ACCEPTED, OutcomeState.SKIPPED, OutcomeState.FAILED)


def can_ask(account: SurgeAccount) -> bool:
    """Whether Request remediation is offered: nothing pending, nothing running, and somebody left to act on."""
    if account.surge.state is SurgeState.CLOSED or account.pending is not None:
        return False
    run = account.latest_run
    return run is None or (run.run.state.is_over and _users_are_left(account, run))


def is_finished(account: SurgeAccount) -> bool:
    """Whether nobody is expected to do anything: the surge is closed, or its last run left nothing to ask for."""
    if account.surge.state is SurgeState.CLOSED:
        return True
    run = account.latest_run
    return run is not None and run.run.state.is_over and account.pending is None and not can_ask(account)


def _users_are_left(account: SurgeAccount, run: RunAccount) -> bool:
    """Whether users wait for another request. Whom the run held back on purpose, or failed on, do not."""
    at_risk = _at_risk_since(account, run)
    if at_risk == 0:
        return False
    if waiting(run) or _flagged_since(account, run):
        return True
    plan = next((request.plan for request in account.requests if request.run is run), None)
    if plan is None:
        return False
    if account.surge.users > len(plan.user_ids) + len(plan.held_back):
        return True
    if any(held.reason is HeldBackReason.COHORT for held in plan.held_back):
        return True
    return at_risk is not None and at_risk > _known_to_stay_open(plan, run)


def _at_risk_since(account: SurgeAccount, run: RunAccount) -> int | None:
    """How many are at risk by a briefing made after the run; None where there is none yet."""
    briefing = account.briefing
    if briefing is None or briefing.made_at <= (run.run.ended_at or run.run.created_at):
        return None
    return briefing.at_risk


def _flagged_since(account: SurgeAccount, run: RunAccount) -> bool:
    """Whether the surge came to life again after the run."""
    is_reopened = account.surge.state is SurgeState.REOPENED
    return is_reopened and account.surge.window_end > (run.run.ended_at or run.run.created_at)


def _known_to_stay_open(plan: Plan, run: RunAccount) -> int:
    """At most so many users are still at risk because the run passed over them."""
    on_purpose = sum(1 for held in plan.held_back if held.reason not in _NOT_AT_RISK)
    return on_purpose + sum(run.counts.get(state, 0) for state in _UNSOLVED)
