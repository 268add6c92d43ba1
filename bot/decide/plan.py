"""The plan: a frozen list of users and one action, with everyone held back and why. What is approved is what runs."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec

from bot.decide.action import RULES, Action
from bot.decide.held_back import HeldBackReason
from bot.decide.request_kind import RequestKind
from bot.watch.briefing import Cohort
from bot.watch.risk import Detection
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

CLEARS_RISK = frozenset(action for action, rules in RULES.items() if rules.clears_risk)
"""The actions that wave a risk through."""

LIGHT_LEVELS = frozenset({"low", "none"})
"""riskLevel of detections that hold nobody back. A level that is not known, or hidden from us, weighs."""


class HeldBack(msgspec.Struct, frozen=True):
    """One user who is not acted on."""

    user_id: str
    reason: HeldBackReason
    detail: str


class Released(msgspec.Struct, frozen=True):
    """What a user would have been held back for, and was released from with a reason."""

    user_id: str
    reason: HeldBackReason
    detail: str
    detection_ids: tuple[str, ...] = ()
    """The open detections that were weighed. One that comes later is not part of what was signed."""


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
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
    kind: RequestKind = RequestKind.SURGE
    released: tuple[Released, ...] = ()
    """What its users were released from; empty but for a release."""
    run_id: str = ""
    """The run whose users these are, where it is a way back."""
    gaps: tuple[str, ...] = ()
    """What could not be read when it was made, so that somebody may be in it who would be held back otherwise."""


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
    kind: RequestKind = RequestKind.SURGE
    released: tuple[str, ...] = ()
    """What its one user was released from, in words."""
    gaps: tuple[str, ...] = ()
    """What could not be read when it was made."""

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
        kind=plan.kind,
        released=tuple(
            f"{each.reason.value} ({each.detail})" if each.detail else each.reason.value for each in plan.released
        ),
        gaps=plan.gaps,
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

    Those of medium, high or unknown level that are not part of the surge; and, where the action clears risk, those of
    a kind that is never cleared in bulk, of whatever level, though they be the surge's own.
    """
    found = [detection for detection in detections if detection.is_open]
    heavy = [detection for detection in found if detection.risk_level.lower() not in LIGHT_LEVELS]
    against = {user_id: list(others) for user_id, others in open_elsewhere(surge, heavy).items()}
    if action in CLEARS_RISK:
        for detection in found:
            listed = against.get(detection.user_id, [])
            if detection.risk_event_type in NEVER_IN_BULK and detection not in listed:
                against.setdefault(detection.user_id, []).append(detection)
    return {user_id: tuple(others) for user_id, others in against.items()}


def detections_hold_back(kind: RequestKind, action: Action) -> bool:
    """Whether an open detection holds anybody back: on the way back, where nothing is cleared, none does."""
    return kind.rules.detections_hold_back or action in CLEARS_RISK


def as_planned(surge: Surge, plan: Plan) -> Surge:
    """The surge as it stands: of the types that were signed, and never narrower than the window that was."""
    return replace(
        surge,
        risk_event_types=plan.risk_event_types,
        window_start=min(surge.window_start, plan.window_start),
        window_end=max(surge.window_end, plan.window_end),
    )


def against_plan(plan: Plan, surge: Surge, detections: Iterable[Detection]) -> Mapping[str, tuple[Detection, ...]]:
    """By user id: the open detections for which a user of the plan is left out of the run, as things stand.

    As `open_against`, by the types and the window that were signed. Those that the plan released are part of what was
    signed, exactly those; and on the way back, where nothing is cleared, no detection spares anybody.
    """
    if not detections_hold_back(plan.kind, plan.action):
        return {}
    released = {detection_id for each in plan.released for detection_id in each.detection_ids}
    left = [detection for detection in detections if detection.id not in released]
    return open_against(as_planned(surge, plan), left, plan.action)


def is_released(plan: Plan, user_id: str, reason: HeldBackReason) -> bool:
    """Whether the plan releases this user from this reason."""
    return any(each.user_id == user_id and each.reason is reason for each in plan.released)


def lifted_by(plan: Plan) -> frozenset[HeldBackReason]:
    """What holds nobody back in this plan: what its kind lifts, and what its user was released from as a whole."""
    as_a_whole = (each.reason for each in plan.released if not each.reason.rules.is_of_detections)
    return plan.kind.rules.lifts.union(as_a_whole)
