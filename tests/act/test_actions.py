"""The catalogue: how an action is carried out, when it shows its effect, and who still needs it."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.act.actions import CATALOGUE, AccountAction, RiskAction
from bot.decide.action import RULES, Action, ActionRules
from bot.graph.accounts import _ON_ACCOUNTS
from bot.graph.endpoints import RISKY_USER_ACTIONS
from bot.watch.account import AccountState
from tests.values import risky

ON_RISK = [action for action, facts in CATALOGUE.items() if isinstance(facts, RiskAction)]
STATES = (
    st.sampled_from(["atRisk", "confirmedCompromised", "confirmedSafe", "dismissed", "remediated", "none"]) | st.text()
)
BOT = Path(__file__).parents[2] / "bot"
OF_A_KIND = {"batch_size", "permission"}


def test_every_action_that_can_be_asked_for_is_declared_once_and_in_the_order_of_the_dialogs():
    assert list(CATALOGUE) == list(RULES) == list(Action)


def test_an_action_on_risk_is_a_write_on_risky_users_and_any_other_one_on_the_account():
    on_risk = {action for action, rules in RULES.items() if rules.is_on_risk}
    assert {action for action, facts in CATALOGUE.items() if isinstance(facts, RiskAction)} == on_risk
    assert set(_ON_ACCOUNTS) == set(Action) - on_risk


@pytest.mark.parametrize("action", Action)
def test_what_is_called_needs_the_permission_that_the_action_declares(action):
    endpoint = _ON_ACCOUNTS[action][0] if action in _ON_ACCOUNTS else RISKY_USER_ACTIONS
    assert CATALOGUE[action].permission is endpoint.permission


@pytest.mark.parametrize(
    "name",
    sorted({each.name for table in (ActionRules, RiskAction, AccountAction) for each in fields(table)} | OF_A_KIND),
)
def test_whatever_an_action_declares_is_read_by_somebody(name):
    assert any(re.search(rf"\.{name}\b", path.read_text(encoding="utf-8")) for path in BOT.rglob("*.py"))


@pytest.mark.parametrize(("kind", "most"), [(RiskAction, 60), (AccountAction, 20)])
def test_no_write_names_more_users_than_microsoft_takes(kind, most):
    assert {facts.batch_size for facts in CATALOGUE.values() if isinstance(facts, kind)} == {most}


AS_BEFORE = AccountState("ada", 0, False, 0, True, 1)


@pytest.mark.parametrize(
    ("action", "changed"),
    [
        (Action.REVOKE_SESSIONS, {"sessions_valid_from": 1 << 60}),
        (Action.REQUIRE_PASSWORD_CHANGE, {"must_change_password": True}),
        (Action.REQUIRE_PASSWORD_CHANGE, {"password_changed_at": 1 << 60}),
    ],
)
def test_each_action_on_an_account_is_verified_by_what_it_changes_there(action, changed):
    for each in _ON_ACCOUNTS:
        assert not CATALOGUE[each].shows(AS_BEFORE, 1 << 60)
        assert CATALOGUE[each].shows(replace(AS_BEFORE, **changed), 1 << 60) is (each is action)


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
