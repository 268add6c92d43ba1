"""What of doing is kept: runs, their intents and answers, the outcome of each user, and who was cleared.

Every row belongs to a tenant; times are microseconds since 1970 UTC.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from bot.act.outcome import Outcome, OutcomeState, Queued
from bot.act.run import Intent, Run, RunFacts
from bot.ports.graph import Answer


class Runs(Protocol):
    """Runs, their intents and answers."""

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

    def gives_way(self, run: Run, now: int) -> bool:
        """Whether a run that goes first has somebody to write to now."""

    def facts(self, run: Run, now: int) -> RunFacts:
        """What the next step depends on."""

    def announce(self, run: Run, intent: Intent) -> None:
        """Commit an intent: its users are `sending`. A user in another open intent is refused by the database."""

    def answer(self, run: Run, intent: Intent, answer: Answer, at: int) -> None:
        """Keep the answer and free the intent's users; their outcomes are set apart from this."""

    def next_number(self, run: Run) -> int:
        """The number of the next batch, from 1."""


class Outcomes(Protocol):
    """What became of each user of a run."""

    def counts(self, tenant_id: str, run_id: str) -> dict[OutcomeState, int]:
        """Users by outcome, every state named."""

    def reasons(self, tenant_id: str, run_id: str) -> tuple[tuple[str, int], ...]:
        """Why users were skipped or failed, with how many, most first."""

    def of_run(
        self, tenant_id: str, run_id: str, *, state: OutcomeState | None = None, user_ids: Collection[str] | None = None
    ) -> dict[str, Outcome]:
        """Outcomes by user id."""

    def queue(self, run: Run) -> tuple[Queued, ...]:
        """Who waits to be written to."""

    def sent_at(self, run: Run) -> dict[str, int]:
        """Who was accepted and is not visible yet, by user id, with when he was last named in a write."""

    def put_off_looks(self, run: Run, *, until: int) -> None:
        """Look at nobody who is accepted before then."""

    def keep(self, run: Run, found: Iterable[Outcome]) -> None:
        """Write outcomes."""

    def rank_first(self, run: Run, user_ids: Collection[str]) -> None:
        """These of the users who wait go before the others."""

    def on_the_way(self, tenant_id: str, surge_id: str) -> frozenset[str]:
        """Users of the surge whom Microsoft accepted and who are not visible as done yet."""


class Cleared(Protocol):
    """Users whose risk a run cleared, and seen to be."""

    def since(self, tenant_id: str, since: int) -> tuple[tuple[str, int], ...]:
        """Users whose risk was cleared, each with the time at which that was verified."""

    def among(self, tenant_id: str, user_ids: Collection[str], since: int) -> frozenset[str]:
        """Which of these were verified, since then, to be cleared by a run that clears risk."""

    def flagged_again(
        self, tenant_id: str, *, within: int, run_id: str | None = None, surge_id: str | None = None
    ) -> dict[str, str]:
        """Users of a run or surge who were flagged anew within so long of their verified clean-up, with its run."""

    def last(self, tenant_id: str, user_ids: Collection[str], since: int) -> dict[str, tuple[str, int]]:
        """Which of these users were cleared since: the run that did it last, and when that was verified."""
