import pytest

from bot.watch.durations import DAY, HOUR, MINUTE, WEEK
from bot.watch.scan.baseline import cell_of, fit
from bot.watch.scan.dispersion import Dispersion, measure
from bot.watch.scan.rules import Rules

FIRST = 20_000
RULES = Rules()


def two_a_day(days, hours=(4, 16)):
    return [(FIRST + day) * DAY + hour * HOUR for day in range(days) for hour in hours]


def test_the_rate_leans_on_the_prior_and_on_the_last_week():
    """slow = (56 + 7 * 0.5) / 35 = 1.7; fast = (14 + 2 * 1.7) / 9 = 1.9333."""
    baseline = fit(two_a_day(28), FIRST, FIRST + 28, 0.5, RULES)
    assert baseline.rate == pytest.approx(1.93333, abs=1e-5)
    assert (baseline.days, baseline.seen) == (28, 56.0)


def test_without_history_the_prior_is_the_rate():
    baseline = fit([], FIRST, FIRST, 0.5, RULES)
    assert baseline.rate == pytest.approx(0.5)
    assert baseline.expected(0, WEEK) == pytest.approx(3.5)


def test_an_old_surge_counts_only_up_to_its_cap():
    """The day of 300 is capped at 3 * max((52 + 3.5) / 33, 2) + 5 = 11."""
    times = sorted(two_a_day(28) + [(FIRST + 26) * DAY + n * MINUTE for n in range(300)])
    assert fit(times, FIRST, FIRST + 28, 0.5, RULES).seen == pytest.approx(54 + 11)


def test_a_new_level_is_let_in_after_four_days():
    times = two_a_day(20) + [(FIRST + 20 + day) * DAY + n * HOUR for day in range(8) for n in range(24)]
    assert fit(times, FIRST, FIRST + 28, 0.5, RULES).rate > 15


def test_a_busy_tenant_is_learned_within_its_first_days():
    times = [(FIRST + day) * DAY + n * 10 * MINUTE for day in range(3) for n in range(144)]
    assert fit(times, FIRST, FIRST + 3, 1.0, RULES).rate == 144


def test_the_season_follows_the_hours_and_averages_to_one():
    """28 weekday or weekend days bring 1 at 4 and 1 at 16; weekdays are 20 days: cell 4 has n = 20."""
    baseline = fit(two_a_day(28), FIRST, FIRST + 28, 0.5, RULES)
    assert sum(baseline.season) / 168 == pytest.approx(1.0)
    at_4, at_5 = baseline.season[4], baseline.season[5]
    expected = 56 * 20 / (28 * 24)
    assert at_4 / at_5 == pytest.approx((20 + 15) / (0 + 15))
    assert at_4 == pytest.approx((20 + 15) / (expected + 15), rel=0.1)
    assert baseline.expected(0, WEEK) == pytest.approx(7 * baseline.rate)


def test_expectations_add_up_over_any_cut():
    baseline = fit(two_a_day(28), FIRST, FIRST + 28, 0.5, RULES)
    start, cut, end = 5 * DAY + 1, 5 * DAY + 7 * HOUR + 13, 19 * DAY + 11
    whole = baseline.expected(start, end)
    assert baseline.expected(start, cut) + baseline.expected(cut, end) == pytest.approx(whole)


def test_saturday_and_sunday_are_the_weekend():
    """Day 0 of the grid is a Thursday."""
    assert [cell_of(24 * day) // 24 for day in range(7)] == [0, 0, 1, 1, 0, 0, 0]


def test_the_dispersion_of_one_cluster_by_hand():
    """One day, nothing expected, three people in one bin: (3^2 + 10) / (0 + 5) at every scale."""
    assert measure({FIRST * 144: 3.0}, [0.0] * 168, FIRST, FIRST + 1, RULES).values == pytest.approx((3.8,) * 4)


def test_the_dispersion_counts_the_empty_bins():
    """One an hour expected for a day, none came: at an hour 24 * 1 = 24, at a day 24^2 = 576; over 24 + 5."""
    values = measure({}, [1.0] * 168, FIRST, FIRST + 1, RULES).values
    assert values == pytest.approx((1.3, 1.3, (4 * 36 + 10) / 29, (576 + 10) / 29))


def test_a_window_is_judged_by_the_scale_that_holds_it():
    dispersion = Dispersion((1.0, 2.0, 3.0, 4.0))
    assert [dispersion.at(span) for span in (10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR)] == [1, 2, 2, 3, 4]


def test_an_uncertain_rate_widens_the_dispersion():
    """2 * (1 + 1 / (0.5 + 3 / 2)) = 3."""
    assert Dispersion((2.0,) * 4).with_uncertain_rate(HOUR, 1.0, 3.0) == pytest.approx(3.0)
