"""The pace: never above the limit, slower when refused, and always back to full speed."""

import math

from hypothesis import given
from hypothesis import strategies as st

from bot.graph.rate import LONGEST_HOLD, Pace


def test_the_first_call_waits_one_interval_since_another_holder_may_just_have_called():
    assert Pace(2.0, now=100.0).opens_at == 100.5


LATENESS = st.floats(min_value=0, max_value=0.02)
TIMERS_LATENESS = 0.005


@given(st.lists(LATENESS | st.floats(min_value=0, max_value=10), min_size=1, max_size=50))
def test_over_any_while_no_more_slots_are_taken_than_the_limit_allows(pauses):
    """Two may be closer by as much as a timer was late for the first, however many come after it."""
    rate, taken = Pace(1.0, now=0.0), []
    for pause in pauses:
        taken.append(rate.opens_at + pause)
        rate.answered(taken_at=rate.take(taken[-1]))
    for first, earlier in enumerate(taken):
        for slots, later in enumerate(taken[first:]):
            assert later - earlier >= slots - TIMERS_LATENESS - 1e-9


def test_a_timer_that_is_a_moment_late_each_time_costs_no_speed():
    rate = Pace(1.0, now=0.0)
    for _ in range(100):
        rate.take(rate.opens_at + TIMERS_LATENESS - 1e-6)
    assert math.isclose(rate.opens_at, 101.0)


def test_units_cost_their_share_of_the_budget():
    rate = Pace(10.0, now=0.0)
    rate.take(1.0, units=20)
    assert math.isclose(rate.opens_at, 3.0)


def test_a_refusal_without_retry_after_slows_the_pace_and_waits_for_it():
    rate = Pace(1.0, now=0.0)
    rate.take(1.0)
    rate.refused(1.2, taken_at=1.0, retry_after=None)
    assert math.isclose(rate.interval, 1 / 0.7)
    assert math.isclose(rate.opens_at, 1.2 + 1 / 0.7)


def test_a_refusal_with_retry_after_waits_as_long_as_asked():
    rate = Pace(1.0, now=0.0)
    rate.take(1.0)
    rate.refused(1.2, taken_at=1.0, retry_after=17.5)
    assert math.isclose(rate.opens_at, 18.7)


def test_an_endless_retry_after_is_tried_again_after_the_longest_hold():
    rate = Pace(1.0, now=0.0)
    rate.refused(0.0, taken_at=0.0, retry_after=1e9)
    assert rate.opens_at == LONGEST_HOLD


def test_calls_that_were_under_way_when_the_pace_was_cut_cut_it_only_once():
    rate = Pace(100.0, now=0.0)
    for number in range(10):
        rate.refused(2.0 + number / 100, taken_at=1.0, retry_after=None)
    assert math.isclose(rate.interval, 0.01 / 0.7)


def test_a_budget_that_is_nearly_spent_slows_the_pace_before_anything_is_refused():
    rate = Pace(100.0, now=0.0)
    rate.answered(taken_at=0.0, used=0.95)
    assert rate.interval > 0.01


@given(
    st.lists(st.one_of(st.none(), st.floats(min_value=0.001, max_value=1000)), max_size=40),
    st.floats(min_value=0.1, max_value=1000),
)
def test_after_any_refusals_four_quiet_answers_bring_back_full_speed(refusals, full):
    rate, now = Pace(full, now=0.0), 0.0
    for retry_after in refusals:
        now = max(now, rate.opens_at)
        rate.take(now)
        rate.refused(now, taken_at=now, retry_after=retry_after)
        assert rate.interval <= 5.01 / full
    for _ in range(4):
        rate.answered(taken_at=now)
    assert rate.interval == 1 / full


def test_a_new_limit_keeps_the_caution_learned():
    rate = Pace(100.0, now=0.0)
    rate.refused(0.0, taken_at=0.0, retry_after=None)
    rate.limit(200.0)
    assert math.isclose(rate.interval, 0.005 / 0.7)


def test_a_call_that_left_late_keeps_the_next_one_at_a_distance_and_what_all_lose_costs_nothing():
    rate = Pace(1.0, now=0.0)
    for taken_at, left_at, opens_at in [(1.0, 1.004, 2.0), (2.0, 2.6, 3.595), (3.595, 3.596, 4.595)]:
        rate.take(taken_at)
        rate.left(left_at, taken_at=taken_at)
        assert math.isclose(rate.opens_at, opens_at)
