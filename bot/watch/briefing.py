"""The immutable summary of a surge at one moment.

A figure that could not be read is None and carries its reason; it is never counted as zero.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.watch.profile import IdentityProvider, Profile, SignInKind
from bot.watch.risk import RiskyUser


class Cohort(StrEnum):
    """A group of flagged users that can be told apart and chosen in a request. Each user is in exactly one."""

    CLOUD_ONLY = "cloud-only"
    HYBRID = "hybrid"
    AD_FS = "AD FS"
    OKTA = "Okta"
    PING = "Ping"
    OTHER_PROVIDER = "other provider"
    PROVIDER_NOT_READ = "federated, provider not read"
    GUEST = "guest"
    UNKNOWN = "unknown"


_BY_PROVIDER = {
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
        return _BY_PROVIDER[profile.provider or IdentityProvider.OTHER]
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

    def same_figures(self, other: "Briefing") -> bool:
        """Whether nothing that people are shown differs."""
        return (
            self.flagged == other.flagged
            and self.at_risk == other.at_risk
            and self.cohorts == other.cohorts
            and self.passwordless == other.passwordless
            and self.passwordless_unread == other.passwordless_unread
            and self.gaps == other.gaps
            and self.eligible == other.eligible
            and self.at_risk_unread == other.at_risk_unread
            and self.held_back == other.held_back
        )


def make_briefing(
    *,
    surge_id: str,
    revision: int,
    made_at: int,
    users: Iterable[str],
    risky: Mapping[str, RiskyUser] | None,
    profiles: Mapping[str, Profile] | None,
    registration_read: bool,
    gaps: Iterable[Gap],
    eligible: int | None = None,
    held_back: Iterable[tuple[str, int]] = (),
) -> Briefing:
    """Count. risky, profiles: None where the read failed as a whole; the gap says why.

    eligible, held_back: whom a clean-up could act on, and why not on others, as the plan would judge.
    """
    flagged = sorted(set(users))
    cohorts: dict[Cohort, int] | None = None
    passwordless: int | None = None
    unread = 0
    if profiles is not None:
        cohorts = dict.fromkeys(Cohort, 0)
        for user_id in flagged:
            cohorts[cohort_of(profiles.get(user_id))] += 1
        cohorts = {cohort: count for cohort, count in cohorts.items() if count}
        if registration_read:
            known = [profiles[user_id].is_passwordless for user_id in flagged if user_id in profiles]
            passwordless = sum(1 for value in known if value)
            unread = len(flagged) - sum(1 for value in known if value is not None)
    at_risk, at_risk_unread = None, 0
    if risky is not None:
        told = profiles or {}
        unread_risk = [user_id for user_id in flagged if user_id not in risky]
        at_risk_unread = sum(1 for user_id in unread_risk if cohort_of(told.get(user_id)) is not Cohort.GUEST)
        at_risk = sum(1 for user_id in flagged if user_id in risky and risky[user_id].is_open)
    return Briefing(
        surge_id=surge_id,
        revision=revision,
        made_at=made_at,
        flagged=len(flagged),
        at_risk=at_risk,
        cohorts=cohorts,
        passwordless=passwordless,
        passwordless_unread=unread,
        gaps=tuple(gaps),
        eligible=eligible,
        at_risk_unread=at_risk_unread,
        held_back=tuple(held_back),
    )
