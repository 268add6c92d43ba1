"""The immutable summary of a surge at one moment.

A figure that could not be read is None and carries its reason; it is never counted as zero.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.watch.account_kind import AccountKind, ToldKind
from bot.watch.advice import Advice
from bot.watch.evidence import Evidence
from bot.watch.forecast import Forecast
from bot.watch.impact import ImpactFigures
from bot.watch.policy_changes import PolicyChange
from bot.watch.policy_effect import AppliedPolicy, PolicyEffect, count_effects
from bot.watch.privileged_users import Privileged
from bot.watch.profile import IdentityProvider, Profile, SignInKind, has_mfa, is_risk_elsewhere, passwordless_methods
from bot.watch.risk import RiskyUser


class Cohort(StrEnum):
    """A group of flagged users that can be told apart and chosen in a request. Each user is in exactly one."""

    CLOUD_ONLY = SignInKind.CLOUD_ONLY.value
    HYBRID = SignInKind.HYBRID.value
    AD_FS = IdentityProvider.AD_FS.value
    OKTA = IdentityProvider.OKTA.value
    PING = IdentityProvider.PING.value
    OTHER_PROVIDER = IdentityProvider.OTHER.value
    PROVIDER_NOT_READ = f"{SignInKind.FEDERATED.value}, {IdentityProvider.NOT_READ.value}"
    GUEST = SignInKind.GUEST.value
    UNKNOWN = SignInKind.UNKNOWN.value


BY_PROVIDER = {
    IdentityProvider.AD_FS: Cohort.AD_FS,
    IdentityProvider.OKTA: Cohort.OKTA,
    IdentityProvider.PING: Cohort.PING,
    IdentityProvider.OTHER: Cohort.OTHER_PROVIDER,
    IdentityProvider.NOT_READ: Cohort.PROVIDER_NOT_READ,
}
_BY_KIND = {
    SignInKind.CLOUD_ONLY: Cohort.CLOUD_ONLY,
    SignInKind.HYBRID: Cohort.HYBRID,
    SignInKind.GUEST: Cohort.GUEST,
    SignInKind.UNKNOWN: Cohort.UNKNOWN,
}


def cohort_of(profile: Profile | None) -> Cohort:
    """The cohort of a user; a user whose profile was not read is unknown."""
    if profile is None:
        return Cohort.UNKNOWN
    if profile.kind is SignInKind.FEDERATED:
        return BY_PROVIDER[profile.provider or IdentityProvider.OTHER]
    return _BY_KIND[profile.kind]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be read: what, and why in words that name the mend ("needs AuditLog.Read.All")."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Briefing:
    """Revision n of what is known about a surge. Made at `made_at` (microseconds UTC)."""

    surge_id: str
    revision: int
    made_at: int
    flagged: int
    at_risk: int | None
    cohorts: dict[Cohort, int] | None
    passwordless: int | None
    passwordless_unread: int
    """Flagged users whom the registration report lacks; where above zero, passwordless reads "at least"."""
    gaps: tuple[Gap, ...]
    eligible: int | None = None
    """How many a clean-up could act on now; None where it could not be told."""
    at_risk_unread: int = 0
    """Flagged users of this tenant whose risk was not read; where above zero, at_risk reads "at least"."""
    held_back: tuple[tuple[str, int], ...] = ()
    """Why users who are still at risk are held back, with how many, most first."""
    passwordless_methods: tuple[tuple[str, int], ...] = ()
    """Users by registered method, most first; a user may have several."""
    mfa_unregistered: int | None = None
    """Flagged users without a second factor; None where the registration report was not read."""
    privileged: tuple[Privileged, ...] | None = None
    """Each flagged user with a privileged role; None where roles were not read."""
    account_kinds: dict[AccountKind, int] | None = None
    """Accounts that are not simply a person's; None where the directory was not read."""
    disabled: int | None = None
    deleted: int | None = None
    impact: ImpactFigures | None = None
    standings: dict[PolicyEffect, int] | None = None
    """What the policies do to those flagged; None where that was not worked out."""
    forecast: Forecast | None = None
    policy_changes: tuple[PolicyChange, ...] = ()
    """Policies on user risk that protect less than when the surge opened, until they are back."""
    evidence: Evidence | None = None
    advice: Advice | None = None
    changed: tuple[str, ...] = ()
    """What this revision changed since the one before, as sentences."""

    def same_figures(self, other: "Briefing") -> bool:
        """Whether nothing that matters differs: the ages of readings and the wording of a finding do not."""
        return _lasting(self) == _lasting(other)


def _lasting(briefing: Briefing) -> Briefing:
    """The briefing without what moves by itself."""
    impact, evidence = briefing.impact, briefing.evidence
    return replace(
        briefing,
        revision=0,
        made_at=0,
        changed=(),
        impact=impact and replace(impact, last=None, attempts=0, read_until=None),
        evidence=evidence
        and replace(
            evidence,
            coverage=round(evidence.coverage, 1),
            total=round(evidence.total),
            rows=tuple(
                replace(row, read_at=None, weight=round(row.weight), finding="" if row.is_read else row.finding)
                for row in evidence.rows
            ),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersRead:
    """What was read of the users of a surge. None where a reading failed as a whole or was not made; a gap says why."""

    flagged: Collection[str]
    """Ids of everybody in the surge. Each counts once."""
    risky: Mapping[str, RiskyUser] | None
    profiles: Mapping[str, Profile] | None
    registration_read: bool
    accounts: Mapping[str, ToldKind] | None = None
    applied_policies: Mapping[str, AppliedPolicy] | None = None


def make_briefing(
    users: UsersRead, *, surge_id: str, made_at: int, gaps: Iterable[Gap] = (), revision: int = 0
) -> Briefing:
    """Count. What is concluded rather than counted (the impact, the evidence, the advice) is for others to fill in."""
    flagged, risky, profiles = sorted(set(users.flagged)), users.risky, users.profiles
    listed = [profiles[user_id] for user_id in flagged if user_id in profiles] if profiles is not None else []
    counted = Briefing(
        surge_id=surge_id,
        revision=revision,
        made_at=made_at,
        flagged=len(flagged),
        at_risk=_count(risky, flagged, lambda user: user.is_open),
        cohorts=None if profiles is None else _cohorts(flagged, profiles),
        passwordless=None,
        passwordless_unread=0,
        gaps=tuple(gaps),
        at_risk_unread=_at_risk_unread(flagged, risky, profiles or {}),
        account_kinds=None if users.accounts is None else _account_kinds(flagged, users.accounts),
        disabled=None if profiles is None else sum(1 for each in listed if each.is_enabled is False),
        passwordless_methods=_methods(listed),
        deleted=_count(risky, flagged, lambda user: user.is_deleted),
        standings=None if users.applied_policies is None else _standings(flagged, users.applied_policies),
    )
    return _with_registration(counted, listed) if profiles is not None and users.registration_read else counted


def _with_registration(briefing: Briefing, listed: Collection[Profile]) -> Briefing:
    """With what the registration report tells of those whom the directory lists."""
    return replace(
        briefing,
        passwordless=sum(1 for each in listed if each.is_passwordless),
        passwordless_unread=briefing.flagged - sum(1 for each in listed if each.is_passwordless is not None),
        mfa_unregistered=sum(1 for each in listed if has_mfa(each) is False),
    )


def _methods(listed: Iterable[Profile]) -> tuple[tuple[str, int], ...]:
    registered = (profile.registered for profile in listed if profile.registered is not None)
    counts = Counter(name for each in registered for name in passwordless_methods(each))
    return tuple(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _standings(flagged: Iterable[str], applied_policies: Mapping[str, AppliedPolicy]) -> dict[PolicyEffect, int]:
    return count_effects({user_id: applied_policies[user_id] for user_id in flagged if user_id in applied_policies})


def _cohorts(flagged: Iterable[str], profiles: Mapping[str, Profile]) -> dict[Cohort, int]:
    counts = Counter(cohort_of(profiles.get(user_id)) for user_id in flagged)
    return {cohort: counts[cohort] for cohort in Cohort if counts[cohort]}


def _account_kinds(flagged: Iterable[str], accounts: Mapping[str, ToldKind]) -> dict[AccountKind, int]:
    counts = Counter(accounts[user_id].kind for user_id in flagged if user_id in accounts)
    return {kind: counts[kind] for kind in AccountKind if counts[kind]}


def _count(
    risky: Mapping[str, RiskyUser] | None, flagged: Iterable[str], is_counted: Callable[[RiskyUser], bool]
) -> int | None:
    if risky is None:
        return None
    return sum(1 for user_id in flagged if user_id in risky and is_counted(risky[user_id]))


def _at_risk_unread(
    flagged: Iterable[str], risky: Mapping[str, RiskyUser] | None, profiles: Mapping[str, Profile]
) -> int:
    """Flagged users of this tenant who ought to be listed as risky and are not."""
    if risky is None:
        return 0
    return sum(1 for user_id in flagged if user_id not in risky and not _is_elsewhere(profiles.get(user_id)))


def _is_elsewhere(profile: Profile | None) -> bool:
    return profile is not None and is_risk_elsewhere(profile.kind, is_listed=False)
