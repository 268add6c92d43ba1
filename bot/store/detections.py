"""Every detection that was ever seen."""

from collections.abc import Collection, Iterable
from dataclasses import fields

from sqlalchemy import and_, or_, select

from bot.decide.plan import NEVER_IN_BULK
from bot.store.rows import Repository, select_by_keys, upsert_rows
from bot.store.tables import detections, surge_users
from bot.watch.detector import Flag
from bot.watch.risk import CLOSED_STATES, Detection, is_open
from bot.watch.surge import Surge

_COLUMNS = [field.name for field in fields(Detection)]
_JUDGED_COLUMNS = [name for name in _COLUMNS if name != "raw"]


class Detections(Repository):
    """Every detection ever seen, with its raw JSON."""

    def keep_detections(self, tenant_id: str, found: Iterable[Detection], visible_at: int | None) -> tuple[Flag, ...]:
        """Insert the new, update the known; the flags of those that are new.

        visible_at None: read as history, each taken as visible when it was detected.
        """
        by_id = {detection.id: detection for detection in found}
        known = {
            row["id"]
            for row in select_by_keys(
                self._connection, [detections.c.id], detections.c.id, by_id, detections.c.tenant_id == tenant_id
            )
        }
        rows = [
            {"tenant_id": tenant_id, "visible_at": detection.detected_at if visible_at is None else visible_at}
            | {column: getattr(detection, column) for column in _COLUMNS}
            for detection in by_id.values()
        ]
        upsert_rows(
            self._connection, detections, rows, keep={"visible_at", "detected_at", "user_id", "risk_event_type"}
        )
        return tuple(
            Flag(
                each.id,
                each.user_id,
                each.risk_event_type,
                each.detected_at,
                each.detected_at if visible_at is None else visible_at,
            )
            for each in by_id.values()
            if each.id not in known
        )

    def flags_since(self, tenant_id: str, since: int) -> tuple[Flag, ...]:
        """All flags detected since."""
        columns = detections.c
        statement = select(
            columns.id, columns.user_id, columns.risk_event_type, columns.detected_at, columns.visible_at
        ).where(columns.tenant_id == tenant_id, columns.detected_at >= since)
        return tuple(Flag(*row) for row in self._connection.execute(statement))

    def detections_of(self, tenant_id: str, user_ids: Collection[str], since: int) -> tuple[Detection, ...]:
        """Detections of these users, detected since; without their raw JSON."""
        found = select_by_keys(
            self._connection,
            [detections.c[name] for name in _JUDGED_COLUMNS],
            detections.c.user_id,
            user_ids,
            detections.c.tenant_id == tenant_id,
            detections.c.detected_at >= since,
        )
        return tuple(Detection(**row, raw=b"") for row in found)

    def open_of_surge_users(self, surge: Surge, since: int) -> tuple[Detection, ...]:
        """Open detections of the surge's users, detected since, that may stand against them; without their raw JSON.

        Those that are not part of the surge, and those of a kind that is never cleared in bulk.
        """
        members = select(surge_users.c.user_id).where(
            surge_users.c.tenant_id == surge.tenant_id, surge_users.c.surge_id == surge.id
        )
        is_part = and_(
            detections.c.risk_event_type.in_(surge.risk_event_types),
            detections.c.detected_at.between(surge.window_start, surge.window_end),
        )
        statement = select(*(detections.c[name] for name in _JUDGED_COLUMNS)).where(
            detections.c.tenant_id == surge.tenant_id,
            detections.c.detected_at >= since,
            detections.c.risk_state.not_in(CLOSED_STATES),
            or_(~is_part, detections.c.risk_event_type.in_(NEVER_IN_BULK)),
            detections.c.user_id.in_(members),
        )
        return tuple(Detection(**row, raw=b"") for row in self._connection.execute(statement).mappings())

    def users_with_open(self, tenant_id: str, user_ids: Collection[str]) -> frozenset[str]:
        """Which of these users have a detection that is still open."""
        columns = [detections.c.user_id, detections.c.risk_state]
        found = select_by_keys(
            self._connection, columns, detections.c.user_id, user_ids, detections.c.tenant_id == tenant_id
        )
        return frozenset(row["user_id"] for row in found if is_open(row["risk_state"]))
