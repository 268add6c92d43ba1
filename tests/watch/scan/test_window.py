from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.watch.durations import DAY, HOUR, MINUTE
from bot.watch.scan.grid import BIN
from bot.watch.scan.rules import Rules
from bot.watch.scan.window import Bins, Interval, estimate

RULES = Rules()


def level(rate):
    """`rate` users an hour are usual, at every hour."""
    return lambda start, end: rate * (end - start) / HOUR


def test_the_likelihood_of_ten_where_two_are_usual():
    assert Interval(0, 0, 10, 2.0).likelihood == pytest.approx(10 * log(5) - 8)


def test_fewer_than_usual_are_no_sign():
    assert Interval(0, 0, 1, 2.0).likelihood == 0.0


bins = st.lists(st.tuples(st.integers(1, 30), st.floats(0.01, 5), st.floats(0, 5)), min_size=1, max_size=14)


@given(bins)
def test_the_likeliest_interval_is_the_best_of_all_pairs(found):
    counts, usual, gaps = (tuple(column) for column in zip(*found, strict=True))
    some = Bins(tuple(range(len(found))), counts, usual, gaps)
    pairs = [
        Interval(i, j, sum(counts[i : j + 1]), sum(usual[i : j + 1]) + sum(gaps[i + 1 : j + 1])).likelihood
        for i in range(len(found))
        for j in range(i, len(found))
    ]
    best = some.likeliest(0, len(found))
    assert best.likelihood == pytest.approx(max(pairs), rel=1e-6, abs=1e-9)


def test_a_wave_is_cut_out_of_its_background_to_the_microsecond():
    background = [hour * HOUR for hour in range(0, 72, 9)]
    wave = [30 * HOUR + n * MINUTE + 7 for n in range(120)]
    found = estimate(sorted(background + wave), 3 * DAY, level(0.1), 5, RULES)
    assert (found.start, found.end) == (wave[0], wave[-1])
    assert found.peak == 120


def test_the_thin_tail_of_a_wave_belongs_to_it():
    wave = [30 * HOUR + n * 20_000_000 for n in range(300)]
    tail = [wave[-1] + n * 12 * MINUTE for n in range(1, 10)]
    assert estimate(wave + tail, 3 * DAY, level(0.05), 5, RULES).end == tail[-1]


def test_a_few_people_hours_before_are_another_matter():
    before = [20 * HOUR + n * MINUTE for n in range(8)]
    wave = [30 * HOUR + n * MINUTE for n in range(300)]
    assert estimate(before + wave, 3 * DAY, level(0.01), 10, RULES).start == wave[0]


def test_a_part_that_passes_the_gate_by_itself_belongs_to_it_over_a_pause():
    first = [20 * HOUR + n * MINUTE for n in range(30)]
    second = [40 * HOUR + n * MINUTE for n in range(300)]
    found = estimate(first + second, 3 * DAY, level(0.01), 10, RULES)
    assert (found.start, found.end) == (first[0], second[-1])


def test_beyond_the_longest_pause_it_is_another_surge():
    first = [n * MINUTE for n in range(30)]
    second = [33 * HOUR + n * MINUTE for n in range(300)]
    assert estimate(first + second, 3 * DAY, level(0.01), 10, RULES).start == second[0]


def test_nobody_has_no_window():
    assert estimate([], DAY, level(1), 5, RULES) is None


def test_everybody_at_once_is_a_window_of_no_length():
    found = estimate([5 * HOUR] * 50, DAY, level(0.1), 5, RULES)
    assert (found.start, found.end, found.peak) == (5 * HOUR, 5 * HOUR, 50)


def test_a_flag_just_over_the_edge_of_the_grid_is_not_cut_off():
    wave = [30 * BIN + n * 30_000_000 for n in range(100)]
    assert estimate([*wave, wave[-1] + 2 * MINUTE], DAY, level(20), 5, RULES).end == wave[-1] + 2 * MINUTE
