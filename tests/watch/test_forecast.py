"""Whom the block will meet on the next working morning, in the tenant's own time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.watch.forecast import forecast, next_morning, zone_of
from bot.watch.policy_effect import AppliedPolicy, PolicyEffect

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(*parts):
    return (datetime(*parts, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("now", "zone", "morning", "name"),
    [
        ((2025, 4, 20, 9), "UTC", (2025, 4, 21, 8), "Monday 21 April, 08:00 UTC"),
        ((2025, 4, 18, 9), "UTC", (2025, 4, 21, 8), "Monday 21 April, 08:00 UTC"),
        ((2025, 4, 22, 7, 59), "UTC", (2025, 4, 22, 8), "Tuesday 22 April, 08:00 UTC"),
        ((2025, 4, 22, 8), "UTC", (2025, 4, 23, 8), "Wednesday 23 April, 08:00 UTC"),
        ((2025, 4, 20, 9), "Europe/Oslo", (2025, 4, 21, 6), "Monday 21 April, 08:00 Europe/Oslo"),
        ((2025, 4, 20, 23), "Asia/Tokyo", (2025, 4, 21, 23), "Tuesday 22 April, 08:00 Asia/Tokyo"),
        ((2025, 3, 28, 12), "Europe/Oslo", (2025, 3, 31, 6), "Monday 31 March, 08:00 Europe/Oslo"),
    ],
)
def test_the_next_working_morning_is_at_eight_where_the_people_are(now, zone, morning, name):
    found = next_morning(micros(*now), zone_of(zone))
    assert (found.at, found.name) == (micros(*morning), name)


def test_the_day_to_compare_with_is_the_same_weekday_a_week_before_from_midnight_to_midnight():
    found = next_morning(micros(2025, 4, 20, 9), ZoneInfo("Europe/Oslo"))
    assert (found.last_week_since, found.last_week_until) == (micros(2025, 4, 13, 22), micros(2025, 4, 14, 22))


def test_a_week_before_a_change_of_clocks_the_day_is_still_a_whole_one():
    found = next_morning(micros(2025, 4, 4, 12), ZoneInfo("Europe/Oslo"))
    assert found.last_week_until - found.last_week_since == 24 * 3_600_000_000


@pytest.mark.parametrize("name", ["Europe/Nowhere", "../etc/passwd", "/etc/localtime", "x" * 5_000, "\x00"])
def test_a_time_zone_that_is_not_known_is_refused_in_words(name):
    with pytest.raises(ValueError, match="write it like Europe/Oslo"):
        zone_of(name)


STANCES = {
    user: AppliedPolicy(standing, "p", "")
    for user, standing in {
        "ada": PolicyEffect.BLOCKED,
        "bob": PolicyEffect.STUCK,
        "cy": PolicyEffect.CAN_SELF_REMEDIATE,
        "dee": PolicyEffect.UNTOUCHED,
        "eve": PolicyEffect.NOT_KNOWN,
        "fay": PolicyEffect.BLOCKED,
        "gus": PolicyEffect.BLOCKED,
    }.items()
}
MORNING = next_morning(micros(2025, 4, 20, 9))


def test_more_will_be_stopped_who_are_at_risk_in_scope_and_were_not_stopped_yet():
    found = forecast(STANCES, at_risk=set(STANCES) - {"gus"}, hit={"fay"}, signed_in={"ada", "zoe"}, morning=MORNING)
    assert (found.by_scope, found.expected, found.not_known) == (2, 1, 1)
    assert found.sentence == (
        "On Monday 21 April, 08:00 UTC, 1 more are expected to meet the block: of 2 in the policies' scope, so many "
        "signed in on that day last week; of 1 it is not known."
    )


def test_without_last_weeks_sign_ins_the_forecast_is_by_scope_alone_and_says_so():
    found = forecast(STANCES, at_risk=STANCES, hit=(), signed_in=None, morning=MORNING)
    assert (found.by_scope, found.expected) == (4, None)
    assert "by the policies' scope alone" in found.sentence
