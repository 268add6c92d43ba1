"""Users whose risk a run cleared, and seen to be: who they are, and who of them was flagged again."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, func, select

from bot.act.outcome import OutcomeState
from bot.decide.plan import CLEARS_RISK
from bot.store.rows import Repository, select_by_keys
from bot.store.tables import detections, intents, outcomes, runs

_DONE_AT = func.coalesce(outcomes.c.verified_at, outcomes.c.sent_at)
"""Rows of an earlier version lack the verified time."""
_BY_A_PERSON = ["adminConfirmedUserCompromised"]
"""Detections that a person's word makes: no flag of Microsoft's."""


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


class Cleared(Repository):
    """Users whose risk a run cleared, and seen to be."""

    def cleared_since(self, tenant_id: str, since: int) -> tuple[tuple[str, int], ...]:
        """Users whose risk was cleared, each with the time at which that was verified."""
        statement = select(outcomes.c.user_id, _DONE_AT).where(_is_cleared(tenant_id), since <= _DONE_AT)
        return tuple((row[0], row[1]) for row in self._connection.execute(statement))

    def cleared_among(self, tenant_id: str, user_ids: Collection[str], since: int) -> frozenset[str]:
        """Which of these were verified, since then, to be cleared by a run that clears risk."""
        column = outcomes.c.user_id
        found = select_by_keys(self._connection, [column], column, user_ids, _is_cleared(tenant_id), since <= _DONE_AT)
        return frozenset(row["user_id"] for row in found)

    def flagged_again(
        self, tenant_id: str, *, within: int, run_id: str | None = None, surge_id: str | None = None
    ) -> dict[str, str]:
        """Users of a run or surge who were flagged anew within so long of their verified clean-up, with its run."""
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

    def last_cleared(self, tenant_id: str, user_ids: Collection[str], since: int) -> dict[str, tuple[str, int]]:
        """Which of these users were cleared since: the run that did it last, and when that was verified."""
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
