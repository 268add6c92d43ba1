"""What counts as an open risk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.watch.risk import CLOSED_STATES, is_open
from tests.values import detection, risky


@pytest.mark.parametrize("state", ["atRisk", "confirmedCompromised"])
def test_a_risk_that_microsoft_calls_open_is_open(state):
    assert risky("ada", state=state).is_open
    assert detection("ada", state=state).is_open


@pytest.mark.parametrize("state", ["none", "confirmedSafe", "remediated", "dismissed"])
def test_a_risk_that_microsoft_calls_closed_is_closed(state):
    assert not risky("ada", state=state).is_open
    assert not detection("ada", state=state).is_open


@given(st.text())
def test_a_state_nobody_knows_counts_as_open(state):
    assert is_open(state) == (state not in CLOSED_STATES)


@pytest.mark.parametrize("state", ["unknownFutureValue", "ConfirmedSafe", "", " none", "hidden"])
def test_neither_a_future_state_nor_a_misspelt_one_is_waved_through(state):
    assert is_open(state)
