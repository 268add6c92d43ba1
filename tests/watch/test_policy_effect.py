"""Whom a policy covers and what it does to each: never guessed where memberships were not read."""

import msgspec
import pytest

from bot.watch.access_policies import Grant
from bot.watch.policy_effect import PolicyEffect, Scope, applied_policies_of, applied_policy_of, count_effects, covers
from bot.watch.profile import IdentityProvider, SignInKind
from bot.watch.registration import Registered
from tests.watch.people import ABLE, person, policy

SCOPE = Scope(groups={"staff": frozenset({"ada"})}, roles={"admin": frozenset({"bob"})}, guests=frozenset({"gus"}))
CHANGE = (Grant.PASSWORD_CHANGE, Grant.MFA)


@pytest.mark.parametrize(
    ("given", "user", "is_covered"),
    [
        (policy(), "ada", True),
        (policy(users=("None",)), "ada", False),
        (policy(users=("ada",)), "ada", True),
        (policy(users=("ada",)), "bob", False),
        (policy(users=("GuestsOrExternalUsers",)), "gus", True),
        (policy(users=("GuestsOrExternalUsers",)), "ada", False),
        (policy(users=(), groups=("staff",)), "ada", True),
        (policy(users=(), groups=("staff",)), "bob", False),
        (policy(users=(), groups=("unread",)), "ada", None),
        (policy(users=(), groups=("unread", "staff")), "ada", True),
        (policy(users=(), roles=("admin",)), "bob", True),
        (policy(users=(), roles=("a role nobody holds",)), "bob", False),
        (policy(without_users=("ada",)), "ada", False),
        (policy(without_groups=("staff",)), "ada", False),
        (policy(without_groups=("unread",)), "ada", None),
        (policy(without_groups=("unread",), without_users=("ada",)), "ada", False),
        (policy(without_roles=("admin",)), "bob", False),
        (policy(users=("bob",), without_groups=("unread",)), "ada", False),
    ],
)
def test_a_policy_covers_whom_it_includes_and_does_not_exclude(given, user, is_covered):
    assert covers(given, user, SCOPE) is is_covered


def test_roles_that_were_not_read_leave_the_cover_unknown():
    assert covers(policy(users=(), roles=("admin",)), "bob", Scope()) is None


def standing(profile, *policies, writeback=None, level="high"):
    return applied_policy_of(profile, "ada", policies, SCOPE, writeback=writeback, risk_level=level).effect


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), PolicyEffect.UNTOUCHED),
        ((policy(),), PolicyEffect.BLOCKED),
        ((policy(state="disabled"),), PolicyEffect.UNTOUCHED),
        ((policy(state="enabledForReportingButNotEnforced"),), PolicyEffect.UNTOUCHED),
        ((policy(levels=("low",)),), PolicyEffect.UNTOUCHED),
        ((policy(levels=()),), PolicyEffect.UNTOUCHED),
        ((policy(without_users=("ada",)),), PolicyEffect.UNTOUCHED),
        ((policy(grants=CHANGE),), PolicyEffect.CAN_SELF_REMEDIATE),
        ((policy(grants=(Grant.MFA,)),), PolicyEffect.CAN_SELF_REMEDIATE),
        ((policy(grants=(Grant.OTHER,)),), PolicyEffect.NOT_KNOWN),
        ((policy(grants=()),), PolicyEffect.UNTOUCHED),
        ((policy(without_groups=("unread",)),), PolicyEffect.NOT_KNOWN),
        ((policy(without_groups=("unread",)), policy()), PolicyEffect.BLOCKED),
        ((policy(grants=CHANGE), policy()), PolicyEffect.BLOCKED),
    ],
)
def test_the_strictest_policy_that_covers_a_user_decides(given, expected):
    assert standing(person("ada"), *given) is expected


@pytest.mark.parametrize(
    ("registered", "kind", "writeback", "expected"),
    [
        (ABLE, SignInKind.CLOUD_ONLY, None, PolicyEffect.CAN_SELF_REMEDIATE),
        (Registered(0), SignInKind.CLOUD_ONLY, None, PolicyEffect.STUCK),
        (Registered.MFA, SignInKind.CLOUD_ONLY, None, PolicyEffect.STUCK),
        (None, SignInKind.CLOUD_ONLY, None, PolicyEffect.NOT_KNOWN),
        (ABLE, SignInKind.HYBRID, True, PolicyEffect.CAN_SELF_REMEDIATE),
        (ABLE, SignInKind.HYBRID, False, PolicyEffect.STUCK),
        (ABLE, SignInKind.HYBRID, None, PolicyEffect.NOT_KNOWN),
        (ABLE, SignInKind.FEDERATED, None, PolicyEffect.NOT_KNOWN),
        (ABLE, SignInKind.FEDERATED, False, PolicyEffect.STUCK),
        (ABLE, SignInKind.FEDERATED, True, PolicyEffect.NOT_KNOWN),
        (Registered.MFA | Registered.SSPR_CAPABLE, SignInKind.CLOUD_ONLY, None, PolicyEffect.STUCK),
        (ABLE, SignInKind.UNKNOWN, False, PolicyEffect.NOT_KNOWN),
        (ABLE, SignInKind.UNKNOWN, True, PolicyEffect.CAN_SELF_REMEDIATE),
        (ABLE, SignInKind.GUEST, True, PolicyEffect.STUCK),
    ],
)
def test_a_password_change_asks_for_a_second_factor_a_reset_and_writeback(registered, kind, writeback, expected):
    user = person("ada", kind, registered=registered)
    assert standing(user, policy(grants=CHANGE), writeback=writeback) is expected


def test_a_new_password_that_is_written_back_helps_behind_ad_fs():
    user = person("ada", SignInKind.FEDERATED, provider=IdentityProvider.AD_FS)
    assert standing(user, policy(grants=CHANGE), writeback=True) is PolicyEffect.CAN_SELF_REMEDIATE


def test_risk_remediation_lets_the_passwordless_help_themselves_without_a_password():
    user = person("ada", SignInKind.HYBRID, registered=Registered.PASSWORDLESS)
    assert standing(user, policy(grants=(Grant.REMEDIATION,))) is PolicyEffect.CAN_SELF_REMEDIATE
    assert standing(person("ada", registered=Registered(0)), policy(grants=(Grant.REMEDIATION,))) is PolicyEffect.STUCK


@pytest.mark.parametrize("level", ["hidden", "", "none", "aNewLevel"])
def test_a_level_that_is_hidden_is_taken_to_be_any(level):
    assert standing(person("ada"), policy(levels=("low",)), level=level) is PolicyEffect.BLOCKED


def test_policies_that_could_not_be_read_leave_everybody_unknown():
    applied_policies = applied_policies_of(["ada", "bob"], {}, None, SCOPE)
    assert count_effects(applied_policies) == {PolicyEffect.NOT_KNOWN: 2}


def test_each_user_is_counted_once_by_their_own_risk_level():
    found = {name: person(name) for name in ("ada", "bob", "cy")}
    applied_policies = applied_policies_of([*found, "ada"], found, [policy()], SCOPE, risk_levels={"bob": "medium"})
    assert count_effects(applied_policies) == {PolicyEffect.BLOCKED: 2, PolicyEffect.UNTOUCHED: 1}
    assert applied_policies["ada"].policy == "Block high user risk"


def test_a_user_without_a_profile_is_blocked_all_the_same():
    assert standing(None, policy()) is PolicyEffect.BLOCKED
    assert standing(None, policy(grants=CHANGE)) is PolicyEffect.NOT_KNOWN


def test_a_briefing_of_an_earlier_version_still_says_who_can_self_remediate():
    assert msgspec.json.decode(b'{"can help himself": 3}', type=dict[PolicyEffect, int]) == {
        PolicyEffect.CAN_SELF_REMEDIATE: 3
    }
