"""The catalogue of what is read for the whole tenant: its name, how it is read, how long it is good for."""

from typing import Any, TypeVar

import msgspec

from bot.operations.briefing.keep_readings import Kind
from bot.operations.tenant import Tenant
from bot.ports.graph import GraphError
from bot.watch.access_policies import AccessPolicy
from bot.watch.announcements import MicrosoftApp
from bot.watch.privilege import RoleReport
from bot.watch.profile import Domain
from bot.watch.registration import RegistrationReport

MINUTE = 60_000_000
HOUR = 60 * MINUTE
T = TypeVar("T")


class PolicyReport(msgspec.Struct, frozen=True):
    """The policies on user risk, and who is in the groups that they name."""

    policies: tuple[AccessPolicy, ...]
    members: dict[str, frozenset[str]]
    """By group id; a group that could not be read is not in it."""
    problem: str = ""
    """Why a group could not be read; empty when all were."""


class SeenApp(msgspec.Struct, frozen=True):
    """An app of Microsoft's as the snapshots show it: v1.0 does not tell when it came."""

    app: MicrosoftApp
    missing_at: int | None
    """The last snapshot without it (microseconds UTC); None where the first one had it already."""
    seen_at: int
    """The first snapshot with it."""


async def _read_domains(tenant: Tenant, _: tuple[Domain, ...] | None) -> tuple[Domain, ...]:
    return await tenant.graph.domains()


async def _read_registration(tenant: Tenant, _: RegistrationReport | None) -> RegistrationReport:
    return await tenant.graph.registrations()


async def _read_roles(tenant: Tenant, _: RoleReport | None) -> RoleReport:
    return await tenant.graph.roles()


async def _read_policies(tenant: Tenant, _: PolicyReport | None) -> PolicyReport:
    """Only those on user risk, and only the groups that they name."""
    policies = tuple(policy for policy in await tenant.graph.access_policies() if policy.acts_on_user_risk)
    named = {group for policy in policies for group in (*policy.include_groups, *policy.exclude_groups)}
    members: dict[str, frozenset[str]] = {}
    problem = ""
    for group_id in sorted(named):
        try:
            members[group_id] = await tenant.graph.group_members(group_id)
        except GraphError as unread:
            problem = unread.why
    return PolicyReport(policies, members, problem)


async def _read_apps(tenant: Tenant, before: tuple[SeenApp, ...] | None) -> tuple[SeenApp, ...]:
    """A snapshot, compared with the one before: what is new in it came between the two."""
    now = tenant.world.now()
    found = await tenant.graph.microsoft_apps()
    if before is None:
        return tuple(SeenApp(app, None, now) for app in found)
    reading = await tenant.store.look(lambda tx: tx.readings.get(tenant.id, APPS.name))
    last = reading.read_at if reading is not None else now
    known = {seen.app.id: seen for seen in before}
    return tuple(
        msgspec.structs.replace(known[app.id], app=app) if app.id in known else SeenApp(app, last, now) for app in found
    )


async def _read_hash_sync(tenant: Tenant, _: bool | None) -> bool | None:  # noqa: FBT001 - a reading like any other
    return await tenant.graph.password_hash_sync()


async def _read_licences(tenant: Tenant, _: frozenset[str] | None) -> frozenset[str]:
    return await tenant.graph.licences()


def _json(type_: Any) -> dict[str, Any]:  # noqa: ANN401 - a type as msgspec takes it
    decoder = msgspec.json.Decoder(type_)
    return {"pack": msgspec.json.encode, "unpack": decoder.decode}


DOMAINS: Kind[tuple[Domain, ...]] = Kind(
    "domains", _read_domains, **_json(tuple[Domain, ...]), nightly=12 * HOUR, at_a_surge=HOUR
)
REGISTRATION: Kind[RegistrationReport] = Kind(
    "registration report",
    _read_registration,
    pack=RegistrationReport.pack,
    unpack=RegistrationReport.unpack,
    nightly=20 * HOUR,
    at_a_surge=26 * HOUR,
)
"""The slowest of all. Microsoft's own report lags by hours, so one of last night is as good as a new one."""
ROLES: Kind[RoleReport] = Kind("roles", _read_roles, **_json(RoleReport), nightly=12 * HOUR, at_a_surge=HOUR)
POLICIES: Kind[PolicyReport] = Kind(
    "access policies", _read_policies, **_json(PolicyReport), nightly=12 * HOUR, at_a_surge=5 * MINUTE
)
APPS: Kind[tuple[SeenApp, ...]] = Kind(
    "Microsoft's apps", _read_apps, **_json(tuple[SeenApp, ...]), nightly=6 * HOUR, at_a_surge=30 * MINUTE
)
HASH_SYNC: Kind[bool | None] = Kind(
    "password hash sync", _read_hash_sync, **_json(bool | None), nightly=20 * HOUR, at_a_surge=24 * HOUR
)
LICENCES: Kind[frozenset[str]] = Kind(
    "licences", _read_licences, **_json(frozenset[str]), nightly=20 * HOUR, at_a_surge=24 * HOUR
)

IN_THE_NIGHT: tuple[Kind[Any], ...] = (DOMAINS, ROLES, POLICIES, APPS, HASH_SYNC, LICENCES, REGISTRATION)
"""The quick ones first."""
