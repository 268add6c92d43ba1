"""Make a plan from what the tables hold now."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from bot.decide.action import Action
from bot.decide.held_back import HeldBackReason
from bot.decide.make_plan import Guarded, PlanFacts, kept_out, make_plan, release_plan
from bot.decide.plan import CLEARS_RISK, Plan, lifted_by, read_plan
from bot.decide.policy import Policy
from bot.decide.request_kind import RequestKind
from bot.operations.planning.known_signers import SIGNERS, known_signers
from bot.operations.reading.keep_directory import DIRECTORY, is_warm
from bot.operations.reading.keep_readings import known
from bot.operations.reading.tenant_readings import ROLES
from bot.store.transaction import Transaction
from bot.watch.account_kind import AccountKind, account_kind
from bot.watch.briefing import Cohort
from bot.watch.durations import DAY
from bot.watch.privilege import DIRECTORY_SYNCHRONIZATION, GLOBAL_ADMINISTRATOR, RoleReport
from bot.watch.profile import Profile
from bot.watch.risk import RiskyUser
from bot.watch.rows.row import RowName
from bot.watch.surge import Surge

SYNCHRONIZATION_NAMES = ("sync_", "adtoaadsyncserviceaccount")
RECENT = 14 * DAY
"""Open detections this old still hold a user back (microseconds)."""


@dataclass(frozen=True, slots=True)
class People:
    """The users of a surge, or those of a run, with what was read of them, without their names."""

    user_ids: tuple[str, ...]
    risky: dict[str, RiskyUser]
    profiles: dict[str, Profile]
    guarded: Guarded = field(default_factory=Guarded)


def read_people(tx: Transaction, surge: Surge, policy: Policy | None = None) -> People:
    """Everybody in a surge. Tens of thousands on a bad day: read once and pass on."""
    return people_among(tx, surge, tx.surges.users_of_surge(surge.tenant_id, surge.id), policy)


def people_among(
    tx: Transaction, surge: Surge, users: tuple[str, ...], policy: Policy | None, *, but_of: str = ""
) -> People:
    """These users. but_of: the id of a pending request whose plan holds nobody back, because it is the one judged."""
    profiles = tx.directory.profiles_of(surge.tenant_id, users, named=False)
    guarded = _guarded(tx, surge, policy, but_of)
    was_told = bool(profiles) or is_warm(tx.readings.reading_named(surge.tenant_id, DIRECTORY))
    return People(
        users,
        tx.directory.risky_users(surge.tenant_id, users, named=False),
        profiles,
        replace(guarded, directory_told=was_told, directory_problem="" if was_told else "it was not read yet"),
    )


def plan_for(
    tx: Transaction, surge: Surge, people: People, action: Action, cohorts: Collection[Cohort], now: int
) -> Plan:
    """The plan for people who were read already. now in microseconds UTC."""
    return make_plan(_facts(tx, surge, people, now), action=action, users=people.user_ids, cohorts=cohorts, made_at=now)


def draft_plan(
    tx: Transaction, policy: Policy, surge: Surge, action: Action, cohorts: Collection[Cohort], now: int
) -> Plan:
    """The plan that this action and these cohorts give now."""
    return plan_for(tx, surge, read_people(tx, surge, policy), action, cohorts, now)


def draft_release(tx: Transaction, policy: Policy, surge: Surge, action: Action, user_id: str, now: int) -> Plan:
    """The plan that releases exactly this user of the surge; empty where something can't be released."""
    people = people_among(tx, surge, (user_id,), policy)
    return release_plan(_facts(tx, surge, people, now), action=action, user_id=user_id, made_at=now)


def draft_recovery(
    tx: Transaction, policy: Policy, surge: Surge, action: Action, users: Collection[str], now: int
) -> Plan:
    """The plan that clears flagged signers: being a signer, and so privileged, holds nobody back in it."""
    people = people_among(tx, surge, tuple(sorted(set(users))), policy)
    return make_plan(
        _facts(tx, surge, people, now),
        action=action,
        users=people.user_ids,
        made_at=now,
        kind=RequestKind.RECOVERY,
    )


def draft_way_back(
    tx: Transaction,
    policy: Policy,
    surge: Surge,
    action: Action,
    *,
    users: Collection[str],
    run_id: str,
    now: int,
) -> Plan:
    """The plan for users whom a run acted on. Whom its plan released, or recovered, is not held back for the same."""
    people = people_among(tx, surge, tuple(sorted(set(users))), policy)
    return make_plan(
        _facts(tx, surge, people, now),
        action=action,
        users=people.user_ids,
        made_at=now,
        kind=RequestKind.WAY_BACK,
        lifted=_lifted_by_run(tx, surge.tenant_id, run_id),
        run_id=run_id,
    )


def _lifted_by_run(tx: Transaction, tenant_id: str, run_id: str) -> frozenset[HeldBackReason]:
    """What held nobody back in the plan of this run; nothing where there is no such run."""
    run = tx.runs.run_by_id(tenant_id, run_id)
    return lifted_by(read_plan(tx.requests.plan_body(tenant_id, run.plan_hash))) if run is not None else frozenset()


def still_eligible(
    tx: Transaction, policy: Policy, surge: Surge, plan: Plan, request_id: str, now: int
) -> frozenset[str]:
    """Who of a pending plan would be in it if it were made now; its own request holds nobody back."""
    people = people_among(tx, surge, plan.user_ids, policy, but_of=request_id)
    facts = _facts(tx, surge, people, now)
    released = {detection_id for each in plan.released for detection_id in each.detection_ids}
    left = tuple(each for each in facts.detections if each.id not in released)
    again = make_plan(
        replace(facts, detections=left),
        action=plan.action,
        users=plan.user_ids,
        made_at=now,
        kind=plan.kind,
        lifted=lifted_by(plan) | _lifted_by_run(tx, plan.tenant_id, plan.run_id),
    )
    return frozenset(again.user_ids)


def held_since(tx: Transaction, policy: Policy, surge: Surge, plan: Plan) -> dict[str, str]:
    """By user id: who of a signed plan that clears risk would be held back now for who they are, and why."""
    if plan.action not in CLEARS_RISK:
        return {}
    disabled = tx.directory.disabled_users(plan.tenant_id) & frozenset(plan.user_ids)
    profiles = tx.directory.profiles_of(plan.tenant_id, disabled, named=False)
    return kept_out(PlanFacts(surge, (), {}, profiles, _guarded(tx, surge, policy, None)), plan)


def _facts(tx: Transaction, surge: Surge, people: People, now: int) -> PlanFacts:
    return PlanFacts(
        surge=surge,
        detections=tx.detections.open_of_surge_users(surge, now - RECENT),
        risky=people.risky,
        profiles=people.profiles,
        guarded=people.guarded,
    )


def _guarded(tx: Transaction, surge: Surge, policy: Policy | None, but_of: str | None) -> Guarded:
    """but_of None: who is in another plan is not asked for."""
    tenant_id = surge.tenant_id
    roles = known(tx, tenant_id, ROLES)
    listed = known_signers(tx, tenant_id)
    emergency = policy.emergency_accounts if policy else ()
    named_alike = tx.directory.profiles_of(tenant_id, tx.directory.ids_beginning(tenant_id, SYNCHRONIZATION_NAMES))
    synchronization = {
        user_id
        for user_id, profile in named_alike.items()
        if account_kind(profile, roles.value, ()).kind is AccountKind.DIRECTORY_SYNC
    }
    if roles.value is not None:
        synchronization |= roles.value.holders(DIRECTORY_SYNCHRONIZATION)
    return Guarded(
        roles=roles.value,
        roles_problem=roles.problem,
        emergency=frozenset(emergency) | tx.directory.ids_of(tenant_id, emergency),
        synchronization=frozenset(synchronization),
        signers=listed.signer_accounts(),
        unmatched_signers=len(listed.unmatched),
        signers_told=tx.readings.reading_named(tenant_id, SIGNERS) is not None,
        suspicious=_suspicious(tx, surge),
        evidence_problem=_evidence_problem(tx, surge),
        elsewhere=tx.requests.users_taken(tenant_id, but_of=but_of) if but_of is not None else frozenset(),
        locked_out=_locked_out(tx, tenant_id, roles.value),
    )


def _suspicious(tx: Transaction, surge: Surge) -> dict[str, str]:
    """Users for whom the evidence names an act that follows a takeover."""
    briefing = tx.briefings.latest_briefing(surge.tenant_id, surge.id)
    evidence = briefing.evidence if briefing is not None else None
    return {suspect.user_id: suspect.why for suspect in evidence.suspects} if evidence is not None else {}


def _evidence_problem(tx: Transaction, surge: Surge) -> str:
    """Why nobody could be told to be suspicious; empty where the acts after a takeover were looked for."""
    briefing = tx.briefings.latest_briefing(surge.tenant_id, surge.id)
    if briefing is None or briefing.evidence is None:
        return "the evidence was not weighed yet"
    row = next((each for each in briefing.evidence.rows if each.name is RowName.TAKEOVERS), None)
    return "" if row is None or row.is_read else row.finding


def _locked_out(tx: Transaction, tenant_id: str, roles: RoleReport | None) -> frozenset[str]:
    """Global Administrators who are disabled or confirmed compromised: they could not mend a lock-out."""
    if roles is None:
        return frozenset()
    holders = roles.holders(GLOBAL_ADMINISTRATOR)
    accounts = tx.directory_users.directory_users_by_id(tenant_id, holders)
    risky = tx.directory.risky_users(tenant_id, holders, named=False)
    disabled = {user_id for user_id, account in accounts.items() if account.account_enabled is False}
    return frozenset(disabled | {each for each, user in risky.items() if user.risk_state == "confirmedCompromised"})
