"""How a run stands, in words: the same on the surge's card and on the run's own."""

from bot.act.outcome import OutcomeState
from bot.record.account import RunAccount
from bot.slack.cards.text import mention, number

BAR = 10


def counts(run: RunAccount) -> list[str]:
    """A number beside each word: verified 1,180, accepted (not yet visible) 3, skipped 2, failed 0."""
    shown = (OutcomeState.VERIFIED, OutcomeState.ACCEPTED, OutcomeState.SKIPPED, OutcomeState.FAILED)
    return [f"{state.value} {number(run.counts.get(state, 0))}" for state in shown]


def waiting(run: RunAccount) -> int:
    """Users who were not written to, or whose write has no answer yet."""
    return run.counts.get(OutcomeState.WAITING, 0) + run.counts.get(OutcomeState.SENDING, 0)


def progress(run: RunAccount) -> str:
    """▓▓▓▓▓▓░░░░ 62 % (744 of 1,200). 100 % only when nobody is missing."""
    planned = max(run.planned, 1)
    share = min(run.settled / planned, 1.0)
    filled = int(share * BAR)
    percent = int(share * 100)
    return f"{'▓' * filled}{'░' * (BAR - filled)} {percent} % ({number(run.settled)} of {number(run.planned)})"


def flagged_again(users: int) -> str:
    """Users with a detection dated after their verified clean-up."""
    return f"Re-flagged after clean-up: {number(users)}. *Details* on the surge's card names them: look at each."


def asked_and_signed(run: RunAccount) -> str:
    """Asked by @A, signed by @B and @C."""
    signers = [mention(each) for each in run.signers[:10]]
    return f"Asked by {mention(run.requester)}, signed by {' and '.join(signers) or 'nobody'}"


def top_reasons(reasons: tuple[tuple[str, int], ...], most: int) -> list[str]:
    """Reasons with how many, the first few; then how many users have another."""
    shown = [f"{number(count)}: {reason}" for reason, count in reasons[:most]]
    rest = sum(count for _, count in reasons[most:])
    return [*shown, f"{number(rest)} for other reasons"] if rest else shown
