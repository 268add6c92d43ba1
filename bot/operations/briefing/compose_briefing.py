"""Compose a briefing from what the tables hold now. Nothing is read from Microsoft here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.decide.action import Action
from bot.decide.plan import summarize
from bot.decide.policy import Policy
from bot.operations.briefing.gather_facts import gather_facts
from bot.operations.planning.draft_plan import People, plan_for, read_people
from bot.operations.reading.keep_readings import Kind, known
from bot.operations.reading.read_audits import AUDITS
from bot.operations.reading.read_for_briefing import POLICIES_BEFORE, Findings
from bot.operations.reading.read_sign_ins import MORNING, STOPS_READ
from bot.operations.reading.tenant_readings import POLICIES, REGISTRATION, ROLES
from bot.operations.tenant import Tenant
from bot.store.transaction import Transaction
from bot.watch.account_kind import ToldKind, other_than_people
from bot.watch.advice import advise
from bot.watch.briefing import Briefing, Cohort, Gap, UsersRead, make_briefing
from bot.watch.evidence import judge
from bot.watch.figure import Figure
from bot.watch.forecast import Forecast, forecast, next_morning, zone_of
from bot.watch.impact import Impact, ImpactFigures, impact_figures
from bot.watch.policy_changes import PolicyChange, weakened
from bot.watch.policy_effect import AppliedPolicy, Scope, applied_policies_of
from bot.watch.privilege import RoleReport
from bot.watch.privileged_users import privileged_users
from bot.watch.profile import SignInKind
from bot.watch.surge import Surge
from bot.watch.tenant_facts import TenantFacts

BEING_READ = "it is being read"


@dataclass(frozen=True, slots=True)
class KnownUsers:
    """What the tables say of the users of a surge, for its briefing and for the members of its figures."""

    people: People
    roles: RoleReport | None
    accounts: dict[str, ToldKind]
    impacts: dict[str, Impact]
    applied_policies: dict[str, AppliedPolicy] | None
    """Of those who are at risk; None where the policies were not read."""


def known_of(tx: Transaction, surge: Surge, policy: Policy | None, tenant_facts: TenantFacts) -> KnownUsers:
    """Read it. Tens of thousands of users on a bad day."""
    people = read_people(tx, surge, policy)
    roles = known(tx, surge.tenant_id, ROLES).value
    emergency = policy.emergency_accounts if policy else ()
    return KnownUsers(
        people=people,
        roles=roles,
        accounts=other_than_people(tx.directory.principal_names(surge), roles, emergency),
        impacts=tx.impacts.impacts_of(surge.tenant_id, surge.id),
        applied_policies=_applied_policies(tx, surge, people, roles, writeback=tenant_facts.password_writeback),
    )


def compose(tx: Transaction, tenant: Tenant, surge: Surge, findings: Findings) -> Briefing:
    """Count, weigh, advise. The revision's number and what it changed are not known here."""
    now = tenant.world.now()
    surge = tx.surges.surge_by_id(tenant.id, surge.id) or surge
    found = known_of(tx, surge, tenant.policy, tenant.tenant_facts)
    people = found.people
    flagged_at = tx.counts.flagged_at(surge)
    facts = gather_facts(
        tx, surge, people.user_ids, people.profiles, tenant.tenant_facts, now=now, flagged_at=flagged_at
    )
    evidence = judge(facts, tenant.tenant_facts.weights)
    people = replace(
        people,
        guarded=replace(people.guarded, suspicious={suspect.user_id: suspect.why for suspect in evidence.suspects}),
    )
    was_read = tx.watches.watch_of(tenant.id).risky_through is not None
    at_risk_is_known = findings.risky_read_at is not None or (Figure.AT_RISK in findings.pending and was_read)
    plan = plan_for(tx, surge, people, Action.CONFIRM_SAFE, tuple(Cohort), now) if at_risk_is_known else None
    privileged = privileged_users(found.roles, people.user_ids, _accounts_of_people(tx, tenant))
    changes = _policy_changes(tx, surge)
    ahead = _forecast(tx, tenant, surge, found, now)
    suspects = tx.directory.profiles_of(tenant.id, [suspect.user_id for suspect in evidence.suspects])
    kinds = {profile.kind for profile in people.profiles.values()}
    users = UsersRead(
        flagged=people.user_ids,
        risky=people.risky if at_risk_is_known else None,
        profiles=people.profiles or None,
        registration_read=known(tx, tenant.id, REGISTRATION).value is not None,
        accounts=found.accounts if people.profiles else None,
        applied_policies=found.applied_policies,
    )
    gaps = _gaps(tx, surge, findings, is_known_of_risk=was_read)
    return replace(
        make_briefing(users, surge_id=surge.id, made_at=now, gaps=gaps),
        eligible=len(set(plan.user_ids) - tx.outcomes.on_the_way(tenant.id, surge.id)) if plan else None,
        held_back=summarize(plan).reasons if plan else (),
        privileged=privileged,
        impact=_impact(tx, surge, found, flagged_at),
        forecast=ahead,
        policy_changes=changes,
        evidence=evidence,
        advice=advise(
            evidence,
            profiles=suspects,
            privileged=privileged,
            is_federated=SignInKind.FEDERATED in kinds,
            policy_changes=changes,
            forecast=ahead,
        ),
    )


def _gaps(tx: Transaction, surge: Surge, findings: Findings, *, is_known_of_risk: bool) -> list[Gap]:
    """What could not be read, or not yet. Of what was read before, its age is told instead of its figure's loss."""
    gaps = set(findings.gaps)
    told = {gap.what for gap in gaps}
    waiting = {figure for figure in findings.pending if figure not in told}
    if is_known_of_risk:
        waiting.discard(Figure.AT_RISK)
    kinds: tuple[tuple[Figure, Kind[Any]], ...] = (
        (Figure.PASSWORDLESS, REGISTRATION),
        (Figure.PRIVILEGED, ROLES),
        (Figure.POLICY_EFFECTS, POLICIES),
    )
    for what, kind in kinds:
        kept = known(tx, surge.tenant_id, kind)
        if kept.value is not None:
            waiting.discard(what)
        if kept.problem and what not in findings.pending:
            gaps.add(Gap(what.value, kept.problem))
        elif kept.value is None:
            waiting.add(what)
    stops, problem = STOPS_READ.get(tx, surge), STOPS_READ.problem(tx, surge)
    if stops is not None and stops.until:
        waiting.discard(Figure.BLOCKED)
    if problem and Figure.BLOCKED not in findings.pending:
        gaps.add(Gap(Figure.BLOCKED.value, problem))
    gaps |= {Gap(what.value, BEING_READ) for what in waiting}
    return sorted(gaps, key=lambda gap: (gap.what, gap.why))


def _impact(tx: Transaction, surge: Surge, found: KnownUsers, flagged_at: Mapping[str, int]) -> ImpactFigures | None:
    stops = STOPS_READ.get(tx, surge)
    if stops is None or not stops.until:
        return None
    return impact_figures(
        found.impacts,
        flagged_at=flagged_at,
        usual=stops.usual,
        read_until=stops.until,
        cleared_at=tx.impacts.cleared_at(surge.tenant_id, surge.id),
    )


def _applied_policies(
    tx: Transaction, surge: Surge, people: People, roles: RoleReport | None, *, writeback: bool | None
) -> dict[str, AppliedPolicy] | None:
    """Of those at risk here whose account is enabled."""
    report = known(tx, surge.tenant_id, POLICIES).value
    if report is None:
        return None
    holders: dict[str, set[str]] = {}
    for user_id, held in (roles.roles if roles else {}).items():
        for role in held:
            holders.setdefault(role.template_id, set()).add(user_id)
    scope = Scope(
        groups=report.members,
        roles={role: frozenset(users) for role, users in holders.items()} if roles else None,
        guests=tx.counts.guests(surge),
    )
    at_risk = [
        user_id
        for user_id, user in people.risky.items()
        if user.is_open and not user.is_deleted and not _is_disabled(people, user_id)
    ]
    return applied_policies_of(
        at_risk,
        people.profiles,
        report.policies,
        scope,
        risk_levels={user_id: people.risky[user_id].risk_level for user_id in at_risk},
        writeback=writeback,
    )


def _is_disabled(people: People, user_id: str) -> bool:
    profile = people.profiles.get(user_id)
    return profile is not None and profile.is_enabled is False


def _forecast(tx: Transaction, tenant: Tenant, surge: Surge, found: KnownUsers, now: int) -> Forecast | None:
    if found.applied_policies is None:
        return None
    morning = next_morning(now, zone_of(tenant.tenant_facts.time_zone))
    read = MORNING.get(tx, surge)
    return forecast(
        found.applied_policies,
        at_risk=frozenset(found.applied_policies),
        hit={user_id for user_id, impact in found.impacts.items() if impact.is_hit},
        signed_in=read.signed_in if read is not None and read.at == morning.at else None,
        morning=morning,
    )


def _policy_changes(tx: Transaction, surge: Surge) -> tuple[PolicyChange, ...]:
    before, now = POLICIES_BEFORE.get(tx, surge), known(tx, surge.tenant_id, POLICIES).value
    if before is None or now is None:
        return ()
    audits = AUDITS.get(tx, surge)
    return weakened(before.policies, now.policies, audits.policies if audits else ())


def _accounts_of_people(tx: Transaction, tenant: Tenant) -> Mapping[str, list[str]]:
    """The people file's accounts as object ids."""
    listed = {entry.name: entry.accounts for entry in tenant.policy.people}
    return {name: sorted({*accounts, *tx.directory.ids_of(tenant.id, accounts)}) for name, accounts in listed.items()}
