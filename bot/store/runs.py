"""Runs, their intents and answers."""

from collections.abc import Sequence
from dataclasses import fields

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Text,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from bot.act.outcome import Outcome, OutcomeState
from bot.act.pause import PauseReason
from bot.act.run import WATCHED_FOR, Intent, Run, RunFacts, RunState
from bot.decide.action import Action
from bot.ports.graph import Answer
from bot.store.outcomes import OUTCOME_COLUMNS, Outcomes, accepted_of
from bot.store.rows import Repository
from bot.store.tables import intents, open_intent_users, outcomes, runs

_PLAIN = [field.name for field in fields(Run) if field.name not in {"state", "paused_because"}]
_PLAIN_OF_INTENT = [field.name for field in fields(Intent) if field.name not in {"action", "user_ids"}]


def _run(row: RowMapping) -> Run:
    because = PauseReason(row["paused_because"]) if row["paused_because"] else None
    return Run(state=RunState(row["state"]), paused_because=because, **{name: row[name] for name in _PLAIN})


def _row(run: Run) -> dict[str, object]:
    because = run.paused_because.value if run.paused_because else ""
    return {name: getattr(run, name) for name in _PLAIN} | {"state": run.state.value, "paused_because": because}


def _intent(row: RowMapping) -> Intent:
    user_ids = tuple(msgspec.json.decode(row["user_ids"], type=list[str]))
    return Intent(action=Action(row["action"]), user_ids=user_ids, **{name: row[name] for name in _PLAIN_OF_INTENT})


def _listed(connection: Connection, keys: Sequence[str]) -> ColumnElement[str]:
    """Tens of thousands of keys as the rows of one statement, in one parameter."""
    if connection.dialect.name == "postgresql":
        return func.unnest(literal(list(keys), postgresql.ARRAY(Text))).column_valued("listed")
    return func.json_each(msgspec.json.encode(keys).decode()).table_valued("value").c.value


class Runs(Repository):
    """Runs, their intents and answers."""

    def add_run(self, run: Run, user_ids: Sequence[str]) -> None:
        """A new run, every user waiting. A second run of the same request is refused by the database."""
        self._connection.execute(insert(runs).values(_row(run)))
        waiting = Outcome("", OutcomeState.WAITING)
        same = {name: getattr(waiting, name) for name in OUTCOME_COLUMNS if name != "user_id"}
        same |= {"tenant_id": run.tenant_id, "run_id": run.id, "state": waiting.state.value}
        columns = [literal(value, outcomes.c[name].type).label(name) for name, value in same.items()]
        listed = _listed(self._connection, user_ids)
        self._connection.execute(insert(outcomes).from_select([*same, "user_id"], select(*columns, listed)))

    def keep_run(self, run: Run) -> None:
        """Update state, times, note."""
        of_run = and_(runs.c.tenant_id == run.tenant_id, runs.c.id == run.id)
        self._connection.execute(update(runs).where(of_run).values(_row(run)))

    def run_by_id(self, tenant_id: str, run_id: str) -> Run | None:
        """By id."""
        statement = select(runs).where(runs.c.tenant_id == tenant_id, runs.c.id == run_id)
        row = self._connection.execute(statement).mappings().first()
        return _run(row) if row else None

    def run_of_request(self, tenant_id: str, request_id: str) -> Run | None:
        """The run of a request."""
        statement = select(runs).where(runs.c.tenant_id == tenant_id, runs.c.request_id == request_id)
        row = self._connection.execute(statement).mappings().first()
        return _run(row) if row else None

    def unfinished_runs(self, tenant_id: str) -> tuple[Run, ...]:
        """Runs that are not over, or whose users may still become visible; oldest first."""
        visible_later = (
            select(outcomes.c.user_id)
            .where(
                outcomes.c.tenant_id == runs.c.tenant_id,
                outcomes.c.run_id == runs.c.id,
                outcomes.c.state.in_([OutcomeState.ACCEPTED.value, OutcomeState.SENDING.value]),
            )
            .exists()
        )
        over = runs.c.state.in_([RunState.DONE.value, RunState.STOPPED.value])
        statement = (
            select(runs)
            .where(runs.c.tenant_id == tenant_id, or_(~over, visible_later))
            .order_by(runs.c.created_at, runs.c.id)
        )
        return tuple(_run(row) for row in self._connection.execute(statement).mappings())

    def gives_way(self, run: Run, now: int) -> bool:
        """Whether a run that goes first has somebody to write to now."""
        somebody_waits = (
            select(outcomes.c.user_id)
            .where(
                outcomes.c.tenant_id == runs.c.tenant_id,
                outcomes.c.run_id == runs.c.id,
                outcomes.c.state == OutcomeState.WAITING.value,
            )
            .exists()
        )
        statement = select(runs.c.id).where(
            runs.c.tenant_id == run.tenant_id,
            runs.c.id != run.id,
            runs.c.goes_first,
            runs.c.state.in_([RunState.QUEUED.value, RunState.RUNNING.value]),
            runs.c.not_before <= now,
            somebody_waits,
        )
        return not run.goes_first and self._connection.execute(statement).first() is not None

    def run_facts(self, run: Run, now: int) -> RunFacts:
        """What the next step depends on."""
        of_run = and_(outcomes.c.tenant_id == run.tenant_id, outcomes.c.run_id == run.id)
        watched = and_(accepted_of(run), outcomes.c.sent_at > now - WATCHED_FOR)
        unanswered = (
            select(intents)
            .where(intents.c.tenant_id == run.tenant_id, intents.c.run_id == run.id, intents.c.answered_at.is_(None))
            .order_by(intents.c.number)
        )
        counts = Outcomes(self._connection).count_outcomes(run.tenant_id, run.id)
        row = self._connection.execute(
            select(func.min(outcomes.c.look_at), func.max(outcomes.c.sent_at)).where(watched)
        ).one()
        due = (
            select(outcomes.c.user_id)
            .where(watched, outcomes.c.look_at <= now)
            .order_by(outcomes.c.look_at, outcomes.c.user_id)
        )
        named = or_(outcomes.c.sends > 0, outcomes.c.state == OutcomeState.SENDING.value)
        is_waiting = outcomes.c.state == OutcomeState.WAITING.value
        sent, again, slowest = self._connection.execute(
            select(
                func.count().filter(named, outcomes.c.state != OutcomeState.SKIPPED.value),
                func.count().filter(is_waiting, outcomes.c.sends > 0),
                func.max(outcomes.c.verified_at - outcomes.c.sent_at).filter(
                    outcomes.c.verified_at <= (run.canary_passed_at or 0)
                ),
            ).where(of_run)
        ).one()
        return RunFacts(
            unanswered=tuple(_intent(each) for each in self._connection.execute(unanswered).mappings()),
            waiting=counts[OutcomeState.WAITING],
            accepted=counts[OutcomeState.ACCEPTED],
            due=tuple(self._connection.execute(due).scalars()),
            next_look=row[0],
            last_sent_at=row[1],
            again=again,
            sent=sent,
            verified=counts[OutcomeState.VERIFIED],
            failed=counts[OutcomeState.FAILED],
            slowest=slowest,
        )

    def keep_intent(self, run: Run, intent: Intent) -> None:
        """Commit an intent: its users are `sending`. A user in another open intent is refused by the database."""
        self._connection.execute(
            insert(intents).values(
                tenant_id=run.tenant_id,
                action=intent.action.value,
                user_ids=msgspec.json.encode(intent.user_ids).decode(),
                microsoft_request_id="",
                why="",
                **{name: getattr(intent, name) for name in _PLAIN_OF_INTENT},
            )
        )
        rows = [{"tenant_id": run.tenant_id, "user_id": each, "intent_id": intent.id} for each in intent.user_ids]
        self._connection.execute(insert(open_intent_users), rows)
        self._connection.execute(
            update(outcomes)
            .where(
                outcomes.c.tenant_id == run.tenant_id,
                outcomes.c.run_id == run.id,
                outcomes.c.user_id.in_(intent.user_ids),
            )
            .values(state=OutcomeState.SENDING.value)
        )

    def keep_answer(self, run: Run, intent: Intent, answer: Answer, at: int) -> None:
        """Keep the answer and free the intent's users; their outcomes are set apart from this."""
        self._connection.execute(
            update(intents)
            .where(intents.c.tenant_id == run.tenant_id, intents.c.id == intent.id)
            .values(answered_at=at, status=answer.status, microsoft_request_id=answer.request_id, why=answer.why)
        )
        self._connection.execute(
            delete(open_intent_users).where(
                open_intent_users.c.tenant_id == run.tenant_id, open_intent_users.c.intent_id == intent.id
            )
        )

    def next_batch_number(self, run: Run) -> int:
        """The number of the next batch, from 1."""
        statement = select(func.coalesce(func.max(intents.c.number), 0)).where(
            intents.c.tenant_id == run.tenant_id, intents.c.run_id == run.id
        )
        return int(self._connection.execute(statement).scalar_one()) + 1
