"""The catalogue of what is read for the whole tenant: its name, how it is read, how long it is good for."""

from collections.abc import Collection
from typing import Any, TypeVar

import msgspec

from bot.operations.reading.keep_readings import Kind
from bot.operations.tenant import Tenant
from bot.ports.graph import GraphError
from bot.watch.access_policies import AccessPolicy
from bot.watch.announcements import MicrosoftApp
from bot.watch.durations import HOUR, MINUTE
from bot.watch.privilege import RoleReport
from bot.watch.profile import Domain
from bot.watch.registration import RegistrationReport

T = TypeVar("T")


class PolicyReport(msgspec.Struct, frozen=True):
    """The policies on user risk, and who is in the groups that they name."""

    policies: tuple[AccessPolicy, ...]
    members: dict[str, frozenset[str]]
    """By group id; a group that could not be read is not in it."""
    problem: str = ""
    """Why a group could not be read; empty when all were."""


class RolloutReport(msgspec.Struct, frozen=True):
    """Whom staged rollout lets sign in at Entra though their domain is federated."""

    groups: frozenset[str] | None
    """Ids of its groups as Microsoft told them; None where that can't be read, and what the team states counts."""
    members: dict[str, frozenset[str]]
    """By group id; a group that could not be read is not in it."""
    problem: str = ""
    """Why a group, or else the rollouts, could not be read; empty when all were."""

    def users(self, stated: Collection[str]) -> frozenset[str]:
        """Ids of the users. stated: the groups that the team states; one stated since counts from the next reading."""
        counted = stated if self.groups is None else self.groups
        return frozenset[str]().union(*(self.members.get(group, frozenset()) for group in counted))


class SeenApp(msgspec.Struct, frozen=True):
    """An app of Microsoft's as the snapshots show it: v1.0 does not tell when it came."""

    app: MicrosoftApp
    missing_at: int | None
    """The last snapshot without it (microseconds UTC); None where the first one had it already."""
    seen_at: int
    """The first snapshot with it."""


async def _read_policies(tenant: Tenant, _: PolicyReport | None) -> PolicyReport:
    """Only those on user risk, and only the groups that they name."""
    policies = tuple(policy for policy in await tenant.graph.access_policies() if policy.acts_on_user_risk)
    named = {group for policy in policies for group in (*policy.include_groups, *policy.exclude_groups)}
    members, problem = await _members_of(tenant, named)
    return PolicyReport(policies, members, problem)


async def _members_of(tenant: Tenant, group_ids: Collection[str]) -> tuple[dict[str, frozenset[str]], str]:
    """Members by group, and why some are missing; empty when none are."""
    members: dict[str, frozenset[str]] = {}
    problem = ""
    for group_id in sorted(group_ids):
        try:
            members[group_id] = await tenant.graph.group_members(group_id)
        except GraphError as unread:
            problem = unread.why
    return members, problem


async def _read_rollout(tenant: Tenant, before: RolloutReport | None) -> RolloutReport:
    """Where it can't be read and never was, what the team states. Raises GraphError where it states nothing either."""
    stated = tenant.tenant_facts.staged_rollout
    try:
        groups = await tenant.graph.staged_rollout()
    except GraphError as unread:
        if not stated or (before is not None and before.groups is not None):
            raise
        members, problem = await _members_of(tenant, stated)
        return RolloutReport(None, members, problem or unread.why)
    members, problem = await _members_of(tenant, groups)
    return RolloutReport(groups, members, problem)


async def _read_apps(tenant: Tenant, before: tuple[SeenApp, ...] | None) -> tuple[SeenApp, ...]:
    """A snapshot, compared with the one before: what is new in it came between the two."""
    now = tenant.world.now()
    found = await tenant.graph.microsoft_apps()
    if before is None:
        return tuple(SeenApp(app, None, now) for app in found)
    reading = await tenant.store.look(lambda tx: tx.readings.reading_named(tenant.id, APPS.name))
    last = reading.read_at if reading is not None else now
    known = {seen.app.id: seen for seen in before}
    return tuple(
        msgspec.structs.replace(known[app.id], app=app) if app.id in known else SeenApp(app, last, now) for app in found
    )


def _json(type_: Any) -> dict[str, Any]:  # noqa: ANN401 - a type as msgspec takes it
    decoder = msgspec.json.Decoder(type_)
    return {"pack": msgspec.json.encode, "unpack": decoder.decode}


DOMAINS: Kind[tuple[Domain, ...]] = Kind(
    "domains", lambda tenant, _: tenant.graph.domains(), **_json(tuple[Domain, ...]), nightly=12 * HOUR, at_a_surge=HOUR
)
REGISTRATION: Kind[RegistrationReport] = Kind(
    "registration report",
    lambda tenant, _: tenant.graph.registrations(),
    pack=RegistrationReport.pack,
    unpack=RegistrationReport.unpack,
    nightly=20 * HOUR,
    at_a_surge=26 * HOUR,
)
"""The slowest of all. Microsoft's own report lags by hours, so one of last night is as good as a new one."""
ROLES: Kind[RoleReport] = Kind(
    "roles", lambda tenant, _: tenant.graph.roles(), **_json(RoleReport), nightly=12 * HOUR, at_a_surge=HOUR
)
POLICIES: Kind[PolicyReport] = Kind(
    "access policies", _read_policies, **_json(PolicyReport), nightly=12 * HOUR, at_a_surge=5 * MINUTE
)
APPS: Kind[tuple[SeenApp, ...]] = Kind(
    "Microsoft's apps", _read_apps, **_json(tuple[SeenApp, ...]), nightly=6 * HOUR, at_a_surge=30 * MINUTE
)
HASH_SYNC: Kind[bool | None] = Kind(
    "password hash sync",
    lambda tenant, _: tenant.graph.password_hash_sync(),
    **_json(bool | None),
    nightly=20 * HOUR,
    at_a_surge=24 * HOUR,
)
ROLLOUT: Kind[RolloutReport] = Kind(
    "staged rollout", _read_rollout, **_json(RolloutReport), nightly=20 * HOUR, at_a_surge=24 * HOUR
)
LICENCES: Kind[frozenset[str]] = Kind(
    "licences",
    lambda tenant, _: tenant.graph.licences(),
    **_json(frozenset[str]),
    nightly=20 * HOUR,
    at_a_surge=24 * HOUR,
)

IN_THE_NIGHT: tuple[Kind[Any], ...] = (DOMAINS, ROLES, POLICIES, APPS, HASH_SYNC, ROLLOUT, LICENCES, REGISTRATION)
"""The quick ones first."""
