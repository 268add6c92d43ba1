"""Judge every user by cause, and freeze the result into a plan."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.decide.action import RULES, Action
from bot.decide.held_back import HeldBackReason
from bot.decide.plan import (
    CLEARS_RISK,
    NEVER_IN_BULK,
    HeldBack,
    Plan,
    Released,
    detections_hold_back,
    is_released,
    open_against,
)
from bot.decide.request_kind import RequestKind
from bot.watch.briefing import Cohort, cohort_of
from bot.watch.privilege import GLOBAL_ADMINISTRATOR, RoleReport, is_privileged
from bot.watch.profile import Profile, SignInKind
from bot.watch.risk import COMPROMISED, Detection, RiskyUser
from bot.watch.surge import Surge

ADMINISTRATORS_TO_KEEP = 2
"""So many Global Administrators are left alone by whatever could lock them out."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """What is known of the accounts that bulk actions leave alone. User ids throughout."""

    roles: RoleReport | None = None
    """None where they were never read: then nobody counts as unprivileged, and the plan says so."""
    roles_problem: str = ""
    """Why they were not read, in words."""
    emergency: frozenset[str] = frozenset()
    synchronization: frozenset[str] = frozenset()
    signers: frozenset[str] = frozenset()
    """Accounts of whoever may sign for this bot."""
    unmatched_signers: int = 0
    """Signers whose accounts could not be told."""
    suspicious: Mapping[str, str] = field(default_factory=dict)
    """By user id: which evidence speaks for a takeover of this one account."""
    elsewhere: frozenset[str] = frozenset()
    """In another plan of this tenant that is pending or running."""
    directory_told: bool = False
    """The directory was read: whoever it has not told of is not known well enough to be acted on."""
    directory_problem: str = ""
    """Why the directory told of nobody; empty where it did."""
    signers_told: bool = True
    """Whoever may sign was matched with the directory at least once."""
    evidence_problem: str = ""
    """Why signs of a takeover could not be looked for; empty where they were."""
    locked_out: frozenset[str] = frozenset()
    """Global Administrators who can't sign in as it is, so that they don't count as one who is left."""

    def gaps(self) -> tuple[str, ...]:
        """What could not be read, for the requester and whoever signs."""
        said = []
        if self.roles is None:
            why = self.roles_problem or "they have not been read yet"
            said.append(f"who is privileged is not available: {why}. Privileged users may be in this plan")
        elif self.roles.problem:
            said.append(f"who is privileged through a group is not available: {self.roles.problem}")
        elif self.roles_problem:
            said.append(f"who is privileged is known from an earlier reading only: {self.roles_problem}")
        if self.directory_problem:
            said.append(f"who is disabled or a guest is not available: {self.directory_problem}")
        if not self.signers_told:
            said.append("the accounts of those who may sign are not available: they may be in this plan")
        if self.evidence_problem:
            said.append(f"signs of a takeover are not available: {self.evidence_problem}")
        if self.unmatched_signers:
            said.append(f"the accounts of {self.unmatched_signers} who may sign could not be told")
        return tuple(said)

    def is_last_administrator(self, user_id: str) -> bool:
        """Whether too few Global Administrators would be left if this one were locked out."""
        if self.roles is None or GLOBAL_ADMINISTRATOR not in {role.template_id for role in self.roles.of(user_id)}:
            return False
        able = self.roles.holders(GLOBAL_ADMINISTRATOR) - self.locked_out - self.elsewhere
        return len(able - {user_id}) < ADMINISTRATORS_TO_KEEP


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What a plan is judged on."""

    surge: Surge
    detections: tuple[Detection, ...]
    """Of the surge's users: the open ones of the last 14 days that may stand against them."""
    risky: Mapping[str, RiskyUser]
    profiles: Mapping[str, Profile]
    guarded: Guarded = field(default_factory=Guarded)


def _by_risk(
    user_id: str, action: Action, facts: PlanFacts, others: tuple[Detection, ...]
) -> Iterator[tuple[HeldBackReason, str]]:
    """What the risk and its detections say against acting on a user."""
    profile, risky = facts.profiles.get(user_id), facts.risky.get(user_id)
    types = ", ".join(sorted({other.risk_event_type for other in others}))
    if risky is None and RULES[action].is_on_risk:
        is_external = profile is not None and profile.kind is SignInKind.GUEST
        yield HeldBackReason.EXTERNAL if is_external else HeldBackReason.NOT_LISTED, ""
    if risky is not None and risky.is_deleted:
        yield HeldBackReason.DELETED, ""
    if any(other.risk_event_type in NEVER_IN_BULK for other in others):
        yield HeldBackReason.NEVER_IN_BULK, types
    elif others:
        yield HeldBackReason.OTHER_DETECTION, types
    if user_id in facts.guarded.suspicious and action in CLEARS_RISK:
        yield HeldBackReason.SUSPICIOUS, facts.guarded.suspicious[user_id]
    if risky is not None and action in CLEARS_RISK:
        if not risky.is_open:
            yield HeldBackReason.CLOSED, risky.risk_detail or risky.risk_state
        elif risky.risk_state == COMPROMISED:
            yield HeldBackReason.CONFIRMED_COMPROMISED, ""
    if risky is not None and action is Action.CONFIRM_COMPROMISED and risky.risk_state == COMPROMISED:
        yield HeldBackReason.CLOSED, "confirmed compromised already"


def _by_account(user_id: str, action: Action, facts: PlanFacts) -> Iterator[tuple[HeldBackReason, str]]:
    """What the account itself says against it."""
    guarded, profile = facts.guarded, facts.profiles.get(user_id)
    if user_id in guarded.emergency:
        yield HeldBackReason.EMERGENCY, ""
    if RULES[action].could_lock_out and guarded.is_last_administrator(user_id):
        yield HeldBackReason.LAST_ADMINISTRATOR, ""
    if user_id in guarded.synchronization:
        yield HeldBackReason.SYNCHRONIZATION, ""
    if user_id in guarded.signers:
        yield HeldBackReason.SIGNER, ""
    held = [role.name for role in guarded.roles.of(user_id) if is_privileged(role)] if guarded.roles else []
    if held:
        yield HeldBackReason.PRIVILEGED, ", ".join(sorted(set(held)))
    if profile is None and guarded.directory_told:
        yield HeldBackReason.NOT_PROFILED, ""
    if profile is not None and profile.is_enabled is False:
        yield HeldBackReason.DISABLED, ""
    does_not_fit = None if _is_held_here(user_id, action, facts) else RULES[action].misfit(profile)
    if does_not_fit is not None:
        yield HeldBackReason.MISFIT, does_not_fit
    if user_id in guarded.elsewhere:
        yield HeldBackReason.ELSEWHERE, ""


def _is_held_here(user_id: str, action: Action, facts: PlanFacts) -> bool:
    """A guest whose risk this tenant holds after all is judged like anybody, where the action is on that risk."""
    profile = facts.profiles.get(user_id)
    is_guest = profile is not None and profile.kind is SignInKind.GUEST
    return is_guest and RULES[action].is_on_risk and user_id in facts.risky


def _judge(
    facts: PlanFacts, action: Action, users: Iterable[str], others: Mapping[str, tuple[Detection, ...]]
) -> Iterator[tuple[str, Iterator[tuple[HeldBackReason, str]]]]:
    """Each user with everything that speaks against acting on them, the gravest first."""
    for user_id in sorted(set(users)):
        yield user_id, _reasons(user_id, action, facts, others.get(user_id, ()))


def kept_out(facts: PlanFacts, plan: Plan) -> dict[str, str]:
    """By user id: why somebody of a signed plan that clears risk would be held back now for who they are."""
    if plan.action not in CLEARS_RISK:
        return {}
    come_to_light = {each for each in HeldBackReason if each.rules.may_come_to_light} - plan.kind.rules.lifts
    found: dict[str, str] = {}
    for user_id in plan.user_ids:
        for reason, detail in _reasons(user_id, plan.action, facts, ()):
            if reason in come_to_light and not is_released(plan, user_id, reason):
                found.setdefault(user_id, f"{reason.value} ({detail})" if detail else reason.value)
    return found


def _reasons(
    user_id: str, action: Action, facts: PlanFacts, others: tuple[Detection, ...]
) -> Iterator[tuple[HeldBackReason, str]]:
    yield from _by_risk(user_id, action, facts, others)
    yield from _by_account(user_id, action, facts)


def make_plan(
    facts: PlanFacts,
    *,
    action: Action,
    users: Iterable[str],
    made_at: int,
    cohorts: Collection[Cohort] = tuple(Cohort),
    kind: RequestKind = RequestKind.SURGE,
    lifted: Collection[HeldBackReason] = (),
    run_id: str = "",
) -> Plan:
    """Judge every user by cause and freeze the result. made_at in microseconds UTC.

    lifted: what holds nobody back, beside what the kind of request lifts.
    """
    lifted = kind.rules.lifts.union(lifted)
    weighs = detections_hold_back(kind, action)
    others = open_against(facts.surge, facts.detections, action) if weighs else {}
    acted_on: list[str] = []
    held_back: list[HeldBack] = []
    for user_id, reasons in _judge(facts, action, users, others):
        against = next((each for each in reasons if each[0] not in lifted), None)
        cohort = cohort_of(facts.profiles.get(user_id))
        if against is None and cohort not in cohorts:
            against = HeldBackReason.COHORT, cohort.value
        if against is None:
            acted_on.append(user_id)
        else:
            held_back.append(HeldBack(user_id, *against))
    return _freeze(facts, action, cohorts, acted_on, held_back, kind=kind, made_at=made_at, run_id=run_id)


def release_plan(facts: PlanFacts, *, action: Action, user_id: str, made_at: int) -> Plan:
    """A plan of exactly this user, released from whatever holds them back; empty where something can't be released.

    It names each reason and each open detection that was weighed. Where nothing holds them back it is empty too: they
    needs no release.
    """
    others = open_against(facts.surge, facts.detections, action)
    ((_, found),) = _judge(facts, action, [user_id], others)
    reasons = list(found)
    fast = [each for each in reasons if not each[0].rules.is_releasable]
    cohorts = (cohort_of(facts.profiles.get(user_id)),)
    if fast or not reasons:
        held_back = [HeldBack(user_id, *fast[0])] if fast else []
        return _freeze(facts, action, cohorts, [], held_back, kind=RequestKind.RELEASE, made_at=made_at)
    weighed = tuple(sorted(each.id for each in others.get(user_id, ())))
    released = tuple(
        Released(user_id, reason, detail, weighed if reason.rules.is_of_detections else ())
        for reason, detail in reasons
    )
    return _freeze(facts, action, cohorts, [user_id], [], kind=RequestKind.RELEASE, made_at=made_at, released=released)


def _freeze(
    facts: PlanFacts,
    action: Action,
    cohorts: Collection[Cohort],
    acted_on: Iterable[str],
    held_back: Iterable[HeldBack],
    *,
    kind: RequestKind,
    made_at: int,
    released: tuple[Released, ...] = (),
    run_id: str = "",
) -> Plan:
    users = tuple(acted_on)
    return Plan(
        tenant_id=facts.surge.tenant_id,
        surge_id=facts.surge.id,
        action=action,
        cohorts=tuple(sorted(set(cohorts))),
        risk_event_types=facts.surge.risk_event_types,
        window_start=facts.surge.window_start,
        window_end=facts.surge.window_end,
        user_ids=users,
        seen=tuple(facts.risky[each].last_updated_text if each in facts.risky else "" for each in users),
        held_back=tuple(held_back),
        made_at=made_at,
        kind=kind,
        released=released,
        run_id=run_id,
        gaps=facts.guarded.gaps(),
    )
