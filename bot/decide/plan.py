"""The plan: a frozen list of users and one action, with everyone held back and why. What is approved is what runs."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from bot.decide.action import Action
from bot.watch.briefing import Cohort, cohort_of
from bot.watch.profile import Profile, SignInKind
from bot.watch.risk import Detection, RiskyUser
from bot.watch.surge import Surge, open_elsewhere

NEVER_IN_BULK = frozenset(
    {
        "passwordSpray",
        "attackerinTheMiddle",
        "nationStateIP",
        "investigationsThreatIntelligence",
        "investigationsThreatIntelligenceSigninLinked",
        "threatIntelligence",
        "adminConfirmedUserCompromised",
    }
)
"""Types that come only after a proven interception or a person's word: no bulk action clears them."""

CLEARS_RISK = frozenset({Action.CONFIRM_SAFE, Action.DISMISS_RISK})
"""The actions that wave a risk through."""


class HeldBackReason(StrEnum):
    """Why a flagged user is not in the plan. The value is what people read."""

    NEVER_IN_BULK = "a detection of a kind that is never cleared in bulk"
    OTHER_DETECTION = "another open detection that is not part of this surge"
    CONFIRMED_COMPROMISED = "confirmed compromised by a person"
    EXTERNAL = "external guest: the risk is held in the home tenant"
    NOT_LISTED = "not (yet) listed among the tenant's risky users"
    DELETED = "the account is deleted"
    DISABLED = "the account is disabled"
    CLOSED = "already closed"
    COHORT = "left out by the requester's choice of cohorts"


class HeldBack(msgspec.Struct, frozen=True):
    """One user who is not acted on."""

    user_id: str
    reason: HeldBackReason
    detail: str


class Plan(msgspec.Struct, frozen=True):
    """The frozen plan. Stored as canonical bytes; its id is their SHA-256."""

    tenant_id: str
    surge_id: str
    action: Action
    cohorts: tuple[Cohort, ...]
    risk_event_types: tuple[str, ...]
    """The surge's types when the plan was made: a type that joins later is not part of what was signed."""
    window_start: int
    window_end: int
    user_ids: tuple[str, ...]
    """Who is acted on, sorted."""
    seen: tuple[str, ...]
    """For each of user_ids: riskLastUpdatedDateTime as text when the plan was made."""
    held_back: tuple[HeldBack, ...]
    made_at: int


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """What people are told of a plan, without its lists."""

    action: Action
    cohorts: tuple[Cohort, ...]
    users: int
    """How many are acted on."""
    reasons: tuple[tuple[str, int], ...]
    """Why users are held back, with how many, most first; without those who were closed already."""
    already_closed: int

    @property
    def held_back(self) -> int:
        """How many are held back, without those who were closed already."""
        return sum(count for _, count in self.reasons)


def summarize(plan: Plan) -> PlanSummary:
    """A plan in figures."""
    held_back = [held for held in plan.held_back if held.reason is not HeldBackReason.CLOSED]
    return PlanSummary(
        action=plan.action,
        cohorts=plan.cohorts,
        users=len(plan.user_ids),
        reasons=count_reasons(held_back),
        already_closed=len(plan.held_back) - len(held_back),
    )


def count_reasons(held_back: Iterable[HeldBack]) -> tuple[tuple[str, int], ...]:
    """Why, with how many, most first."""
    return tuple(Counter(held.reason.value for held in held_back).most_common())


def canonical(plan: Plan) -> bytes:
    """The plan as bytes: the same plan gives the same bytes anywhere."""
    return msgspec.json.encode(plan, order="deterministic")


def plan_hash(body: bytes) -> str:
    """SHA-256 of a plan's canonical bytes, in hex."""
    return hashlib.sha256(body).hexdigest()


def read_plan(body: bytes) -> Plan:
    """A plan from its canonical bytes. Raises msgspec.ValidationError if they are no plan."""
    return msgspec.json.decode(body, type=Plan)


def open_against(surge: Surge, detections: Iterable[Detection], action: Action) -> Mapping[str, tuple[Detection, ...]]:
    """By user id: the open detections that hold a user back from this action.

    Those that are not part of the surge; and, where the action clears risk, those of a kind that is never cleared in
    bulk, though it be the surge's own.
    """
    found = [detection for detection in detections if detection.is_open]
    against = {user_id: list(others) for user_id, others in open_elsewhere(surge, found).items()}
    if action in CLEARS_RISK:
        for detection in found:
            if detection.risk_event_type in NEVER_IN_BULK and surge.holds(detection):
                against.setdefault(detection.user_id, []).append(detection)
    return {user_id: tuple(others) for user_id, others in against.items()}


def _why_held_back(
    user_id: str,
    *,
    action: Action,
    cohorts: Collection[Cohort],
    profile: Profile | None,
    risky: RiskyUser | None,
    others: tuple[Detection, ...],
) -> HeldBack | None:
    def held(reason: HeldBackReason, detail: str = "") -> HeldBack:
        return HeldBack(user_id, reason, detail)

    types = ", ".join(sorted({other.risk_event_type for other in others}))
    if risky is None:
        external = profile is not None and profile.kind is SignInKind.GUEST
        return held(HeldBackReason.EXTERNAL if external else HeldBackReason.NOT_LISTED)
    if risky.is_deleted:
        return held(HeldBackReason.DELETED)
    if any(other.risk_event_type in NEVER_IN_BULK for other in others):
        return held(HeldBackReason.NEVER_IN_BULK, types)
    if others:
        return held(HeldBackReason.OTHER_DETECTION, types)
    if not risky.is_open and action in CLEARS_RISK:
        return held(HeldBackReason.CLOSED, risky.risk_detail or risky.risk_state)
    if risky.risk_state == "confirmedCompromised" and action in CLEARS_RISK:
        return held(HeldBackReason.CONFIRMED_COMPROMISED)
    if profile is not None and profile.is_enabled is False:
        return held(HeldBackReason.DISABLED)
    if cohort_of(profile) not in cohorts:
        return held(HeldBackReason.COHORT, cohort_of(profile).value)
    return None


def make_plan(
    *,
    surge: Surge,
    action: Action,
    cohorts: Collection[Cohort],
    users: Iterable[str],
    detections: Iterable[Detection],
    risky: Mapping[str, RiskyUser],
    profiles: Mapping[str, Profile],
    made_at: int,
) -> Plan:
    """Judge every user of the surge by cause and freeze the result. made_at in microseconds UTC."""
    others = open_against(surge, detections, action)
    acted_on: list[str] = []
    held_back: list[HeldBack] = []
    for user_id in sorted(set(users)):
        held = _why_held_back(
            user_id,
            action=action,
            cohorts=cohorts,
            profile=profiles.get(user_id),
            risky=risky.get(user_id),
            others=others.get(user_id, ()),
        )
        if held is None:
            acted_on.append(user_id)
        else:
            held_back.append(held)
    return Plan(
        tenant_id=surge.tenant_id,
        surge_id=surge.id,
        action=action,
        cohorts=tuple(sorted(set(cohorts))),
        risk_event_types=surge.risk_event_types,
        window_start=surge.window_start,
        window_end=surge.window_end,
        user_ids=tuple(acted_on),
        seen=tuple(risky[user_id].last_updated_text for user_id in acted_on),
        held_back=tuple(held_back),
        made_at=made_at,
    )
