"""Read who the users of a surge are and make the next revision of its briefing.

Each reading stands by itself: one that fails leaves a gap with its reason, and the rest stands.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import structlog

from bot.operations.tenant import Tenant
from bot.ports.graph import GraphError, Priority
from bot.ports.store import CardSubject, Transaction, Watch
from bot.record.ledger import Event
from bot.watch.briefing import Briefing, Gap, make_briefing
from bot.watch.profile import DirectoryUser, Domain, Profile, profiles
from bot.watch.risk import RiskyUser
from bot.watch.surge import Surge, SurgeState

MINUTE = 60_000_000
AGAIN_AFTER = 5 * MINUTE
AGAIN_AFTER_A_GAP = MINUTE
CLOCKS_APART = 10 * MINUTE
"""How far Microsoft's clock and ours may differ."""
KEPT_FOR_SECONDS = 3600.0

log = structlog.get_logger()


@dataclass(slots=True)
class Findings:
    """What this briefing's readings brought."""

    gaps: list[Gap] = field(default_factory=list)
    risky_read_at: int | None = None
    profiles: dict[str, Profile] | None = None
    registration_read: bool = False


async def brief_due_surges(tenant: Tenant) -> None:
    """Make every briefing that is due, the longest due first."""
    now = tenant.world.now()
    for surge_id in await tenant.store.transact(lambda tx: tx.surges.briefing_due(tenant.id, now)):
        await brief_surge(tenant, surge_id)


async def brief_surge(tenant: Tenant, surge_id: str) -> None:
    """Read and count anew, keep the revision if a figure changed, and say when to look again."""

    def load(tx: Transaction) -> tuple[Surge | None, tuple[str, ...], Watch, dict[str, Profile]]:
        users = tx.surges.users(tenant.id, surge_id)
        known = tx.directory.profiles(tenant.id, users)
        return tx.surges.get(tenant.id, surge_id), users, tx.watches.get(tenant.id), known

    surge, users, watch, known = await tenant.store.transact(load)
    if surge is None:
        return
    findings = Findings()
    await asyncio.gather(
        _read_risky(tenant, surge, users, watch, findings),
        _read_profiles(tenant, users, watch, known, findings),
    )
    await tenant.transact_as_holder(lambda tx: _keep(tx, tenant, surge_id, findings))
    tenant.bells.cards.set()


async def _read_risky(tenant: Tenant, surge: Surge, users: Collection[str], watch: Watch, findings: Findings) -> None:
    """Everyone whose risk changed since the wave began, or since the last complete reading."""
    started = tenant.world.now()
    since = surge.window_start if watch.risky_through is None else min(watch.risky_through, started)
    seen: set[str] = set()
    try:
        async for page in tenant.graph.risky_users(changed_since=since - CLOCKS_APART, priority=Priority.BRIEF):
            await tenant.transact_as_holder(
                lambda tx, page=page: tx.directory.keep_risky(tenant.id, page.items, page.read_at)  # type: ignore[misc]
            )
            seen.update(user.user_id for user in page.items)
        if watch.risky_through is None and not seen.issuperset(users):
            await _read_those_at_risk(tenant)
    except GraphError as problem:
        findings.gaps.append(Gap("still at risk", problem.why))
        log.warning("risky_users_not_read", tenant=tenant.id, problem=problem.problem.value, why=problem.why)
        return
    findings.risky_read_at = started


async def _read_those_at_risk(tenant: Tenant) -> None:
    """The first reading left users of the surge out: perhaps their risk is older than the surge."""
    async for page in tenant.graph.risky_users(only_at_risk=True, priority=Priority.BRIEF):
        await tenant.transact_as_holder(
            lambda tx, page=page: tx.directory.keep_risky(tenant.id, page.items, page.read_at)  # type: ignore[misc]
        )


async def _read_profiles(
    tenant: Tenant, users: Collection[str], watch: Watch, known: Mapping[str, Profile], findings: Findings
) -> None:
    """Who they are: the directory, the domains and the registration report, side by side."""
    missing = [user_id for user_id in users if user_id not in known]
    found, domains, passwordless = await asyncio.gather(
        _users(tenant, missing, watch, findings), _domains(tenant, findings), _passwordless(tenant, findings)
    )
    findings.registration_read = passwordless is not None
    if found is None:
        if known:
            findings.profiles = dict(known)
        return
    made = profiles(found.values(), domains, passwordless) if domains is not None else {}
    if passwordless is not None:
        for user_id, profile in known.items():
            if profile.is_passwordless is not passwordless.get(user_id):
                made[user_id] = replace(profile, is_passwordless=passwordless.get(user_id))
    if domains is None and not known:
        return
    findings.profiles = {**known, **made}
    read_at = tenant.world.now()
    await tenant.transact_as_holder(lambda tx: tx.directory.keep_profiles(tenant.id, made.values(), read_at))


async def _users(
    tenant: Tenant, missing: Collection[str], watch: Watch, findings: Findings
) -> Mapping[str, DirectoryUser] | None:
    try:
        return await tenant.graph.users(missing, tenant_users=watch.tenant_users)
    except GraphError as problem:
        findings.gaps.append(Gap("how they sign in", problem.why))
        return None


async def _domains(tenant: Tenant, findings: Findings) -> tuple[Domain, ...] | None:
    recent = tenant.recent
    if recent.domains is not None and tenant.world.monotonic() < recent.domains_at + KEPT_FOR_SECONDS:
        return recent.domains
    try:
        recent.domains = await tenant.graph.domains()
    except GraphError as problem:
        findings.gaps.append(Gap("how they sign in", problem.why))
        return None
    recent.domains_at = tenant.world.monotonic()
    return recent.domains


async def _passwordless(tenant: Tenant, findings: Findings) -> Mapping[str, bool] | None:
    recent = tenant.recent
    if recent.passwordless is not None and tenant.world.monotonic() < recent.passwordless_at + KEPT_FOR_SECONDS:
        return recent.passwordless
    try:
        recent.passwordless = await tenant.graph.passwordless()
    except GraphError as problem:
        findings.gaps.append(Gap("passwordless", problem.why))
        return None
    recent.passwordless_at = tenant.world.monotonic()
    return recent.passwordless


def _keep(tx: Transaction, tenant: Tenant, surge_id: str, findings: Findings) -> None:
    """Count from what is in the tables now, so that users who joined while we read are in the figures."""
    now = tenant.world.now()
    surge = tx.surges.get(tenant.id, surge_id)
    if surge is None:
        return
    users = tx.surges.users(tenant.id, surge_id)
    latest = tx.briefings.latest(tenant.id, surge_id)
    if findings.risky_read_at is not None:
        tx.watches.save(replace(tx.watches.get(tenant.id), risky_through=findings.risky_read_at))
    risky: dict[str, RiskyUser] | None = None
    if findings.risky_read_at is not None:
        risky = tx.directory.risky(tenant.id, users)
    briefing = make_briefing(
        surge_id=surge_id,
        revision=latest.revision + 1 if latest else 1,
        made_at=now,
        users=users,
        risky=risky,
        profiles=findings.profiles,
        registration_read=findings.registration_read,
        gaps=sorted(set(findings.gaps), key=lambda gap: (gap.what, gap.why)),
    )
    if latest is None or not briefing.same_figures(latest):
        _keep_revision(tx, tenant.id, briefing)
    closed = briefing.at_risk == 0 and surge.state is SurgeState.ENDED
    if closed:
        _close(tx, surge, now)
    again = None if closed or surge.state is SurgeState.CLOSED else now + AGAIN_AFTER
    if again is not None and briefing.gaps:
        again = now + AGAIN_AFTER_A_GAP
    tx.surges.settle_briefing(tenant.id, surge_id, again)


def _keep_revision(tx: Transaction, tenant_id: str, briefing: Briefing) -> None:
    tx.briefings.add(tenant_id, briefing)
    tx.cards.want(tenant_id, CardSubject.SURGE, briefing.surge_id)
    tx.ledger.append(
        tenant_id=tenant_id,
        at=briefing.made_at,
        event=Event.BRIEFING_MADE,
        subject=briefing.surge_id,
        actor="countersign",
        facts=briefing,
    )


def _close(tx: Transaction, surge: Surge, now: int) -> None:
    tx.surges.save(replace(surge, state=SurgeState.CLOSED))
    tx.cards.want(surge.tenant_id, CardSubject.SURGE, surge.id)
    tx.ledger.append(
        tenant_id=surge.tenant_id,
        at=now,
        event=Event.SURGE_CLOSED,
        subject=surge.id,
        actor="countersign",
        facts={"name": surge.short_name},
    )
