"""What a surge's card offers: after a run it keeps no button that starts anything, until there is work for another."""

from bot.record.account import RequestAccount, SurgeAccount
from bot.watch.surge import SurgeState


def can_ask(account: SurgeAccount) -> bool:
    """Whether Request remediation is offered: somebody is left whom no request and no run is at.

    While one waits or runs, that is only so where a briefing made since then counted somebody: those who joined later
    go into a plan of their own.
    """
    briefing = account.briefing
    if account.surge.state is SurgeState.CLOSED:
        return False
    eligible = briefing.eligible if briefing is not None else None
    if is_under_way(account):
        return is_counted_since_the_last_change(account) and bool(eligible)
    if not is_read_since_the_run(account):
        return False
    return eligible is None or eligible > 0 or not is_counted_since_the_last_change(account)


def is_under_way(account: SurgeAccount) -> bool:
    """Whether a request waits for its signatures, or a run is not over."""
    runs = [request.run for request in account.requests if request.run is not None]
    return account.pending is not None or any(not run.run.state.is_over for run in runs)


def is_counted_since_the_last_change(account: SurgeAccount) -> bool:
    """Whether the figures are newer than the last request, and the last end of one."""
    briefing = account.briefing
    return briefing is not None and all(briefing.made_at >= _changed_at(request) for request in account.requests)


def _changed_at(account: RequestAccount) -> int:
    return max(account.request.created_at, account.request.settled_at or 0)


def is_read_since_the_run(account: SurgeAccount) -> bool:
    """Whether the figures are newer than the end of the last run; True where there was none."""
    run, briefing = account.latest_run, account.briefing
    if run is None:
        return True
    return briefing is not None and briefing.made_at > (run.run.ended_at or run.run.created_at)


def is_finished(account: SurgeAccount) -> bool:
    """Whether nobody is expected to do anything: the surge is closed, or its last run left nothing to ask for."""
    if account.surge.state is SurgeState.CLOSED:
        return True
    run = account.latest_run
    return run is not None and not is_under_way(account) and not can_ask(account)


def can_recover(account: SurgeAccount) -> bool:
    """Whether Request recovery is offered: signers are flagged, too few are left, and nobody has asked for it yet."""
    return account.shortage is not None and not account.shortage.is_asked_for
