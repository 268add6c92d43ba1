"""Behind each figure of a briefing: which users, by which fact."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from bot.watch.account_kind import ToldKind
from bot.watch.briefing import Cohort, cohort_of
from bot.watch.evidence import Suspect
from bot.watch.figure import Figure
from bot.watch.impact import Impact
from bot.watch.policy_effect import AppliedPolicy
from bot.watch.privileged_users import Privileged
from bot.watch.profile import Profile, has_mfa, passwordless_methods
from bot.watch.risk import Detection, RiskyUser
from bot.watch.sign_ins import STUCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the figures were counted from. Users who are not flagged may be among them: they are left out."""

    flagged: Collection[str]
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    privileged: Collection[Privileged] = ()
    accounts: Mapping[str, ToldKind] = field(default_factory=dict)
    impacts: Mapping[str, Impact] = field(default_factory=dict)
    applied_policies: Mapping[str, AppliedPolicy] = field(default_factory=dict)
    suspects: Collection[Suspect] = ()
    flagged_again: Collection[str] = ()
    """User ids: flagged anew since their verified clean-up."""
    others: Mapping[str, Collection[Detection]] = field(default_factory=dict)
    """By user id: the open detections that are not part of the surge."""
    risky: Mapping[str, RiskyUser] = field(default_factory=dict)


def members_of(figure: Figure, sources: Sources) -> dict[str, str]:
    """By user id, sorted: the fact that puts the user into the figure."""
    flagged = set(sources.flagged)
    return {user_id: fact for user_id, fact in sorted(_FACTS[figure](sources).items()) if user_id in flagged and fact}


def _profiles(fact: Callable[[Profile], str]) -> Callable[[Sources], dict[str, str]]:
    return lambda sources: {profile.user_id: fact(profile) for profile in sources.profiles.values()}


def _privileged(sources: Sources) -> dict[str, str]:
    return {
        each.user_id: ", ".join(each.roles) + (f" (by the account {each.through})" if each.through else "")
        for each in sources.privileged
    }


def _blocked(sources: Sources) -> dict[str, str]:
    return {
        each.user_id: f"{each.blocks:,} blocked sign-in{'' if each.blocks == 1 else 's'} after the flag"
        for each in sources.impacts.values()
        if each.blocked_since is not None
    }


def _stuck(sources: Sources) -> dict[str, str]:
    return {
        each.user_id: f"{STUCK.get(each.stuck_code or 0, 'a prompt')} ({each.stuck_code}, an unsure code)"
        for each in sources.impacts.values()
        if each.is_stuck
    }


_FACTS: Mapping[Figure, Callable[[Sources], dict[str, str]]] = {
    Figure.SUSPECTS: lambda sources: {each.user_id: each.why for each in sources.suspects},
    Figure.BLOCKED: _blocked,
    Figure.STUCK: _stuck,
    Figure.PRIVILEGED: _privileged,
    Figure.PASSWORDLESS: _profiles(
        lambda each: ", ".join(passwordless_methods(each.registered)) if each.is_passwordless else ""
    ),
    Figure.WITHOUT_MFA: _profiles(lambda each: "none is registered" if has_mfa(each) is False else ""),
    Figure.ACCOUNTS: lambda sources: {
        user_id: f"{each.kind.value}: {each.why}" for user_id, each in sources.accounts.items()
    },
    Figure.DISABLED: _profiles(lambda each: "the account is disabled" if each.is_enabled is False else ""),
    Figure.POLICY_EFFECTS: lambda sources: {
        user_id: f"{each.effect.value}: {each.why}" for user_id, each in sources.applied_policies.items()
    },
    Figure.FLAGGED_AGAIN: lambda sources: dict.fromkeys(
        sources.flagged_again, "a detection dated after the verified clean-up"
    ),
    Figure.OTHER_DETECTIONS: lambda sources: {
        user_id: ", ".join(sorted({each.risk_event_type for each in found}))
        for user_id, found in sources.others.items()
    },
    Figure.AT_RISK: lambda sources: {
        user_id: f"riskState {each.risk_state}, level {each.risk_level}" if each.is_open else ""
        for user_id, each in sources.risky.items()
    },
}
"""In the order of their lists: who needs somebody first. How they sign in has a list for each cohort."""

LISTED = tuple(_FACTS)
"""The figures that can be asked for their users."""

_COHORTS: Mapping[Cohort, str] = {
    Cohort.CLOUD_ONLY: "a managed domain, not synced",
    Cohort.HYBRID: "a managed domain, synced from on-premises",
    Cohort.AD_FS: "a domain federated with AD FS",
    Cohort.OKTA: "a domain federated with Okta",
    Cohort.PING: "a domain federated with Ping",
    Cohort.OTHER_PROVIDER: "a domain federated with another provider",
    Cohort.PROVIDER_NOT_READ: "a federated domain whose federation could not be read",
    Cohort.GUEST: "an external identity",
    Cohort.UNKNOWN: "the directory did not tell",
}


def users_by_cohort(sources: Sources) -> dict[Cohort, dict[str, str]]:
    """By cohort, in the order of their words, and user id, sorted: the fact that puts the user into it."""
    found: dict[Cohort, dict[str, str]] = {cohort: {} for cohort in Cohort}
    for user_id in sorted(set(sources.flagged)):
        cohort = cohort_of(sources.profiles.get(user_id))
        found[cohort][user_id] = _COHORTS[cohort]
    return found
