"""Figures that the database counts by itself, so that tens of thousands of rows need not be read for them."""

import sys
from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from bot.store.rows import Repository
from bot.store.tables import detections, directory_users, profiles, risky_users, surge_users, watches
from bot.watch.profile import SignInKind
from bot.watch.surge import Surge


class Counts(Repository):
    """Figures that the database counts by itself."""

    def flagged_at(self, surge: Surge) -> dict[str, int]:
        """By user id: the first flag that is part of the surge (microseconds UTC)."""
        statement = (
            select(detections.c.user_id, func.min(detections.c.detected_at))
            .where(_part_of(surge), detections.c.user_id.in_(_members(surge)))
            .group_by(detections.c.user_id)
        )
        return {sys.intern(user_id): at for user_id, at in self._connection.execute(statement)}

    def users_by_type(self, surge: Surge) -> dict[str, int]:
        """Users by the types of their detections in the surge."""
        statement = (
            select(detections.c.risk_event_type, func.count(func.distinct(detections.c.user_id)))
            .where(_part_of(surge), detections.c.user_id.in_(_members(surge)))
            .group_by(detections.c.risk_event_type)
        )
        return dict(iter(self._connection.execute(statement)))

    def last_detection(self, tenant_id: str, risk_event_type: str, before: int) -> int | None:
        """When somebody of the tenant was last flagged for this type before a time."""
        found: int | None = self._connection.execute(
            select(func.max(detections.c.detected_at)).where(
                detections.c.tenant_id == tenant_id,
                detections.c.risk_event_type == risk_event_type,
                detections.c.detected_at < before,
            )
        ).scalar()
        return found

    def departments(self, tenant_id: str, surge: Surge | None = None) -> dict[str, int]:
        """Users by department in the directory: the tenant's, or a surge's. Those without one are left out."""
        statement = (
            select(directory_users.c.department, func.count())
            .where(self._of(tenant_id, surge), directory_users.c.department != "")
            .group_by(directory_users.c.department)
        )
        return dict(iter(self._connection.execute(statement)))

    def newer_passwords(self, tenant_id: str, *, than: int, before: int, surge: Surge | None = None) -> tuple[int, int]:
        """Enabled users whose password was changed before a time: how many after another, and how many in all."""
        changed = directory_users.c.password_changed_at
        newer = func.sum(case((changed > than, 1), else_=0))
        is_enabled = or_(directory_users.c.account_enabled.is_(None), directory_users.c.account_enabled.is_(True))
        row = self._connection.execute(
            select(newer, func.count()).where(self._of(tenant_id, surge), changed < before, is_enabled)
        ).one()
        return int(row[0] or 0), int(row[1])

    def users_in_domains(self, tenant_id: str, domains: Collection[str]) -> int:
        """Users of the directory whose principal name is in one of these domains; external ones are not counted."""
        name = func.lower(directory_users.c.user_principal_name)
        if not domains:
            return 0
        is_in = or_(*(name.endswith(f"@{domain.lower()}", autoescape=True) for domain in sorted(domains)))
        return self._one(
            select(func.count())
            .select_from(directory_users)
            .where(directory_users.c.tenant_id == tenant_id, is_in, ~name.contains("#ext#", autoescape=True))
        )

    def guests(self, surge: Surge) -> frozenset[str]:
        """Users of a surge whom a policy means by guests: external identities, and guests whose account is here."""
        columns = directory_users.c
        is_guest = or_(
            func.lower(columns.user_type) == "guest",
            columns.external_user_state != "",
            func.lower(columns.user_principal_name).contains("#ext#", autoescape=True),
        )
        statement = select(columns.user_id).where(self._of(surge.tenant_id, surge), is_guest)
        return frozenset(self._connection.execute(statement).scalars())

    def unread_risk(self, surge: Surge) -> int:
        """How many users of a surge no reading of risky users has listed; guests, who are listed at home, left out."""
        listed = select(risky_users.c.user_id).where(risky_users.c.tenant_id == surge.tenant_id)
        guests = select(profiles.c.user_id).where(
            profiles.c.tenant_id == surge.tenant_id, profiles.c.kind == SignInKind.GUEST.value
        )
        members = _members(surge).where(surge_users.c.user_id.not_in(listed), surge_users.c.user_id.not_in(guests))
        return self._one(select(func.count()).select_from(members.subquery()))

    def watched_tenants(self) -> frozenset[str]:
        """Tenants whose detections were ever read."""
        statement = select(watches.c.tenant_id).where(watches.c.read_through.is_not(None))
        return frozenset(self._connection.execute(statement).scalars())

    def _of(self, tenant_id: str, surge: Surge | None) -> ColumnElement[bool]:
        of_tenant = directory_users.c.tenant_id == tenant_id
        return of_tenant if surge is None else and_(of_tenant, directory_users.c.user_id.in_(_members(surge)))

    def _one(self, statement: Select[int]) -> int:
        return int(self._connection.execute(statement).scalar_one())


def _part_of(surge: Surge) -> ColumnElement[bool]:
    """Detections that are part of a surge, as Surge.holds tells."""
    return and_(
        detections.c.tenant_id == surge.tenant_id,
        detections.c.risk_event_type.in_(surge.risk_event_types),
        detections.c.detected_at.between(surge.window_start, surge.window_end),
    )


def _members(surge: Surge) -> Select[str]:
    return select(surge_users.c.user_id).where(
        surge_users.c.tenant_id == surge.tenant_id, surge_users.c.surge_id == surge.id
    )
