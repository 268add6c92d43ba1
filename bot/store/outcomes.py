"""The outcome of each user of a run."""

import sys
from collections.abc import Collection, Iterable
from dataclasses import fields

from sqlalchemy import ColumnElement, RowMapping, and_, func, select, update

from bot.act.outcome import Outcome, OutcomeState, Queued
from bot.act.run import Run
from bot.store.rows import MOST_KEYS, Repository, select_by_keys, upsert_rows
from bot.store.tables import outcomes, runs

OUTCOME_COLUMNS = [field.name for field in fields(Outcome) if field.name != "state"]


def _outcome(row: RowMapping) -> Outcome:
    return Outcome(state=OutcomeState(row["state"]), **{name: row[name] for name in OUTCOME_COLUMNS})


def accepted_of(run: Run) -> ColumnElement[bool]:
    """The outcomes of its users whom Microsoft accepted and who are not visible yet."""
    return and_(
        outcomes.c.tenant_id == run.tenant_id,
        outcomes.c.run_id == run.id,
        outcomes.c.state == OutcomeState.ACCEPTED.value,
    )


class Outcomes(Repository):
    """What became of each user of a run."""

    def count_outcomes(self, tenant_id: str, run_id: str) -> dict[OutcomeState, int]:
        """Users by outcome, every state named."""
        statement = (
            select(outcomes.c.state, func.count())
            .where(outcomes.c.tenant_id == tenant_id, outcomes.c.run_id == run_id)
            .group_by(outcomes.c.state)
        )
        counts = dict.fromkeys(OutcomeState, 0)
        for state, count in self._connection.execute(statement):
            counts[OutcomeState(state)] = count
        return counts

    def outcome_reasons(self, tenant_id: str, run_id: str) -> tuple[tuple[str, int], ...]:
        """Why users were skipped or failed, with how many, most first."""
        count = func.count()
        statement = (
            select(outcomes.c.why, count)
            .where(outcomes.c.tenant_id == tenant_id, outcomes.c.run_id == run_id, outcomes.c.why != "")
            .group_by(outcomes.c.why)
            .order_by(count.desc(), outcomes.c.why)
        )
        return tuple((row[0], row[1]) for row in self._connection.execute(statement))

    def outcomes_of_run(
        self, tenant_id: str, run_id: str, *, state: OutcomeState | None = None, user_ids: Collection[str] | None = None
    ) -> dict[str, Outcome]:
        """Outcomes by user id."""
        where = [outcomes.c.tenant_id == tenant_id, outcomes.c.run_id == run_id]
        if state is not None:
            where.append(outcomes.c.state == state.value)
        if user_ids is not None:
            found = select_by_keys(self._connection, list(outcomes.c), outcomes.c.user_id, user_ids, *where)
            return {row["user_id"]: _outcome(row) for row in found}
        statement = select(outcomes).where(*where).order_by(outcomes.c.user_id)
        return {row["user_id"]: _outcome(row) for row in self._connection.execute(statement).mappings()}

    def queued_users(self, run: Run) -> tuple[Queued, ...]:
        """Who waits to be written to."""
        of_run = and_(outcomes.c.tenant_id == run.tenant_id, outcomes.c.run_id == run.id)
        statement = select(outcomes.c.user_id, outcomes.c.sends, outcomes.c.rank).where(
            of_run, outcomes.c.state == OutcomeState.WAITING.value
        )
        return tuple(Queued(*row) for row in self._connection.execute(statement))

    def sent_at(self, run: Run) -> dict[str, int]:
        """Who was accepted and is not visible yet, by user id, with when they were last named in a write."""
        statement = select(outcomes.c.user_id, outcomes.c.sent_at).where(accepted_of(run))
        return {sys.intern(user_id): at or 0 for user_id, at in self._connection.execute(statement)}

    def put_off_looks(self, run: Run, *, until: int) -> None:
        """Look at nobody who is accepted before then."""
        self._connection.execute(
            update(outcomes).where(accepted_of(run), outcomes.c.look_at < until).values(look_at=until)
        )

    def keep_outcomes(self, run: Run, found: Iterable[Outcome]) -> None:
        """Write outcomes."""
        rows = (
            {"tenant_id": run.tenant_id, "run_id": run.id, "state": outcome.state.value}
            | {name: getattr(outcome, name) for name in OUTCOME_COLUMNS}
            for outcome in found
        )
        upsert_rows(self._connection, outcomes, rows)

    def rank_first(self, run: Run, user_ids: Collection[str]) -> None:
        """These of the users who wait go before the others."""
        wanted = sorted(user_ids)
        for start in range(0, len(wanted), MOST_KEYS):
            self._connection.execute(
                update(outcomes)
                .where(
                    outcomes.c.tenant_id == run.tenant_id,
                    outcomes.c.run_id == run.id,
                    outcomes.c.user_id.in_(wanted[start : start + MOST_KEYS]),
                    outcomes.c.state == OutcomeState.WAITING.value,
                )
                .values(rank=0)
            )

    def on_the_way(self, tenant_id: str, surge_id: str) -> frozenset[str]:
        """Users of the surge whom Microsoft accepted and who are not visible as done yet."""
        statement = (
            select(outcomes.c.user_id)
            .join(runs, and_(runs.c.tenant_id == outcomes.c.tenant_id, runs.c.id == outcomes.c.run_id))
            .where(
                runs.c.tenant_id == tenant_id,
                runs.c.surge_id == surge_id,
                outcomes.c.state == OutcomeState.ACCEPTED.value,
            )
        )
        return frozenset(self._connection.execute(statement).scalars())
