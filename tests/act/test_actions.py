"""The catalogue: when an action shows its effect, and who still needs it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.act.actions import CATALOGUE, is_fit, shows_effect
from bot.decide.action import Action
from tests.values import risky

STATES = (
    st.sampled_from(["atRisk", "confirmedCompromised", "confirmedSafe", "dismissed", "remediated", "none"]) | st.text()
)


@pytest.mark.parametrize("action", CATALOGUE)
def test_no_write_names_more_users_than_microsoft_takes(action):
    assert 1 <= CATALOGUE[action].batch_size <= 60


@given(st.sampled_from(sorted(CATALOGUE)), STATES, st.booleans())
def test_who_shows_the_effect_does_not_need_the_action_any_more(action, state, processing):
    user = risky("ada", state=state, processing=processing)
    assert not (shows_effect(action, user) and is_fit(action, user))


@given(st.sampled_from(sorted(CATALOGUE)), STATES)
def test_nothing_is_visible_while_microsoft_is_processing(action, state):
    assert not shows_effect(action, risky("ada", state=state, processing=True))


@given(st.sampled_from([Action.CONFIRM_SAFE, Action.DISMISS_RISK]), st.text())
def test_an_unknown_state_is_no_effect_of_a_clearing(action, state):
    closed = state in {"confirmedSafe", "dismissed", "remediated", "none"}
    assert shows_effect(action, risky("ada", state=state)) is closed
    assert is_fit(action, risky("ada", state=state)) is not closed


@pytest.mark.parametrize(
    ("state", "effect"), [("confirmedCompromised", True), ("atRisk", False), ("confirmedSafe", False)]
)
def test_only_a_confirmed_compromise_shows_that_one_was_confirmed(state, effect):
    user = risky("ada", state=state)
    assert shows_effect(Action.CONFIRM_COMPROMISED, user) is effect
    assert is_fit(Action.CONFIRM_COMPROMISED, user) is not effect
