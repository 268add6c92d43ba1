"""Runs, each user's outcome, intents and their answers."""

import sys
from collections.abc import Collection, Iterable, Sequence
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

from bot.act.outcome import Outcome, OutcomeState, Queued
from bot.act.pause import PauseReason
from bot.act.run import WATCHED_FOR, Intent, Run, RunFacts, RunState
from bot.decide.action import Action
from bot.decide.plan import CLEARS_RISK
from bot.ports.graph import Answer
from bot.store.rows import MOST_KEYS, select_by_keys, upsert_rows
from bot.store.tables import detections, intents, open_intent_users, outcomes, runs

_PLAIN = [field.name for field in fields(Run) if field.name not in {"state", "paused_because"}]
_OUTCOME = [field.name for field in fields(Outcome) if field.name != "state"]


def _run(row: RowMapping) -> Run:
    because = PauseReason(row["paused_because"]) if row["paused_because"] else None
    return Run(state=RunState(row["state"]), paused_because=because, **{name: row[name] for name in _PLAIN})


def _row(run: Run) -> dict[str, object]:
    because = run.paused_because.value if run.paused_because else ""
    return {name: getattr(run, name) for name in _PLAIN} | {"state": run.state.value, "paused_because": because}


def _outcome(row: RowMapping) -> Outcome:
    return Outcome(state=OutcomeState(row["state"]), **{name: row[name] for name in _OUTCOME})


def _intent(row: RowMapping) -> Intent:
    return Intent(
        id=row["id"],
        run_id=row["run_id"],
        number=row["number"],
        action=Action(row["action"]),
        user_ids=tuple(msgspec.json.decode(row["user_ids"], type=list[str])),
        made_at=row["made_at"],
        epoch=row["epoch"],
    )


def _listed(connection: Connection, keys: Sequence[str]) -> ColumnElement[str]:
    """Tens of thousands of keys as the rows of one statement, in one parameter."""
    if connection.dialect.name == "postgresql":
        return func.unnest(literal(list(keys), postgresql.ARRAY(Text))).column_valued("listed")
    return func.json_each(msgspec.json.encode(keys).decode()).table_valued("value").c.value


_DONE_AT = func.coalesce(outcomes.c.verified_at, outcomes.c.sent_at)
"""Rows of an earlier version lack the verified time."""
_BY_A_PERSON = ["adminConfirmedUserCompromised"]
"""Detections that a person's word makes: no flag of Microsoft's."""


def _accepted(run: Run) -> ColumnElement[bool]:
    """The outcomes of its users whom Microsoft accepted and who are not visible yet."""
    return and_(
        outcomes.c.tenant_id == run.tenant_id,
        outcomes.c.run_id == run.id,
        outcomes.c.state == OutcomeState.ACCEPTED.value,
    )


def _is_cleared(tenant_id: str) -> ColumnElement[bool]:
    """The outcomes of users whose risk was cleared, and seen to be."""
    clearing = select(intents.c.run_id).where(
        intents.c.tenant_id == tenant_id, intents.c.action.in_([action.value for action in CLEARS_RISK])
    )
    return and_(
        outcomes.c.tenant_id == tenant_id,
        outcomes.c.state == OutcomeState.VERIFIED.value,
        outcomes.c.run_id.in_(clearing),
    )


class RunRows:
    """bot.ports.store.Runs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, run: Run, user_ids: Sequence[str]) -> None:
        self._connection.execute(insert(runs).values(_row(run)))
        waiting = Outcome("", OutcomeState.WAITING)
        same = {name: getattr(waiting, name) for name in _OUTCOME if name != "user_id"}
        same |= {"tenant_id": run.tenant_id, "run_id": run.id, "state": waiting.state.value}
        columns = [literal(value, outcomes.c[name].type).label(name) for name, value in same.items()]
        listed = _listed(self._connection, user_ids)
        self._connection.execute(insert(outcomes).from_select([*same, "user_id"], select(*columns, listed)))

    def save(self, run: Run) -> None:
        of_run = and_(runs.c.tenant_id == run.tenant_id, runs.c.id == run.id)
        self._connection.execute(update(runs).where(of_run).values(_row(run)))

    def get(self, tenant_id: str, run_id: str) -> Run | None:
        statement = select(runs).where(runs.c.tenant_id == tenant_id, runs.c.id == run_id)
        row = self._connection.execute(statement).mappings().first()
        return _run(row) if row else None

    def of_request(self, tenant_id: str, request_id: str) -> Run | None:
        statement = select(runs).where(runs.c.tenant_id == tenant_id, runs.c.request_id == request_id)
        row = self._connection.execute(statement).mappings().first()
        return _run(row) if row else None

    def unfinished(self, tenant_id: str) -> tuple[Run, ...]:
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

    def facts(self, run: Run, now: int) -> RunFacts:
        of_run = and_(outcomes.c.tenant_id == run.tenant_id, outcomes.c.run_id == run.id)
        watched = and_(_accepted(run), outcomes.c.sent_at > now - WATCHED_FOR)
        unanswered = (
            select(intents)
            .where(intents.c.tenant_id == run.tenant_id, intents.c.run_id == run.id, intents.c.answered_at.is_(None))
            .order_by(intents.c.number)
        )
        counts = self.counts(run.tenant_id, run.id)
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

    def counts(self, tenant_id: str, run_id: str) -> dict[OutcomeState, int]:
        statement = (
            select(outcomes.c.state, func.count())
            .where(outcomes.c.tenant_id == tenant_id, outcomes.c.run_id == run_id)
            .group_by(outcomes.c.state)
        )
        counts = dict.fromkeys(OutcomeState, 0)
        for state, count in self._connection.execute(statement):
            counts[OutcomeState(state)] = count
        return counts

    def reasons(self, tenant_id: str, run_id: str) -> tuple[tuple[str, int], ...]:
        count = func.count()
        statement = (
            select(outcomes.c.why, count)
            .where(outcomes.c.tenant_id == tenant_id, outcomes.c.run_id == run_id, outcomes.c.why != "")
            .group_by(outcomes.c.why)
            .order_by(count.desc(), outcomes.c.why)
        )
        return tuple((row[0], row[1]) for row in self._connection.execute(statement))

    def outcomes(
        self, tenant_id: str, run_id: str, *, state: OutcomeState | None = None, user_ids: Collection[str] | None = None
    ) -> dict[str, Outcome]:
        where = [outcomes.c.tenant_id == tenant_id, outcomes.c.run_id == run_id]
        if state is not None:
            where.append(outcomes.c.state == state.value)
        if user_ids is not None:
            found = select_by_keys(self._connection, list(outcomes.c), outcomes.c.user_id, user_ids, *where)
            return {row["user_id"]: _outcome(row) for row in found}
        statement = select(outcomes).where(*where).order_by(outcomes.c.user_id)
        return {row["user_id"]: _outcome(row) for row in self._connection.execute(statement).mappings()}

    def queue(self, run: Run) -> tuple[Queued, ...]:
        of_run = and_(outcomes.c.tenant_id == run.tenant_id, outcomes.c.run_id == run.id)
        statement = select(outcomes.c.user_id, outcomes.c.sends, outcomes.c.rank).where(
            of_run, outcomes.c.state == OutcomeState.WAITING.value
        )
        return tuple(Queued(*row) for row in self._connection.execute(statement))

    def sent_at(self, run: Run) -> dict[str, int]:
        statement = select(outcomes.c.user_id, outcomes.c.sent_at).where(_accepted(run))
        return {sys.intern(user_id): at or 0 for user_id, at in self._connection.execute(statement)}

    def put_off_looks(self, run: Run, *, due_by: int, until: int) -> None:
        self._connection.execute(
            update(outcomes).where(_accepted(run), outcomes.c.look_at <= due_by).values(look_at=until)
        )

    def set_outcomes(self, run: Run, found: Iterable[Outcome]) -> None:
        rows = (
            {"tenant_id": run.tenant_id, "run_id": run.id, "state": outcome.state.value}
            | {name: getattr(outcome, name) for name in _OUTCOME}
            for outcome in found
        )
        upsert_rows(self._connection, outcomes, rows)

    def announce(self, run: Run, intent: Intent) -> None:
        self._connection.execute(
            insert(intents).values(
                tenant_id=run.tenant_id,
                id=intent.id,
                run_id=run.id,
                number=intent.number,
                action=intent.action.value,
                user_ids=msgspec.json.encode(intent.user_ids).decode(),
                made_at=intent.made_at,
                epoch=intent.epoch,
                microsoft_request_id="",
                why="",
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

    def answer(self, run: Run, intent: Intent, answer: Answer, at: int) -> None:
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

    def on_the_way(self, tenant_id: str, surge_id: str) -> frozenset[str]:
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

    def cleared(self, tenant_id: str, since: int) -> tuple[tuple[str, int], ...]:
        statement = select(outcomes.c.user_id, _DONE_AT).where(_is_cleared(tenant_id), since <= _DONE_AT)
        return tuple((row[0], row[1]) for row in self._connection.execute(statement))

    def cleared_among(self, tenant_id: str, user_ids: Collection[str], since: int) -> frozenset[str]:
        column = outcomes.c.user_id
        found = select_by_keys(self._connection, [column], column, user_ids, _is_cleared(tenant_id), since <= _DONE_AT)
        return frozenset(row["user_id"] for row in found)

    def flagged_again(
        self, tenant_id: str, *, within: int, run_id: str | None = None, surge_id: str | None = None
    ) -> dict[str, str]:
        of_user = and_(
            detections.c.tenant_id == outcomes.c.tenant_id,
            detections.c.user_id == outcomes.c.user_id,
            detections.c.detected_at > _DONE_AT,
            detections.c.detected_at <= _DONE_AT + within,
            detections.c.risk_event_type.not_in(_BY_A_PERSON),
        )
        of_run = and_(runs.c.tenant_id == outcomes.c.tenant_id, runs.c.id == outcomes.c.run_id)
        statement = (
            select(outcomes.c.user_id, func.min(outcomes.c.run_id))
            .select_from(outcomes.join(detections, of_user).join(runs, of_run))
            .where(_is_cleared(tenant_id))
            .group_by(outcomes.c.user_id)
        )
        if run_id is not None:
            statement = statement.where(runs.c.id == run_id)
        if surge_id is not None:
            statement = statement.where(runs.c.surge_id == surge_id)
        return {row[0]: row[1] for row in self._connection.execute(statement)}

    def last_clearing(self, tenant_id: str, user_ids: Collection[str], since: int) -> dict[str, tuple[str, int]]:
        columns = [outcomes.c.user_id, outcomes.c.run_id, _DONE_AT.label("done_at")]
        rows = select_by_keys(
            self._connection, columns, outcomes.c.user_id, user_ids, _is_cleared(tenant_id), since <= _DONE_AT
        )
        found: dict[str, tuple[str, int]] = {}
        for row in rows:
            known = found.get(row["user_id"])
            if known is None or row["done_at"] > known[1]:
                found[row["user_id"]] = row["run_id"], row["done_at"]
        return found

    def rank_first(self, run: Run, user_ids: Collection[str]) -> None:
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

    def gives_way(self, run: Run, now: int) -> bool:
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

    def next_number(self, run: Run) -> int:
        statement = select(func.coalesce(func.max(intents.c.number), 0)).where(
            intents.c.tenant_id == run.tenant_id, intents.c.run_id == run.id
        )
        return int(self._connection.execute(statement).scalar_one()) + 1
