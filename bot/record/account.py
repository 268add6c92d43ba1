"""The account people are given: a surge, its requests and runs as plain facts, the same on card and terminal."""

from dataclasses import dataclass

from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import Run
from bot.decide.action import Action
from bot.decide.plan import PlanSummary
from bot.decide.request import Request, RequestState, Verdict, Vote, missing_signatures, signers_of
from bot.watch.briefing import Briefing
from bot.watch.surge import Surge


@dataclass(frozen=True, slots=True)
class RunAccount:
    """A run, its users counted by outcome."""

    run: Run
    action: Action
    planned: int
    counts: dict[OutcomeState, int]
    requester: str
    signers: tuple[str, ...]
    """Slack user ids, in the order of signing."""
    signed_at: int
    open_reasons: tuple[tuple[str, int], ...]
    """Why users were skipped or failed, with how many, most first."""
    users_a_minute: int | None = None
    """How fast users get their outcome; None where it is not known."""
    seconds_left: float | None = None
    """How long the rest will take at that pace; None where it is not known."""
    flagged_again: int = 0
    """Users flagged anew within a fortnight of their verified clean-up."""

    @property
    def settled(self) -> int:
        """Users with a final outcome."""
        return sum(count for state, count in self.counts.items() if state.is_final)


@dataclass(frozen=True, slots=True)
class RequestAccount:
    """A request with its plan and votes."""

    request: Request
    plan: PlanSummary
    votes: tuple[Vote, ...]
    surge: Surge
    run: RunAccount | None
    people: tuple["PersonLine", ...] = ()
    """Whom it is about by name, where they are few: the one who is released, the signers who are recovered."""
    could_sign: int | None = None
    """How many people could still sign it, as far as is known; None where it is settled."""
    may_ask_again: bool = False
    """It ended without a run, and nobody has asked again yet."""

    @property
    def signed(self) -> int:
        """People who signed, each counted once."""
        return len(signers_of(self.request, [vote for vote in self.votes if vote.verdict is Verdict.APPROVE]))

    @property
    def missing(self) -> int:
        """Signatures still missing."""
        return self._missing[0]

    @property
    def missing_glass(self) -> int:
        """How many of them must come from break-glass approvers."""
        return self._missing[1]

    @property
    def _missing(self) -> tuple[int, int]:
        is_open = self.request.state is RequestState.PENDING
        return missing_signatures(self.request, self.votes) if is_open else (0, 0)


@dataclass(frozen=True, slots=True)
class Shortage:
    """Those who could sign are fewer than must, because signers are flagged themselves."""

    able: int
    needed: int
    flagged: int
    """Accounts of signers whom this surge flagged."""
    break_glass: int
    """Break-glass approvers on the list."""
    is_asked_for: bool
    """A recovery waits for its signatures, or runs."""


@dataclass(frozen=True, slots=True)
class SurgeAccount:
    """A surge with what is known and what was done about it."""

    surge: Surge
    briefing: Briefing | None
    requests: tuple[RequestAccount, ...]
    """Oldest first."""
    watch_problem: str
    """Why watching does not work at the moment; empty when it does."""
    shortage: Shortage | None = None
    """Set where a clean-up could not be signed as it is."""
    flagged_again: int = 0
    """Users flagged anew within a fortnight of their verified clean-up."""

    @property
    def latest_run(self) -> RunAccount | None:
        """The run of the newest request that has one."""
        runs = [request.run for request in self.requests if request.run]
        return runs[-1] if runs else None

    @property
    def pending(self) -> RequestAccount | None:
        """The request that waits for its signatures."""
        return next((each for each in self.requests if each.request.state is RequestState.PENDING), None)


@dataclass(frozen=True, slots=True)
class CallAccount:
    """The direct message that calls somebody to sign."""

    request: RequestAccount
    link: str
    """To the request's card; empty where Slack gave none."""
    is_reminder: bool = False
    """Not the first call."""


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One member of a figure: who, and by which fact they are counted there."""

    user_id: str
    user_principal_name: str
    display_name: str
    fact: str


@dataclass(frozen=True, slots=True)
class FigureMembers:
    """One figure with its members."""

    name: str
    people: tuple[PersonLine, ...]


def count_outcomes(outcomes: tuple[Outcome, ...]) -> dict[OutcomeState, int]:
    """How many users stand where, every state named."""
    counts = dict.fromkeys(OutcomeState, 0)
    for outcome in outcomes:
        counts[outcome.state] += 1
    return counts
