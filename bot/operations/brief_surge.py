"""Read who the users of a surge are and make the next revision of its briefing.

Each reading stands by itself: one that fails leaves a gap with its reason, and the rest stands.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import structlog

from bot.decide.action import Action
from bot.decide.plan import summarize
from bot.operations.draft_plan import plan_for, read_people
from bot.operations.keep_reading import keep_reading
from bot.operations.supersede_requests import supersede_requests
from bot.operations.tenant import Tenant
from bot.ports.graph import GraphError, Priority
from bot.ports.messages import CardSubject
from bot.ports.store import Transaction
from bot.ports.watching import Watch
from bot.record.ledger import Event
from bot.watch.briefing import Briefing, Cohort, Gap, make_briefing
from bot.watch.profile import DirectoryUser, Domain, Profile, profiles
from bot.watch.registration import Registered, RegistrationReport
from bot.watch.surge import Surge, SurgeState

MINUTE = 60_000_000
AGAIN_AFTER = 5 * MINUTE
AGAIN_AFTER_A_GAP = MINUTE
LONGEST = 10 * MINUTE
"""A briefing that died with its process is due again after this."""
CLOCKS_APART = 10 * MINUTE
"""How far Microsoft's clock and ours may differ."""
KEPT_FOR_SECONDS = 3600.0
PATIENCE_SECONDS = 2.0

log = structlog.get_logger()


AT_RISK = "still at risk"
KINDS = "how they sign in"
PASSWORDLESS = "passwordless"
PROVIDERS = "identity providers"
BEING_READ = "it is being read"


@dataclass(slots=True)
class Findings:
    """What this briefing's readings brought so far."""

    pending: set[str] = field(default_factory=lambda: {AT_RISK, KINDS, PASSWORDLESS})
    """What is still being read."""
    gaps: list[Gap] = field(default_factory=list)
    risky_read_at: int | None = None
    users: Mapping[str, DirectoryUser] | None = None
    domains: tuple[Domain, ...] | None = None
    passwordless: RegistrationReport | None = None


async def brief_due_surges(tenant: Tenant) -> None:
    """Make every briefing that is due, the longest due first."""
    now = tenant.world.now()
    for surge_id in await tenant.store.look(lambda tx: tx.surges.briefing_due(tenant.id, now)):
        await brief_surge(tenant, surge_id)


async def brief_surge(tenant: Tenant, surge_id: str) -> None:
    """Read and count anew, keep the revision if a figure changed, and say when to look again.

    The readings run side by side, each at its own family's pace. The first briefing does not wait for the slowest:
    it is kept as each of them ends, and says what is still being read.
    """
    taken_until = tenant.world.now() + LONGEST

    def load(tx: Transaction) -> tuple[Surge | None, tuple[str, ...], Watch, list[str], bool]:
        tx.surges.take_briefing(tenant.id, surge_id, taken_until)
        users = tx.surges.users(tenant.id, surge_id)
        known = tx.directory.profiles(tenant.id, users)
        missing = [user_id for user_id in users if user_id not in known]
        latest = tx.briefings.latest(tenant.id, surge_id)
        is_first = latest is None or any(gap.why == BEING_READ for gap in latest.gaps)
        return tx.surges.get(tenant.id, surge_id), users, tx.watches.get(tenant.id), missing, is_first

    surge, users, watch, missing, is_first = await tenant.transact_as_holder(load)
    if surge is None:
        return
    findings = Findings()
    readings = [
        _read_risky(tenant, surge, users, watch, findings),
        _read_directory(tenant, missing, watch, findings),
        _read_registration(tenant, findings),
    ]
    for reading in asyncio.as_completed(readings):
        await reading
        if is_first and findings.pending:
            unknown = findings.pending - ({AT_RISK} if watch.risky_through is not None else set())
            gaps = [*findings.gaps, *(Gap(what, BEING_READ) for what in unknown)]
            await _count(tenant, surge, findings, gaps)
    briefing = await _count(tenant, surge, findings, findings.gaps)
    await tenant.transact_as_holder(lambda tx: _settle(tx, tenant, briefing, taken_until))
    tenant.bells.cards.set()


async def _read_risky(tenant: Tenant, surge: Surge, users: Collection[str], watch: Watch, findings: Findings) -> None:
    """Everyone whose risk changed since the wave began, or since the last complete reading."""
    started = tenant.world.now()
    since = surge.window_start if watch.risky_through is None else min(watch.risky_through, started)
    seen: set[str] = set()
    try:
        async for page in tenant.graph.risky_users(changed_since=since - CLOCKS_APART, priority=Priority.BRIEF):
            await keep_reading(tenant, page)
            seen.update(user.user_id for user in page.items)
        if watch.risky_through is None and not seen.issuperset(users):
            await _read_those_at_risk(tenant)
    except GraphError as problem:
        findings.gaps.append(Gap(AT_RISK, problem.why))
        log.warning("risky_users_not_read", tenant=tenant.id, problem=problem.problem.value, why=problem.why)
    else:
        findings.risky_read_at = started
    findings.pending.discard(AT_RISK)


async def _read_those_at_risk(tenant: Tenant) -> None:
    """The first reading left users of the surge out: perhaps their risk is older than the surge."""
    async for page in tenant.graph.risky_users(only_at_risk=True, priority=Priority.BRIEF):
        await keep_reading(tenant, page)


async def _read_directory(tenant: Tenant, missing: Collection[str], watch: Watch, findings: Findings) -> None:
    """Who they are and which domains there are. Known profiles are not read again."""
    try:
        findings.domains = await _domains(tenant)
        findings.gaps += [Gap(PROVIDERS, why) for why in {each.problem for each in findings.domains if each.problem}]
        findings.users = await tenant.graph.users(missing, tenant_users=watch.tenant_users)
    except GraphError as problem:
        findings.gaps.append(Gap(KINDS, problem.why))
        log.warning("directory_not_read", tenant=tenant.id, problem=problem.problem.value, why=problem.why)
    findings.pending.discard(KINDS)


async def _domains(tenant: Tenant) -> tuple[Domain, ...]:
    recent = tenant.recent
    if recent.domains is None or tenant.world.monotonic() > recent.domains_at + KEPT_FOR_SECONDS:
        recent.domains = await tenant.graph.domains()
        recent.domains_at = tenant.world.monotonic()
    return recent.domains


async def _read_registration(tenant: Tenant, findings: Findings) -> None:
    """Who has registered a passwordless method, for the whole tenant; read once an hour at most.

    It is the slowest reading by far. The briefing waits for it a moment only; when it is there, the next one is due.
    """
    recent = tenant.recent
    if recent.passwordless is None or tenant.world.monotonic() > recent.passwordless_at + KEPT_FOR_SECONDS:
        if recent.reading is None:
            recent.reading = asyncio.create_task(_fetch_registration(tenant))
        await asyncio.wait({recent.reading}, timeout=PATIENCE_SECONDS)
    findings.passwordless = recent.passwordless
    if recent.passwordless is None:
        findings.gaps.append(Gap(PASSWORDLESS, recent.passwordless_problem or BEING_READ))
    findings.pending.discard(PASSWORDLESS)


async def _fetch_registration(tenant: Tenant) -> None:
    recent = tenant.recent
    try:
        recent.passwordless = await tenant.graph.registrations()
        recent.passwordless_at = tenant.world.monotonic()
        recent.passwordless_problem = ""
    except GraphError as problem:
        recent.passwordless_problem = problem.why
        log.warning("registration_not_read", tenant=tenant.id, problem=problem.problem.value, why=problem.why)
    finally:
        recent.reading = None

    def ask(tx: Transaction) -> None:
        for surge in tx.surges.all(tenant.id):
            if surge.state is not SurgeState.CLOSED:
                tx.surges.ask_briefing(tenant.id, surge.id, tenant.world.now())

    if recent.passwordless is not None:
        await tenant.store.transact(ask)
        tenant.bells.brief.set()


def _keep_profiles(tx: Transaction, tenant: Tenant, users: Collection[str], findings: Findings) -> None:
    """Join what was read with what was known, and keep what is new in it."""
    known = tx.directory.profiles(tenant.id, users)
    made: dict[str, Profile] = {}
    if findings.users is not None and findings.domains is not None:
        made = profiles(findings.users.values(), findings.domains, findings.passwordless)
    if findings.passwordless is not None:
        for user_id, profile in known.items():
            told = findings.passwordless.get(user_id)
            if user_id not in made and profile.registered != told:
                is_passwordless = None if told is None else Registered.PASSWORDLESS in told
                made[user_id] = replace(profile, registered=told, is_passwordless=is_passwordless)
    tx.directory.keep_profiles(tenant.id, made.values(), tenant.world.now())


async def _count(tenant: Tenant, surge: Surge, findings: Findings, gaps: Collection[Gap]) -> Briefing:
    """Count from what is in the tables now, so that users who joined while we read are in the figures."""

    def keep_reading(tx: Transaction) -> None:
        _keep_profiles(tx, tenant, tx.surges.users(tenant.id, surge.id), findings)
        if findings.risky_read_at is not None:
            tx.watches.save(replace(tx.watches.get(tenant.id), risky_through=findings.risky_read_at))

    await tenant.transact_as_holder(keep_reading)
    briefing = await tenant.store.look(lambda tx: _briefing(tx, tenant, surge, findings, gaps))
    kept = await tenant.transact_as_holder(lambda tx: _keep_revision(tx, tenant.id, briefing))
    tenant.bells.cards.set()
    return kept


def _briefing(tx: Transaction, tenant: Tenant, surge: Surge, findings: Findings, gaps: Collection[Gap]) -> Briefing:
    people = read_people(tx, surge, tenant.policy)
    plan = None
    known_before = AT_RISK in findings.pending and tx.watches.get(tenant.id).risky_through is not None
    at_risk_is_known = findings.risky_read_at is not None or known_before
    if at_risk_is_known:
        fresh = tx.surges.get(tenant.id, surge.id) or surge
        plan = plan_for(tx, fresh, people, Action.CONFIRM_SAFE, tuple(Cohort), tenant.world.now())
    return make_briefing(
        surge_id=surge.id,
        revision=0,
        made_at=tenant.world.now(),
        users=people.user_ids,
        risky=people.risky if at_risk_is_known else None,
        profiles=people.profiles or None,
        registration_read=findings.passwordless is not None,
        gaps=sorted(set(gaps), key=lambda gap: (gap.what, gap.why)),
        eligible=len(set(plan.user_ids) - tx.runs.on_the_way(tenant.id, surge.id)) if plan else None,
        held_back=summarize(plan).reasons if plan else (),
    )


def _settle(tx: Transaction, tenant: Tenant, briefing: Briefing, taken_until: int) -> None:
    """Close a surge that is over, and say when to look again."""
    now = tenant.world.now()
    surge = tx.surges.get(tenant.id, briefing.surge_id)
    if surge is None:
        return
    closed = briefing.at_risk == 0 and surge.state is SurgeState.ENDED
    if closed:
        _close(tx, surge, now)
    again = None if closed or surge.state is SurgeState.CLOSED else now + AGAIN_AFTER
    if again is not None and briefing.gaps:
        again = now + AGAIN_AFTER_A_GAP
    supersede_requests(tx, tenant, briefing.surge_id)
    tx.surges.settle_briefing(tenant.id, briefing.surge_id, taken_until=taken_until, again_at=again)


def _keep_revision(tx: Transaction, tenant_id: str, counted: Briefing) -> Briefing:
    """Keep the next revision, unless no figure changed: then the latest stands as it is, but newer."""
    latest = tx.briefings.latest(tenant_id, counted.surge_id)
    briefing = replace(counted, revision=latest.revision + 1 if latest else 1)
    if latest is not None and briefing.same_figures(latest) and not _is_awaited(tx, tenant_id, latest):
        return latest
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
    return briefing


def _is_awaited(tx: Transaction, tenant_id: str, latest: Briefing) -> bool:
    """Whether a run ended since the latest revision: the card waits for figures that are newer than that."""
    for request in tx.requests.of_surge(tenant_id, latest.surge_id):
        run = tx.runs.of_request(tenant_id, request.id)
        if run is not None and run.ended_at is not None and run.ended_at >= latest.made_at:
            return True
    return False


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
