"""Risky users and profiles, as they were read last."""

import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, fields
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, func, literal, or_, select

from bot.store.rows import Repository, tuples_by_keys, upsert_rows
from bot.store.tables import directory_users, profiles, risky_users, surge_users
from bot.watch.profile import IdentityProvider, Profile, SignInKind
from bot.watch.registration import Registered
from bot.watch.risk import RiskyUser
from bot.watch.surge import Surge

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


class Directory(Repository):
    """What was read of users: risk and profile."""

    def keep_risky(self, tenant_id: str, users: Iterable[RiskyUser], read_at: int) -> None:
        """Insert or update; an older reading never overwrites a newer one."""
        rows = [{"tenant_id": tenant_id, "read_at": read_at} | asdict(user) for user in users]
        upsert_rows(self._connection, risky_users, rows, newer="read_at")

    def risky_users(self, tenant_id: str, user_ids: Collection[str], *, named: bool = True) -> dict[str, RiskyUser]:
        """By user id. Without names where they are not needed: tens of thousands weigh."""
        columns = [_nothing(each) if each.name in _NAMES and not named else each for each in _RISKY_COLUMNS]
        found = tuples_by_keys(
            self._connection, columns, risky_users.c.user_id, user_ids, risky_users.c.tenant_id == tenant_id
        )
        return {user.user_id: user for user in map(_risky_user, found)}

    def disabled_users(self, tenant_id: str) -> frozenset[str]:
        """Ids of those whose profile says that they can't sign in."""
        of_tenant = profiles.c.tenant_id == tenant_id
        statement = select(profiles.c.user_id).where(of_tenant, profiles.c.is_enabled.is_(False))
        return frozenset(self._connection.execute(statement).scalars())

    def ids_of(self, tenant_id: str, names: Collection[str]) -> frozenset[str]:
        """User ids of these user principal names, as far as they were read; case does not matter."""
        wanted = {name.casefold() for name in names}
        found: set[str] = set()
        for table in (profiles, risky_users, directory_users):
            if wanted:
                named = func.lower(table.c.user_principal_name).in_(wanted)
                statement = select(table.c.user_id).where(table.c.tenant_id == tenant_id, named)
                found.update(self._connection.execute(statement).scalars())
        return frozenset(found)

    def count_risky(self, tenant_id: str, *, changed_since: str = "") -> int:
        """How many are listed, as last read: at risk; or with a riskLastUpdatedDateTime from this text on."""
        wanted = (
            risky_users.c.last_updated_text >= changed_since if changed_since else risky_users.c.risk_state == "atRisk"
        )
        statement = select(func.count()).where(risky_users.c.tenant_id == tenant_id, wanted)
        found: int = self._connection.execute(statement).scalar_one()
        return found

    def principal_names(self, surge: Surge) -> dict[str, str]:
        """By user id: the user principal names of a surge's users whose profile was read, in order of the ids."""
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
        """User ids of profiles whose user principal name begins so, in lower case."""
        name = func.lower(profiles.c.user_principal_name)
        begins = or_(*(name.startswith(each, autoescape=True) for each in beginnings))
        statement = select(profiles.c.user_id).where(profiles.c.tenant_id == tenant_id, begins)
        return frozenset(self._connection.execute(statement).scalars())

    def keep_profiles(self, tenant_id: str, found: Iterable[Profile], read_at: int) -> None:
        """Insert or update."""
        rows = [{"tenant_id": tenant_id, "read_at": read_at} | asdict(profile) for profile in found]
        upsert_rows(self._connection, profiles, rows, newer="read_at")

    def profiles_of(self, tenant_id: str, user_ids: Collection[str], *, named: bool = True) -> dict[str, Profile]:
        """By user id. Without names and addresses where they are not needed."""
        columns = [_nothing(each) if each.name in _NAMES and not named else each for each in _PROFILE_COLUMNS]
        found = tuples_by_keys(
            self._connection, columns, profiles.c.user_id, user_ids, profiles.c.tenant_id == tenant_id
        )
        return {profile.user_id: profile for profile in map(_profile, found)}
