import pytest

from bot.watch.durations import DAY, HOUR, MINUTE
from bot.watch.scan.alarm import gate, is_massive, is_surprising
from bot.watch.scan.baseline import fit
from bot.watch.scan.rules import Rules

RULES = Rules()
FIRST = 20_000
NOW = (FIRST + 60) * DAY
ONE_A_DAY = fit([(FIRST + day) * DAY + day % 24 * HOUR for day in range(56)], FIRST, FIRST + 56, 1.0, RULES)


@pytest.mark.parametrize(
    ("users", "known", "days", "least"),
    [(50, True, 56, 5), (5_000, True, 56, 10), (5_000, True, 13, 25), (300_000, True, 56, 600), (800, False, 56, 10)],
)
def test_the_gate_is_a_share_of_the_tenant_and_at_least_five(users, known, days, least):
    assert gate(users, known, days, RULES) == least


def test_ten_in_half_an_hour_where_one_a_day_is_usual_are_a_surprise():
    assert is_surprising(10, 30 * MINUTE, NOW, ONE_A_DAY, 5, RULES)


def test_three_in_a_day_where_one_is_usual_are_none():
    assert not is_surprising(3, 24 * HOUR, NOW, ONE_A_DAY, 5, RULES)


def test_who_accepts_more_false_alarms_is_told_of_smaller_counts():
    least = [
        min(n for n in range(1, 50) if is_surprising(n, HOUR, NOW, ONE_A_DAY, 5, Rules(sensitivity=accepted)))
        for accepted in (0.01, 0.1, 1.0, 10.0)
    ]
    assert least == sorted(least, reverse=True)
    assert least[0] > least[-1]


def test_more_series_ask_for_more_surprise():
    counts = [
        min(n for n in range(1, 50) if is_surprising(n, HOUR, NOW, ONE_A_DAY, series, RULES)) for series in (10, 10_000)
    ]
    assert counts[0] < counts[1]


def test_two_percent_in_eight_hours_are_massive_whatever_history_says():
    assert is_massive(100, NOW, 5_000, ONE_A_DAY, RULES)
    assert not is_massive(99, NOW, 5_000, ONE_A_DAY, RULES)


def test_six_of_a_tiny_tenant_are_massive_five_are_not():
    """mu = 8 / 24, so 3 * mu + 5 = 6: more than six are needed where one a day is usual."""
    assert is_massive(7, NOW, 50, ONE_A_DAY, RULES)
    assert not is_massive(5, NOW, 50, ONE_A_DAY, RULES)
