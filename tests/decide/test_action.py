"""What an action is to the plan and to people: whom it fits, what it says, what it can do."""

import pytest

from bot.decide.action import RULES, Action
from bot.decide.plan import CLEARS_RISK
from bot.watch.profile import IdentityProvider, SignInKind
from bot.watch.registration import Registered
from tests.values import profile

MFA = Registered.MFA | Registered.MFA_CAPABLE


@pytest.mark.parametrize("action", Action)
def test_an_action_says_what_it_does_in_whole_sentences(action):
    assert RULES[action].what_it_says.endswith(".")
    assert ("can't be undone" in RULES[action].what_it_says) <= (not RULES[action].can_be_undone)


def test_only_what_says_that_the_alerts_were_wrong_or_harmless_clears_risk():
    assert {Action.CONFIRM_SAFE, Action.DISMISS_RISK} == CLEARS_RISK


def test_whatever_does_not_clear_risk_could_lock_somebody_out():
    assert {action for action, rules in RULES.items() if rules.could_lock_out} == set(Action) - CLEARS_RISK


@pytest.mark.parametrize("action", [each for each in Action if each is not Action.REQUIRE_PASSWORD_CHANGE])
@pytest.mark.parametrize("kind", SignInKind)
def test_all_but_the_password_change_fit_everybody_but_external_guests(action, kind):
    why = RULES[action].misfit(profile("ada", kind))
    assert why == ("an external guest: it must be done in the home tenant" if kind is SignInKind.GUEST else None)
    assert RULES[action].misfit(None) is None


def registered(methods, **known):
    return profile("ada", registered=methods, **known)


@pytest.mark.parametrize(
    ("who", "where"),
    [
        (None, "help desk"),
        (profile("ada", SignInKind.UNKNOWN), "help desk"),
        (profile("ada", SignInKind.GUEST), "in the home tenant"),
        (profile("ada", SignInKind.HYBRID), "in Active Directory"),
        (profile("ada", SignInKind.FEDERATED, provider=IdentityProvider.AD_FS), "on-premises, in Active Directory"),
        (profile("ada", SignInKind.FEDERATED, provider=IdentityProvider.OKTA), "Okta checks the password"),
        (profile("ada", SignInKind.FEDERATED, provider=IdentityProvider.PING), "Ping checks the password"),
        (profile("ada", SignInKind.FEDERATED, provider=IdentityProvider.OTHER), "the identity provider checks"),
        (profile("ada", SignInKind.FEDERATED), "the identity provider checks"),
        (registered(None), "Temporary Access Pass"),
        (registered(Registered(0)), "Temporary Access Pass"),
        (registered(Registered.MFA), "Temporary Access Pass"),
        (registered(MFA, passwordless=True), "Graph can't say whether a password is in use"),
        (registered(MFA), None),
        (registered(MFA, passwordless=None), None),
    ],
)
def test_a_password_change_fits_cloud_only_users_with_mfa_and_says_where_it_must_be_done_for_the_others(who, where):
    why = RULES[Action.REQUIRE_PASSWORD_CHANGE].misfit(who)
    assert (why is None) if where is None else (why is not None and where in why)
