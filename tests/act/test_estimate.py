"""What a run will take, told before anybody signs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.act.actions import CATALOGUE
from bot.act.estimate import estimate
from bot.decide.action import Action


@pytest.mark.parametrize(
    ("users", "at_risk", "calls", "said"),
    [
        (20_000, 20_000, 414, "414 calls, about 7 minutes at Microsoft's limit"),
        (880, 900, 19, "19 calls, about 20 s at Microsoft's limit"),
        (1, 1, 3, "3 calls, about 5 s at Microsoft's limit"),
        (60, 20_000, 81, "81 calls, about 85 s at Microsoft's limit"),
        (1_000_000, 1_000_000, 20_667, "20,667 calls, about 6 hours at Microsoft's limit"),
    ],
)
def test_clearing_costs_a_write_for_sixty_and_two_readings_of_those_at_risk(users, at_risk, calls, said):
    made = estimate(Action.CONFIRM_SAFE, users=users, at_risk=at_risk, calls_a_second=1.0)
    assert (made.calls, made.seconds, str(made)) == (calls, calls, said)


def test_an_action_on_accounts_goes_at_the_pace_of_the_directory():
    made = estimate(Action.REVOKE_SESSIONS, users=900, at_risk=20_000, calls_a_second=1.0)
    assert (made.calls, made.seconds) == (45 + 2 * 3, 45.0)


@given(st.sampled_from(sorted(CATALOGUE)), st.integers(0, 50_000), st.integers(0, 50_000), st.floats(0.1, 50))
def test_more_users_never_take_less(action, users, at_risk, pace):
    one = estimate(action, users=users, at_risk=at_risk, calls_a_second=pace)
    more = estimate(action, users=users + 1, at_risk=at_risk, calls_a_second=pace)
    assert (more.calls, more.seconds) >= (one.calls, one.seconds)
