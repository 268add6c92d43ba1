"""What was seen: watches, detections, risky users, profiles."""

import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, fields
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, literal, or_, select

from bot.decide.plan import NEVER_IN_BULK
from bot.ports.watching import Watch
from bot.store.rows import select_by_keys, tuples_by_keys, upsert_rows
from bot.store.tables import detections, directory_users, profiles, risky_users, surge_users, watches
from bot.watch.detector import Flag
from bot.watch.profile import IdentityProvider, Profile, SignInKind
from bot.watch.registration import Registered
from bot.watch.risk import CLOSED_STATES, Detection, RiskyUser, is_open
from bot.watch.surge import Surge


class WatchRows:
    """bot.ports.store.Watches."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, tenant_id: str) -> Watch:
        row = self._connection.execute(select(watches).where(watches.c.tenant_id == tenant_id)).mappings().first()
        return Watch(**row) if row else Watch(tenant_id)

    def save(self, watch: Watch) -> None:
        upsert_rows(self._connection, watches, [asdict(watch)])


class DetectionRows:
    """bot.ports.store.Detections."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, tenant_id: str, found: Iterable[Detection], visible_at: int | None) -> tuple[Flag, ...]:
        by_id = {detection.id: detection for detection in found}
        known = {
            row["id"]
            for row in select_by_keys(
                self._connection, [detections.c.id], detections.c.id, by_id, detections.c.tenant_id == tenant_id
            )
        }
        rows = [
            {"tenant_id": tenant_id, "visible_at": detection.detected_at if visible_at is None else visible_at}
            | {column: getattr(detection, column) for column in _DETECTION_COLUMNS}
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

    def flags(self, tenant_id: str, since: int) -> tuple[Flag, ...]:
        columns = detections.c
        statement = select(
            columns.id, columns.user_id, columns.risk_event_type, columns.detected_at, columns.visible_at
        ).where(columns.tenant_id == tenant_id, columns.detected_at >= since)
        return tuple(Flag(*row) for row in self._connection.execute(statement))

    def of_users(self, tenant_id: str, user_ids: Collection[str], since: int) -> tuple[Detection, ...]:
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

    def open_users(self, tenant_id: str, user_ids: Collection[str]) -> frozenset[str]:
        columns = [detections.c.user_id, detections.c.risk_state]
        found = select_by_keys(
            self._connection, columns, detections.c.user_id, user_ids, detections.c.tenant_id == tenant_id
        )
        return frozenset(row["user_id"] for row in found if is_open(row["risk_state"]))


_DETECTION_COLUMNS = (
    "id",
    "user_id",
    "user_principal_name",
    "user_display_name",
    "risk_event_type",
    "risk_level",
    "risk_state",
    "risk_detail",
    "detected_at",
    "last_updated_text",
    "raw",
)
_JUDGED_COLUMNS = _DETECTION_COLUMNS[:-1]
_RISKY_COLUMNS = [risky_users.c[field.name] for field in fields(RiskyUser)]
_PROFILE_COLUMNS = [profiles.c[field.name] for field in fields(Profile)]
_KINDS = {kind.value: kind for kind in SignInKind}
_registered = lru_cache(maxsize=1024)(Registered)
"""Making a set of flags takes longer than the rest of its row."""


_NAMES = {"user_principal_name", "user_display_name", "display_name", "mail", "department"}


def _nothing(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """An empty text in a column's place."""
    return literal("").label(str(column.key))


def _risky_user(row: Sequence[Any]) -> RiskyUser:
    """Ids, states, levels and details of tens of thousands of rows lie in memory once."""
    user_id, name, shown, level, state, detail, *others = row
    once = sys.intern
    return RiskyUser(once(user_id), name, shown, once(level), once(state), once(detail), *others)


def _profile(row: Sequence[Any]) -> Profile:
    user_id, name, shown, mail, kind, provider, is_enabled, is_passwordless, registered, *others = row
    return Profile(
        sys.intern(user_id),
        name,
        shown,
        mail,
        _KINDS[kind],
        IdentityProvider(provider) if provider else None,
        is_enabled,
        is_passwordless,
        None if registered is None else _registered(registered),
        *others,
    )


class DirectoryRows:
    """bot.ports.store.Directory."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep_risky(self, tenant_id: str, users: Iterable[RiskyUser], read_at: int) -> None:
        rows = [{"tenant_id": tenant_id, "read_at": read_at} | asdict(user) for user in users]
        upsert_rows(self._connection, risky_users, rows, newer="read_at")

    def risky(self, tenant_id: str, user_ids: Collection[str], *, named: bool = True) -> dict[str, RiskyUser]:
        columns = [_nothing(each) if each.name in _NAMES and not named else each for each in _RISKY_COLUMNS]
        found = tuples_by_keys(
            self._connection, columns, risky_users.c.user_id, user_ids, risky_users.c.tenant_id == tenant_id
        )
        return {user.user_id: user for user in map(_risky_user, found)}

    def disabled(self, tenant_id: str) -> frozenset[str]:
        of_tenant = profiles.c.tenant_id == tenant_id
        statement = select(profiles.c.user_id).where(of_tenant, profiles.c.is_enabled.is_(False))
        return frozenset(self._connection.execute(statement).scalars())

    def ids_of(self, tenant_id: str, names: Collection[str]) -> frozenset[str]:
        wanted = {name.casefold() for name in names}
        found: set[str] = set()
        for table in (profiles, risky_users, directory_users):
            if wanted:
                named = func.lower(table.c.user_principal_name).in_(wanted)
                statement = select(table.c.user_id).where(table.c.tenant_id == tenant_id, named)
                found.update(self._connection.execute(statement).scalars())
        return frozenset(found)

    def count_risky(self, tenant_id: str, *, changed_since: str = "") -> int:
        wanted = (
            risky_users.c.last_updated_text >= changed_since if changed_since else risky_users.c.risk_state == "atRisk"
        )
        statement = select(func.count()).where(risky_users.c.tenant_id == tenant_id, wanted)
        found: int = self._connection.execute(statement).scalar_one()
        return found

    def principal_names(self, surge: Surge) -> dict[str, str]:
        columns = profiles.c
        members = select(surge_users.c.user_id).where(
            surge_users.c.tenant_id == surge.tenant_id, surge_users.c.surge_id == surge.id
        )
        statement = (
            select(columns.user_id, columns.user_principal_name)
            .where(columns.tenant_id == surge.tenant_id, columns.user_id.in_(members))
            .order_by(columns.user_id)
        )
        return {sys.intern(user_id): name for user_id, name in self._connection.execute(statement)}

    def ids_beginning(self, tenant_id: str, beginnings: Collection[str]) -> frozenset[str]:
        name = func.lower(profiles.c.user_principal_name)
        begins = or_(*(name.startswith(each, autoescape=True) for each in beginnings))
        statement = select(profiles.c.user_id).where(profiles.c.tenant_id == tenant_id, begins)
        return frozenset(self._connection.execute(statement).scalars())

    def keep_profiles(self, tenant_id: str, found: Iterable[Profile], read_at: int) -> None:
        rows = [{"tenant_id": tenant_id, "read_at": read_at} | asdict(profile) for profile in found]
        upsert_rows(self._connection, profiles, rows, newer="read_at")

    def profiles(self, tenant_id: str, user_ids: Collection[str], *, named: bool = True) -> dict[str, Profile]:
        columns = [_nothing(each) if each.name in _NAMES and not named else each for each in _PROFILE_COLUMNS]
        found = tuples_by_keys(
            self._connection, columns, profiles.c.user_id, user_ids, profiles.c.tenant_id == tenant_id
        )
        return {profile.user_id: profile for profile in map(_profile, found)}
