"""What the Conditional Access policies do to each flagged user, and whether they can self-remediate.

A password change asked for by a policy needs a registered second factor, self-service reset, and for a synced user
password writeback (Microsoft Entra ID Protection, "Self-remediation experience").
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.watch.access_policies import AccessPolicy, Grant
from bot.watch.profile import IdentityProvider, Profile, SignInKind
from bot.watch.registration import Registered

_FORMERLY = "can help himself"
"""What briefings of an earlier version say for CAN_SELF_REMEDIATE."""


class PolicyEffect(StrEnum):
    """Where a user at risk stands. The value is what people read."""

    BLOCKED = "blocked"
    STUCK = "stuck"
    NOT_KNOWN = "not known"
    CAN_SELF_REMEDIATE = "can self-remediate"
    UNTOUCHED = "untouched"

    @classmethod
    def _missing_(cls, value: object) -> "PolicyEffect | None":
        return cls.CAN_SELF_REMEDIATE if value == _FORMERLY else None


_WORST_FIRST = tuple(PolicyEffect)


@dataclass(frozen=True, slots=True)
class AppliedPolicy:
    """Where one user stands, by which policy, and why."""

    effect: PolicyEffect
    policy: str
    """The policy's name; empty where none acts."""
    why: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What is needed to tell whom a policy covers. What is missing here was not read."""

    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """User ids by group id, nested groups expanded. A group that is missing was not read."""
    roles: Mapping[str, frozenset[str]] | None = None
    """User ids by role template id; None: roles were not read."""
    guests: frozenset[str] = frozenset()
    """User ids of guests and external users."""


def covers(policy: AccessPolicy, user_id: str, scope: Scope) -> bool | None:
    """Whether a policy covers a user: included and not excluded. None where that can't be told."""
    return Coverage(policy, scope).of(user_id)


class Coverage:
    """Whom a policy covers: made once, asked of tens of thousands."""

    def __init__(self, policy: AccessPolicy, scope: Scope) -> None:
        self._included = _Named(policy.include_users, policy.include_groups, policy.include_roles, scope)
        self._excluded = _Named(policy.exclude_users, policy.exclude_groups, policy.exclude_roles, scope)

    def of(self, user_id: str) -> bool | None:
        """As `covers` tells."""
        included = self._included.holds(user_id)
        if included is False:
            return False
        excluded = self._excluded.holds(user_id)
        if excluded:
            return False
        return None if included is None or excluded is None else True


class _Named:
    """Users whom a policy names, one by one or by what they belong to."""

    def __init__(self, users: tuple[str, ...], groups: tuple[str, ...], roles: tuple[str, ...], scope: Scope) -> None:
        members = [scope.groups.get(group) for group in groups]
        members += [None if scope.roles is None else scope.roles.get(role, frozenset()) for role in roles]
        self._everybody = "All" in users
        self._sets = [frozenset(users), *(each for each in members if each is not None)]
        if "GuestsOrExternalUsers" in users:
            self._sets.append(scope.guests)
        self._otherwise = None if None in members else False

    def holds(self, user_id: str) -> bool | None:
        """None where some group or role was not read."""
        if self._everybody or any(user_id in each for each in self._sets):
            return True
        return self._otherwise


def applied_policy_of(
    profile: Profile | None,
    user_id: str,
    policies: Iterable[AccessPolicy] | None,
    scope: Scope,
    *,
    risk_level: str = "high",
    writeback: bool | None = None,
) -> AppliedPolicy:
    """What reaches a user while their risk is at this level. policies: None where they could not be read.

    writeback: whether a password changed in Entra is written back on-premises; None where that is not known.
    """
    if policies is None:
        return AppliedPolicy(PolicyEffect.NOT_KNOWN, "", "the policies could not be read")
    found = []
    for policy in policies:
        if policy.is_enforced and policy.acts_on_user_risk and _is_at_level(policy, risk_level):
            covered = covers(policy, user_id, scope)
            if covered is None:
                found.append(
                    AppliedPolicy(PolicyEffect.NOT_KNOWN, policy.name, "whom the policy covers could not be read")
                )
            elif covered:
                found.append(_effect(policy, profile, writeback=writeback))
    untouched = AppliedPolicy(PolicyEffect.UNTOUCHED, "", "no policy on user risk covers the user")
    return min(found, key=lambda each: _WORST_FIRST.index(each.effect), default=untouched)


def applied_policies_of(
    users: Iterable[str],
    profiles: Mapping[str, Profile],
    policies: Iterable[AccessPolicy] | None,
    scope: Scope,
    *,
    risk_levels: Mapping[str, str] | None = None,
    writeback: bool | None = None,
) -> dict[str, AppliedPolicy]:
    """By user id. risk_levels: where it lacks a user, high is taken (a leaked credential always is)."""
    listed = None if policies is None else tuple(policies)
    levels, known = risk_levels or {}, dict[tuple[object, ...], AppliedPolicy]()
    coverage = [Coverage(policy, scope) for policy in listed or ()]
    made: dict[str, AppliedPolicy] = {}
    for user_id in users:
        profile, level = profiles.get(user_id), levels.get(user_id, "high")
        alike = (level, *_what_matters(profile), *(each.of(user_id) for each in coverage))
        applied = known.get(alike)
        if applied is None:
            applied = applied_policy_of(profile, user_id, listed, scope, risk_level=level, writeback=writeback)
            known[alike] = applied
        made[user_id] = applied
    return made


def _what_matters(profile: Profile | None) -> tuple[object, ...]:
    """What of a profile tells where its user stands: tens of thousands are of some dozen sorts."""
    return (None,) if profile is None else (profile.kind, profile.provider, profile.registered)


def count_effects(applied_policies: Mapping[str, AppliedPolicy]) -> dict[PolicyEffect, int]:
    """How many stand where, those with none left out."""
    counts = Counter(each.effect for each in applied_policies.values())
    return {effect: counts[effect] for effect in PolicyEffect if counts[effect]}


def _is_at_level(policy: AccessPolicy, risk_level: str) -> bool:
    """A level that is hidden or unknown is taken to be any."""
    return risk_level not in {"low", "medium", "high"} or risk_level in policy.user_risk_levels


def _effect(policy: AccessPolicy, profile: Profile | None, *, writeback: bool | None) -> AppliedPolicy:
    registered = None if profile is None else profile.registered
    if Grant.BLOCK in policy.grants:
        return AppliedPolicy(PolicyEffect.BLOCKED, policy.name, "the policy blocks")
    if Grant.OTHER in policy.grants:
        return AppliedPolicy(
            PolicyEffect.NOT_KNOWN, policy.name, "the policy asks for something that is not known here"
        )
    if not policy.grants:
        return AppliedPolicy(PolicyEffect.UNTOUCHED, policy.name, "the policy asks for nothing")
    if profile is None or registered is None:
        return AppliedPolicy(PolicyEffect.NOT_KNOWN, policy.name, "what the user has registered could not be read")
    if Grant.REMEDIATION in policy.grants and Registered.PASSWORDLESS in registered:
        return AppliedPolicy(PolicyEffect.CAN_SELF_REMEDIATE, policy.name, "signs in again without a password")
    if Registered.MFA_CAPABLE not in registered:
        return AppliedPolicy(PolicyEffect.STUCK, policy.name, "has no second factor registered that may be used")
    if {Grant.PASSWORD_CHANGE, Grant.REMEDIATION}.isdisjoint(policy.grants):
        return AppliedPolicy(PolicyEffect.CAN_SELF_REMEDIATE, policy.name, "has a second factor registered")
    return _password_change(policy, profile, registered, writeback=writeback)


def _password_change(
    policy: AccessPolicy, profile: Profile, registered: Registered, *, writeback: bool | None
) -> AppliedPolicy:
    if Registered.SSPR_CAPABLE not in registered:
        return AppliedPolicy(PolicyEffect.STUCK, policy.name, "can't reset the own password")
    if profile.kind is SignInKind.UNKNOWN and not writeback:
        return AppliedPolicy(PolicyEffect.NOT_KNOWN, policy.name, "whether the user is synced is not known")
    if profile.kind in {SignInKind.HYBRID, SignInKind.FEDERATED} and writeback is None:
        return AppliedPolicy(PolicyEffect.NOT_KNOWN, policy.name, "whether passwords are written back is not known")
    if profile.kind in {SignInKind.HYBRID, SignInKind.FEDERATED} and not writeback:
        return AppliedPolicy(PolicyEffect.STUCK, policy.name, "a new password would not be written back on-premises")
    if profile.kind is SignInKind.FEDERATED and profile.provider is not IdentityProvider.AD_FS:
        return AppliedPolicy(
            PolicyEffect.NOT_KNOWN, policy.name, "whether the identity provider takes the new password is not known"
        )
    if profile.kind is SignInKind.GUEST:
        return AppliedPolicy(PolicyEffect.STUCK, policy.name, "a guest's password is in the home tenant")
    return AppliedPolicy(PolicyEffect.CAN_SELF_REMEDIATE, policy.name, "can change the password by self-service")
