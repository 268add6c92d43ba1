"""What a surge's card offers: after a run it keeps no button that starts anything, until there is work for another."""

from bot.record.account import SurgeAccount
from bot.watch.surge import SurgeState


def can_ask(account: SurgeAccount) -> bool:
    """Whether Request remediation is offered: nothing pending, nothing running, and somebody left to act on."""
    run, briefing = account.latest_run, account.briefing
    if account.surge.state is SurgeState.CLOSED or account.pending is not None:
        return False
    if run is not None and not (run.run.state.is_over and is_read_since_the_run(account)):
        return False
    return briefing is None or briefing.eligible is None or briefing.eligible > 0


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
    return run is not None and run.run.state.is_over and account.pending is None and not can_ask(account)
