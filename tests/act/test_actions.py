"""The catalogue: whom an action fits, when it shows its effect, and who still needs it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.act.actions import CATALOGUE, AccountAction, RiskAction, misfit
from bot.act.actions.facts import CostFamily, VerifiedBy
from bot.decide.action import Action
from bot.decide.plan import CAN_LOCK_OUT, CLEARS_RISK
from bot.watch.profile import IdentityProvider, SignInKind
from bot.watch.registration import Registered
from tests.values import profile, risky

ON_RISK = [action for action, facts in CATALOGUE.items() if isinstance(facts, RiskAction)]
STATES = (
    st.sampled_from(["atRisk", "confirmedCompromised", "confirmedSafe", "dismissed", "remediated", "none"]) | st.text()
)
MFA = Registered.MFA | Registered.MFA_CAPABLE


def test_every_action_that_can_be_asked_for_is_declared_once():
    assert set(CATALOGUE) == set(Action)
    assert [facts.action for facts in CATALOGUE.values()] == list(CATALOGUE)


@pytest.mark.parametrize("action", CATALOGUE)
def test_an_action_declares_what_people_and_the_run_must_know(action):
    facts = CATALOGUE[action]
    assert all(said.endswith(".") for said in (facts.what_it_says, facts.changes_for_user))
    assert facts.permission.endswith(".All")
    assert facts.clears_risk is (action in CLEARS_RISK)
    assert not facts.could_lock_out or action in CAN_LOCK_OUT


@pytest.mark.parametrize(
    ("kind", "most", "family"),
    [(RiskAction, 60, CostFamily.IDENTITY_PROTECTION), (AccountAction, 20, CostFamily.DIRECTORY)],
)
def test_no_write_names_more_users_than_microsoft_takes(kind, most, family):
    found = [facts for facts in CATALOGUE.values() if isinstance(facts, kind)]
    assert found
    assert {(facts.batch_size, facts.family) for facts in found} == {(most, family)}


def test_each_action_is_verified_by_what_it_changes():
    assert {action: facts.verified_by for action, facts in CATALOGUE.items()} == {
        Action.CONFIRM_SAFE: VerifiedBy.RISK_STATE,
        Action.DISMISS_RISK: VerifiedBy.RISK_STATE,
        Action.CONFIRM_COMPROMISED: VerifiedBy.RISK_STATE,
        Action.REVOKE_SESSIONS: VerifiedBy.SESSIONS_VALID_FROM,
        Action.REQUIRE_PASSWORD_CHANGE: VerifiedBy.MUST_CHANGE_PASSWORD,
    }


@given(st.sampled_from(sorted(ON_RISK)), STATES, st.booleans())
def test_who_shows_the_effect_does_not_need_the_action_any_more(action, state, processing):
    user, facts = risky("ada", state=state, processing=processing), CATALOGUE[action]
    assert not (facts.shows(user) and facts.is_needed(user))


@given(st.sampled_from(sorted(ON_RISK)), STATES)
def test_nothing_is_visible_while_microsoft_is_processing(action, state):
    assert not CATALOGUE[action].shows(risky("ada", state=state, processing=True))


@given(st.sampled_from([Action.CONFIRM_SAFE, Action.DISMISS_RISK]), st.text())
def test_an_unknown_state_is_no_effect_of_a_clearing(action, state):
    closed = state in {"confirmedSafe", "dismissed", "remediated", "none"}
    assert CATALOGUE[action].shows(risky("ada", state=state)) is closed
    assert CATALOGUE[action].is_needed(risky("ada", state=state)) is not closed


@pytest.mark.parametrize(
    ("state", "effect"), [("confirmedCompromised", True), ("atRisk", False), ("confirmedSafe", False)]
)
def test_only_a_confirmed_compromise_shows_that_one_was_confirmed(state, effect):
    user, facts = risky("ada", state=state), CATALOGUE[Action.CONFIRM_COMPROMISED]
    assert facts.shows(user) is effect
    assert facts.is_needed(user) is not effect


@pytest.mark.parametrize("action", [each for each in CATALOGUE if each is not Action.REQUIRE_PASSWORD_CHANGE])
@pytest.mark.parametrize("kind", SignInKind)
def test_all_but_the_password_change_fit_everybody_but_external_guests(action, kind):
    why = misfit(action, profile("ada", kind))
    assert why == ("an external guest: it must be done in the home tenant" if kind is SignInKind.GUEST else None)
    assert misfit(action, None) is None


def registered(methods, **known):
    made = profile("ada", **known)
    return type(made)(**{name: getattr(made, name) for name in made.__slots__} | {"registered": methods})


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
    why = misfit(Action.REQUIRE_PASSWORD_CHANGE, who)
    assert (why is None) if where is None else (why is not None and where in why)
