"""Graph's timestamps become exact microseconds, and filters say the same moment."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.graph.timestamps import filter_text, microseconds

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENT = 1745121600_000000  # 2025-04-20T04:00:00Z


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-04-20T04:00:00Z", MOMENT),
        ("2025-04-20T04:00:00.1Z", MOMENT + 100_000),
        ("2025-04-20T04:00:00.1234567Z", MOMENT + 123_456),
        ("2025-04-20T06:00:00.000001+02:00", MOMENT + 1),
        ("2025-04-20T04:00:00", MOMENT),
        ("2025-04-20t04:00:00z", MOMENT),
        ("0001-01-01T00:00:00Z", -62135596800_000000),
    ],
)
def test_every_form_that_graph_writes_is_read(text, expected):
    assert microseconds(text) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2025-04-20", "20250420", "2025-13-20T04:00:00Z"])
def test_what_is_no_time_of_day_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the fault is said in the message, which is nobody's contract
        microseconds(text)


@given(
    st.datetimes(min_value=EPOCH.replace(year=1900, tzinfo=None), max_value=EPOCH.replace(year=2200, tzinfo=None)),
    st.integers(min_value=-14 * 60, max_value=14 * 60),
)
def test_a_moment_with_any_offset_is_the_same_moment(naive, offset):
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=offset)))
    exact = (moment - EPOCH) // timedelta(microseconds=1)
    assert microseconds(moment.isoformat()) == exact


@given(st.integers(min_value=0, max_value=4102444800_000000))
def test_a_filter_names_exactly_the_moment_asked_for(moment):
    text = filter_text(moment)
    assert text.endswith("Z")
    assert microseconds(text) == moment
