"""No test is lost between the lanes: each runs in `make test` or is what `make test-all` adds, and never in both."""

from pathlib import Path

import pytest

from tests.conftest import COLLECTED, ROOT, home, lane_of, why_left_out
from tests.lanes import AT_LENGTH, TAKES, VALUES, WHERE_THE_DATABASE_MATTERS, Home, Lane, home_of, in_words

OUTSIDE = {"store", "database_url", "postgresql_url", "scene", "microsoft", "server", "browser", "ahead", "listening"}
"""Fixtures that bring a database, a socket or a process."""


@pytest.fixture
def collected(request):
    """Every test that this run found, before its lane left any out."""
    return request.config.stash[COLLECTED]


def taken(items, lane):
    return {item.nodeid for item in items if not why_left_out(item, lane)}


def test_every_test_runs_in_the_lane_of_every_day_or_in_the_rest_and_none_in_both(collected):
    every_day, rest = taken(collected, Lane.TEST), taken(collected, Lane.REST)
    assert every_day | rest == taken(collected, Lane.ALL)
    assert not every_day & rest
    assert taken(collected, Lane.QUICK) <= every_day


def test_every_home_is_in_the_lane_of_every_day_or_in_the_rest_and_in_no_two():
    assert TAKES[Lane.TEST] | TAKES[Lane.REST] == TAKES[Lane.ALL] == set(Home)
    assert not TAKES[Lane.TEST] & TAKES[Lane.REST]
    assert TAKES[Lane.QUICK] <= TAKES[Lane.TEST]


def test_what_this_run_takes_is_what_its_lane_takes(request, collected):
    assert {item.nodeid for item in request.session.items} == taken(collected, lane_of(request.config))


def test_the_quick_lane_needs_no_database_no_socket_and_no_process(collected):
    quick = [item for item in collected if home(item) is Home.VALUES]
    assert [item.nodeid for item in quick if OUTSIDE.intersection(item.fixturenames)] == []


@pytest.mark.parametrize("pattern", [*VALUES, *AT_LENGTH, *WHERE_THE_DATABASE_MATTERS])
def test_what_a_lane_names_is_there(pattern):
    assert list(Path(ROOT).glob(pattern))


@pytest.mark.parametrize(
    ("path", "parameters", "expected"),
    [
        ("tests/act/test_run_life.py", (), Home.VALUES),
        ("tests/store/test_runs.py", ("sqlite",), Home.PARTS),
        ("tests/store/test_runs.py", ("postgresql",), Home.PARTS),
        ("tests/operations/test_briefing.py", ("sqlite", 3), Home.PARTS),
        ("tests/operations/test_briefing.py", (3, "postgresql"), Home.POSTGRESQL_TOO),
        ("tests/faults/test_random_kills.py", ("sqlite 0",), Home.AT_LENGTH),
        ("tests/of_tomorrow/test_new.py", (), Home.PARTS),
    ],
)
def test_a_test_that_nobody_placed_runs_every_day_and_the_second_database_where_it_matters(path, parameters, expected):
    assert home_of(path, parameters) is expected


def test_a_lane_says_how_many_it_leaves_out_of_what_and_who_runs_them():
    assert in_words(Lane.TEST, {Home.AT_LENGTH: 15, "what is not on this machine": 5}) == [
        "Left out: 15 tests of kills at random moments and outages (make test-all).",
        "Left out: 5 tests of what is not on this machine.",
    ]
    assert len(in_words(Lane.QUICK, {})) == 3
    assert in_words(Lane.ALL, {}) == []
