"""One table of numbers that a team can override, and that refuses what it can't mean."""

from dataclasses import fields
from math import inf, nan

import pytest

from bot.watch.weights import Weights


def test_a_number_is_overridden_by_name_and_the_rest_stays():
    table = Weights().overridden({"takeovers_above": -30, "band_strong": 25.5})
    assert (table.takeovers_above, table.band_strong) == (-30.0, 25.5)
    assert table == Weights(takeovers_above=-30.0, band_strong=25.5)


def test_a_name_that_is_not_known_is_refused_clearly():
    with pytest.raises(ValueError, match=r"there is no weight 'takeover'; the names are in docs/evidence\.md"):
        Weights().overridden({"takeover": 1})


@pytest.mark.parametrize("number", ["6", None, True, nan, inf, [1]])
def test_what_is_no_number_is_refused_with_its_name(number):
    with pytest.raises(ValueError, match="the weight revocation must be a number"):
        Weights().overridden({"revocation": number})


@pytest.mark.parametrize(
    "numbers",
    [
        {"cap_kind": -1},
        {"passwordless_cap": -1},
        {"passwordless_factor": 0},
        {"passwordless_factor": 1},
        {"takeover_chance": 2},
        {"proven_share": 0},
        {"least_coverage": 0},
        {"band_strong": 5},
        {"band_leans": 30},
        {"band_leans": -1, "band_strong": 3},
        {"raised_from": 1},
        {"high_from": 1.5},
        {"least_users": -1},
    ],
)
def test_numbers_that_make_no_sense_are_refused(numbers):
    with pytest.raises(ValueError, match=r"the weight .* must be"):
        Weights().overridden(numbers)


def test_every_number_of_the_table_can_be_stated_as_it_is():
    table = Weights()
    assert table.overridden({each.name: getattr(table, each.name) for each in fields(Weights)}) == table
