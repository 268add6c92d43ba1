"""How many go first, and how many of them must be closed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.act.canary import canary_for, must_close


@pytest.mark.parametrize(
    ("planned", "canary", "closed"),
    [(20_000, 10, 8), (20, 10, 8), (19, 9, 8), (12, 6, 5), (9, 4, 4), (3, 1, 1), (2, 1, 1), (1, 0, 0), (0, 0, 0)],
)
def test_ten_go_first_or_half_of_a_smaller_plan(planned, canary, closed):
    assert canary_for(10, planned) == canary
    assert must_close(canary) == closed


def test_a_setting_of_zero_turns_it_off():
    assert canary_for(0, 20_000) == 0


@given(st.integers(0, 100), st.integers(0, 30_000))
def test_a_canary_always_leaves_somebody_to_protect_and_can_pass(setting, planned):
    canary = canary_for(setting, planned)
    assert 0 <= canary <= setting
    assert canary < max(planned, 1)
    assert 0 <= must_close(canary) <= canary
    assert bool(must_close(canary)) is bool(canary)
