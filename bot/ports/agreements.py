"""What of agreeing and doing is kept: plans, requests, votes, one-time codes; runs, outcomes, intents and answers.

Every row belongs to a tenant; times are microseconds since 1970 UTC.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from bot.act.outcome import Outcome, OutcomeState, Queued
from bot.act.run import Intent, Run, RunFacts
from bot.decide.codes import Enrolment
from bot.decide.request import Request, RequestState, Vote
from bot.ports.graph import Answer


class Requests(Protocol):
    """Plans, requests and votes."""

    def add_plan(self, tenant_id: str, plan_hash: str, body: bytes) -> None:
        """Keep a plan's canonical bytes; the same plan twice is one row."""

    def plan_body(self, tenant_id: str, plan_hash: str) -> bytes:
        """The bytes as they were kept. Raises LookupError."""

    def add(self, request: Request) -> None:
        """A new request. A second pending one for the same surge is refused by the database."""

    def get(self, tenant_id: str, request_id: str) -> Request | None:
        """By id."""

    def of_surge(self, tenant_id: str, surge_id: str) -> tuple[Request, ...]:
        """Oldest first."""

    def pending(self, tenant_id: str) -> tuple[Request, ...]:
        """Those that wait for signatures, oldest first."""

    def taken(self, tenant_id: str, *, but_of: str = "") -> frozenset[str]:
        """Users in a pending plan, or whom a run is to act on or has not seen done yet.

        but_of: a request whose own plan takes nobody.
        """

    def set_called(self, request: Request, *, calls: int, at: int) -> bool:
        """So many rounds of calls went out by now; False if it is settled, or somebody was faster."""

    def expired(self, tenant_id: str, now: int) -> tuple[Request, ...]:
        """Pending ones whose time is up."""

    def settle(self, request: Request, state: RequestState, *, by: str | None, at: int, why: str = "") -> bool:
        """From pending to a final state; False if somebody was faster. why: in words, where nobody did it."""

    def add_vote(self, request: Request, vote: Vote) -> bool:
        """One vote a person; False if that person voted before."""

    def votes(self, tenant_id: str, request_id: str) -> tuple[Vote, ...]:
        """In order of time."""


class Codes(Protocol):
    """Who was enrolled for one-time codes; a person has one for every tenant."""

    def get(self, user_id: str) -> Enrolment | None:
        """By Slack user id."""

    def save(self, enrolment: Enrolment) -> None:
        """Insert or update."""

    def remove(self, user_id: str) -> bool:
        """Whether there was one."""

    def all(self) -> tuple[Enrolment, ...]:
        """By user id."""


class Runs(Protocol):
    """Runs, the outcome of each user, intents and answers."""

    def add(self, run: Run, user_ids: Sequence[str]) -> None:
        """A new run, every user waiting. A second run of the same request is refused by the database."""

    def save(self, run: Run) -> None:
        """Update state, times, note."""

    def get(self, tenant_id: str, run_id: str) -> Run | None:
        """By id."""

    def of_request(self, tenant_id: str, request_id: str) -> Run | None:
        """The run of a request."""

    def unfinished(self, tenant_id: str) -> tuple[Run, ...]:
        """Runs that are not over, or whose users may still become visible; oldest first."""

    def facts(self, run: Run, now: int) -> RunFacts:
        """What the next step depends on."""

    def counts(self, tenant_id: str, run_id: str) -> dict[OutcomeState, int]:
        """Users by outcome, every state named."""

    def reasons(self, tenant_id: str, run_id: str) -> tuple[tuple[str, int], ...]:
        """Why users were skipped or failed, with how many, most first."""

    def outcomes(
        self, tenant_id: str, run_id: str, *, state: OutcomeState | None = None, user_ids: Collection[str] | None = None
    ) -> dict[str, Outcome]:
        """Outcomes by user id."""

    def queue(self, run: Run) -> tuple[Queued, ...]:
        """Who waits to be written to."""

    def sent_at(self, run: Run) -> dict[str, int]:
        """Who was accepted and is not visible yet, by user id, with when he was last named in a write."""

    def put_off_looks(self, run: Run, *, due_by: int, until: int) -> None:
        """Look at those who were due by then, and are accepted still, at `until`."""

    def set_outcomes(self, run: Run, outcomes: Iterable[Outcome]) -> None:
        """Write outcomes."""

    def announce(self, run: Run, intent: Intent) -> None:
        """Commit an intent: its users are `sending`. A user in another open intent is refused by the database."""

    def answer(self, run: Run, intent: Intent, answer: Answer, at: int) -> None:
        """Keep the answer and free the intent's users; their outcomes are set apart from this."""

    def on_the_way(self, tenant_id: str, surge_id: str) -> frozenset[str]:
        """Users of the surge whom Microsoft accepted and who are not visible as done yet."""

    def cleared(self, tenant_id: str, since: int) -> tuple[tuple[str, int], ...]:
        """Users whose risk was cleared, each with the time at which that was verified."""

    def cleared_among(self, tenant_id: str, user_ids: Collection[str], since: int) -> frozenset[str]:
        """Which of these were verified, since then, to be cleared by a run that clears risk."""

    def flagged_again(
        self, tenant_id: str, *, within: int, run_id: str | None = None, surge_id: str | None = None
    ) -> dict[str, str]:
        """Users of a run or surge who were flagged anew within so long of their verified clean-up, with its run."""

    def last_clearing(self, tenant_id: str, user_ids: Collection[str], since: int) -> dict[str, tuple[str, int]]:
        """Which of these users were cleared since: the run that did it last, and when that was verified."""

    def rank_first(self, run: Run, user_ids: Collection[str]) -> None:
        """These of the users who wait go before the others."""

    def gives_way(self, run: Run, now: int) -> bool:
        """Whether a run that goes first has somebody to write to now."""

    def next_number(self, run: Run) -> int:
        """The number of the next batch, from 1."""
