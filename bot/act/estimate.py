"""What a run will take, told before anybody signs."""

from dataclasses import dataclass

from bot.act.actions import CATALOGUE, RiskAction
from bot.act.next_step import USERS_A_PAGE
from bot.decide.action import Action

ACCOUNTS_A_READING = 300
"""Source: Microsoft Graph: `id in (...)` takes 15, and 20 of those fit a $batch."""
DIRECTORY_WRITES_A_SECOND = 20
"""Source: Microsoft Graph throttling limits: 3,000 writes in 150 s an app and tenant."""


@dataclass(frozen=True, slots=True)
class RunEstimate:
    """Calls to Graph and seconds at Microsoft's limit, without what Microsoft itself takes to carry it out."""

    calls: int
    seconds: float

    def __str__(self) -> str:
        """For instance "17 calls, about 20 s at Microsoft's limit"."""
        calls = f"{self.calls:,} call" + ("" if self.calls == 1 else "s")
        return f"{calls}, about {_in_words(self.seconds)} at Microsoft's limit"


def estimate(action: Action, *, users: int, at_risk: int, calls_a_second: float) -> RunEstimate:
    """Estimate a run.

    Actions on risk: a write for each batch, and the tenant's users at risk read twice by the page; calls_a_second is
    the pace of Identity Protection. Actions on accounts: a write for each batch, and the users read before and after;
    each user is one write of the directory's budget.
    """
    facts = CATALOGUE[action]
    writes = -(-users // facts.batch_size)
    if isinstance(facts, RiskAction):
        calls = writes + 2 * -(-max(users, at_risk) // USERS_A_PAGE)
        return RunEstimate(calls, calls / calls_a_second)
    calls = writes + 2 * -(-users // ACCOUNTS_A_READING)
    return RunEstimate(calls, users / DIRECTORY_WRITES_A_SECOND)


def _in_words(seconds: float) -> str:
    """20 s, 7 minutes, 3 hours; seconds to the next five, since it is an estimate."""
    if seconds < 100:  # noqa: PLR2004 - up to there people count seconds
        return f"{max(5, -(-int(seconds) // 5) * 5)} s"
    minutes = seconds / 60
    return f"{round(minutes)} minutes" if minutes < 100 else f"{round(minutes / 60)} hours"  # noqa: PLR2004 - likewise
