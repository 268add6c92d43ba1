"""Why a flagged user is not in a plan: every reason, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class HeldBackReason(StrEnum):
    """Why a flagged user is not in the plan. The value is what people read."""

    NEVER_IN_BULK = "a detection of a kind that is never cleared in bulk"
    OTHER_DETECTION = "another open detection that is not part of this surge"
    SUSPICIOUS = "signs of a takeover in the evidence"
    CONFIRMED_COMPROMISED = "confirmed compromised by a person"
    EMERGENCY = "an emergency account, which no plan touches"
    LAST_ADMINISTRATOR = "one of the last two Global Administrators, whom this could lock out"
    SYNCHRONIZATION = "the account of the directory synchronization"
    SIGNER = "may sign for this bot"
    PRIVILEGED = "privileged: holds a directory role"
    EXTERNAL = "external guest: the risk is held in the home tenant"
    NOT_LISTED = "not (yet) listed among the tenant's risky users"
    DELETED = "the account is deleted"
    NOT_PROFILED = "the directory has not told (yet) whose account that is"
    DISABLED = "the account is disabled"
    CLOSED = "already closed"
    MISFIT = "the action does not fit the account"
    ELSEWHERE = "in another plan that is pending or running"
    COHORT = "left out by the requester's choice of cohorts"

    @property
    def rules(self) -> "ReasonRules":
        """What follows from it."""
        return RULES[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonRules:
    """What follows from a reason."""

    is_releasable: bool
    """One user may be released from it, alone and under the larger quorum.

    From the others nobody can: there is nothing to act on, the action does not fit, it could lock out the tenant, or
    somebody else is at it.
    """
    is_of_detections: bool = False
    """Released for exactly the detections that were weighed; every other reason as a whole."""
    may_come_to_light: bool = False
    """It is about who the user is, and may be learned after the plan was signed: it still takes the user out of a run
    that clears risk. The risk itself is judged at each write anyhow."""


RULES: Mapping[HeldBackReason, ReasonRules] = MappingProxyType(
    {
        HeldBackReason.NEVER_IN_BULK: ReasonRules(is_releasable=True, is_of_detections=True),
        HeldBackReason.OTHER_DETECTION: ReasonRules(is_releasable=True, is_of_detections=True),
        HeldBackReason.SUSPICIOUS: ReasonRules(is_releasable=True, may_come_to_light=True),
        HeldBackReason.CONFIRMED_COMPROMISED: ReasonRules(is_releasable=True),
        HeldBackReason.EMERGENCY: ReasonRules(is_releasable=False, may_come_to_light=True),
        HeldBackReason.LAST_ADMINISTRATOR: ReasonRules(is_releasable=False),
        HeldBackReason.SYNCHRONIZATION: ReasonRules(is_releasable=True, may_come_to_light=True),
        HeldBackReason.SIGNER: ReasonRules(is_releasable=True, may_come_to_light=True),
        HeldBackReason.PRIVILEGED: ReasonRules(is_releasable=True, may_come_to_light=True),
        HeldBackReason.EXTERNAL: ReasonRules(is_releasable=False),
        HeldBackReason.NOT_LISTED: ReasonRules(is_releasable=False),
        HeldBackReason.DELETED: ReasonRules(is_releasable=False),
        HeldBackReason.NOT_PROFILED: ReasonRules(is_releasable=False),
        HeldBackReason.DISABLED: ReasonRules(is_releasable=True, may_come_to_light=True),
        HeldBackReason.CLOSED: ReasonRules(is_releasable=False),
        HeldBackReason.MISFIT: ReasonRules(is_releasable=False),
        HeldBackReason.ELSEWHERE: ReasonRules(is_releasable=False),
        HeldBackReason.COHORT: ReasonRules(is_releasable=False),
    }
)
