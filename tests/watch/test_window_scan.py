"""What a team relies on: a surge is noticed at once, lives one life, and its window can be trusted."""

import pytest

from bot.watch.detector import Detector
from bot.watch.durations import DAY, HOUR, MINUTE
from bot.watch.scan.window_scan import WindowScan
from tests.watch.streams import LEAKED, at, background, final, flag, polls, replay, wave

USUAL = background(5, at(days=-40), at(days=6))


def test_it_is_a_detector():
    detector: Detector = WindowScan(5000)
    assert detector.scan(at()) == ()


def test_ordinary_weeks_open_nothing():
    assert final(WindowScan(5000), USUAL, polls(at(days=-40), at(days=6))) == ()


def test_a_wave_is_noticed_within_half_an_hour_and_its_window_and_users_are_exact():
    hit = wave(250, at(hours=4), at(hours=9))
    opened = None
    for now, detected_surges in replay(WindowScan(5000), USUAL + hit, polls(at(days=-40), at(days=2))):
        if detected_surges and opened is None:
            opened = now
    (surge,) = detected_surges
    assert opened == surge.opened_at <= at(hours=4, minutes=30)
    assert (surge.window_start, surge.window_end) == (at(hours=4), at(hours=9))
    assert {one.user_id for one in hit} <= surge.users
    assert len(surge.users) <= 253
    assert surge.risk_event_types == (LEAKED,)
    assert surge.ended_at is not None
    assert at(hours=12) <= surge.ended_at <= at(hours=12, minutes=20)
    assert surge.usual < 1


def test_a_third_of_a_tenant_of_fifty_is_found():
    (surge,) = final(WindowScan(50), wave(16, at(hours=4), at(hours=9)), polls(at(), at(days=1)))
    assert len(surge.users) == 16


def test_four_users_of_fifty_are_no_surge():
    assert final(WindowScan(50), wave(4, at(hours=4), at(hours=5)), polls(at(), at(days=1))) == ()


def test_a_surge_that_ran_and_ended_before_the_first_start_is_found_by_one_scan():
    detector = WindowScan(5000)
    detector.observe(wave(250, at(days=2), at(days=2, hours=5)) + background(5, at(), at(days=7)))
    (surge,) = detector.scan(at(days=7))
    assert (surge.window_start, surge.window_end) == (at(days=2), at(days=2, hours=5))
    assert surge.opened_at == surge.ended_at == at(days=7)


def test_a_surge_running_at_the_first_start_is_found_open():
    detector = WindowScan(5000)
    detector.observe(wave(250, at(days=2), at(days=2, hours=5)))
    (surge,) = detector.scan(at(days=2, hours=4))
    assert surge.ended_at is None


def test_two_surges_of_one_week_found_at_the_first_start_stay_two():
    detector = WindowScan(5000)
    early, late = wave(100, at(days=1), at(days=1, hours=5)), wave(300, at(days=4), at(days=4, hours=5), prefix="other")
    detector.observe(early + late)
    first, second = detector.scan(at(days=7))
    assert first.users.isdisjoint(second.users)
    assert (len(first.users), len(second.users)) == (100, 300)
    assert first.key != second.key


def test_a_batch_that_becomes_visible_two_days_late_is_found():
    batch = [flag(f"late{n}", at(days=1, minutes=n), late=2 * DAY) for n in range(100)]
    (surge,) = final(WindowScan(5000), USUAL + batch, polls(at(days=-40), at(days=4)))
    assert surge.opened_at == at(days=3, minutes=10)
    assert len(surge.users) >= 100
    assert surge.ended_at == surge.opened_at


def test_different_surges_at_once_stay_two():
    flags = wave(250, at(hours=4), at(hours=9)) + wave(
        200, at(hours=5), at(hours=10), type_="passwordSpray", prefix="sprayed"
    )
    leaked, sprayed = final(WindowScan(5000), USUAL + flags, polls(at(days=-40), at(days=2)))
    assert leaked.risk_event_types == (LEAKED,)
    assert sprayed.risk_event_types == ("passwordSpray",)
    assert leaked.users.isdisjoint(sprayed.users)


def test_two_types_that_flag_the_same_people_are_one_surge():
    flags = wave(250, at(hours=4), at(hours=9))
    flags += wave(250, at(hours=4), at(hours=9), type_="anonymizedIPAddress")
    (surge,) = final(WindowScan(5000), USUAL + flags, polls(at(days=-40), at(days=2)))
    assert surge.risk_event_types == ("anonymizedIPAddress", LEAKED)


def test_a_rise_that_only_shows_over_all_types_is_found_with_its_types():
    flags = [flag(f"hit{n}", at(hours=4, minutes=3 * n), type_=f"kind{n % 4}") for n in range(16)]
    (surge,) = final(WindowScan(1000), flags, polls(at(days=-40), at(days=1)))
    assert surge.risk_event_types == ("kind0", "kind1", "kind2", "kind3")
    assert len(surge.users) == 16


def test_the_same_type_within_a_day_reopens_and_keeps_the_first_part():
    first, second = wave(250, at(hours=4), at(hours=9)), wave(200, at(days=1), at(days=1, hours=4), prefix="more")
    states = []
    for _, detected_surges in replay(WindowScan(5000), USUAL + first + second, polls(at(days=-40), at(days=3))):
        states += [(one.key, one.ended_at is None) for one in detected_surges]
    (surge,) = detected_surges
    assert list(dict.fromkeys(states)) == [(surge.key, True), (surge.key, False)]
    assert [is_open for _, is_open in states].count(True) > 60
    assert (surge.window_start, surge.window_end) == (at(hours=4), at(days=1, hours=4))
    assert {one.user_id for one in first + second} <= surge.users


def test_the_same_type_days_later_is_another_surge():
    flags = wave(250, at(hours=4), at(hours=9)) + wave(250, at(days=3), at(days=3, hours=5), prefix="other")
    first, second = final(WindowScan(5000), USUAL + flags, polls(at(days=-40), at(days=5)))
    assert first.window_end < at(days=1) < second.window_start


def test_people_of_a_past_surge_do_not_count_again():
    again = [flag(f"hit{n}", at(days=3, minutes=n)) for n in range(200)]
    assert len(final(WindowScan(5000), wave(250, at(), at(hours=5)) + again, polls(at(days=-40), at(days=5)))) == 1


def test_people_whose_clean_up_was_verified_count_again():
    detector = WindowScan(5000)
    final(detector, wave(250, at(), at(hours=5)), polls(at(days=-40), at(days=1)))
    for n in range(250):
        detector.forgive(f"hit{n}", at(days=2))
    again = [flag(f"hit{n}", at(days=3, minutes=n)) for n in range(200)]
    assert len(final(detector, again, polls(at(days=3), at(days=5)))) == 2


def test_people_flagged_anew_right_after_their_clean_up_reopen_the_surge():
    detector = WindowScan(5000)
    final(detector, wave(250, at(), at(hours=5)), polls(at(days=-40), at(hours=9)))
    for n in range(250):
        detector.forgive(f"hit{n}", at(hours=9))
    again = [flag(f"hit{n}", at(hours=10, minutes=n / 4)) for n in range(200)]
    (surge,) = final(detector, again, polls(at(hours=10), at(hours=11)))
    assert surge.ended_at is None
    assert surge.window_end > at(hours=10)
    assert len(surge.users) == 250


@pytest.mark.parametrize("stop", [at(hours=6), at(hours=11), at(days=1)])
def test_a_restart_keeps_key_and_users_and_opens_no_second_surge(stop):
    flags = sorted(USUAL + wave(250, at(hours=4), at(hours=9)), key=lambda one: one.visible_at)
    before = WindowScan(5000)
    known = final(before, [one for one in flags if one.visible_at <= stop], polls(at(days=-40), stop))
    after = WindowScan(5000)
    after.resume(known)
    after.observe([one for one in flags if one.visible_at <= stop])
    (surge,) = after.scan(stop + 10 * MINUTE)
    (was,) = known
    assert (surge.key, surge.opened_at, surge.users) == (was.key, was.opened_at, was.users)
    (end,) = final(after, [one for one in flags if one.visible_at > stop], polls(stop + 20 * MINUTE, at(days=2)))
    assert (end.window_start, end.window_end) == (at(hours=4), at(hours=9))


def test_late_flags_move_the_window_for_a_day_after_the_end():
    hit = [one for one in wave(250, at(hours=4), at(hours=9)) if one.detected_at >= at(hours=5)]
    late = [flag(f"late{n}", at(hours=4, minutes=n), late=15 * HOUR) for n in range(60)]
    (surge,) = final(WindowScan(5000), USUAL + hit + late, polls(at(days=-40), at(days=2)))
    assert surge.window_start == at(hours=4)


def test_flags_dated_in_the_future_wait_until_their_time_has_come():
    detector = WindowScan(5000)
    detector.observe([flag(f"hit{n}", at(days=30, minutes=n), late=-30 * DAY) for n in range(100)])
    assert detector.scan(at()) == ()
    assert detector.scan(at(days=30)) == ()
    assert len(detector.scan(at(days=30, hours=2))) == 1


def test_a_clock_that_jumps_a_year_ahead_and_back_loses_nothing():
    detector = WindowScan(5000)
    hit = wave(250, at(hours=4), at(hours=9))
    final(detector, USUAL, polls(at(days=-40), at(hours=3)))
    detector.scan(at(days=365))
    detector.scan(at(days=365, minutes=10))
    (surge,) = final(detector, hit, polls(at(hours=4), at(days=1)))
    assert {one.user_id for one in hit} <= surge.users
    assert surge.usual == pytest.approx(0.2, abs=0.1)


def test_everybody_at_the_same_microsecond_is_one_surge():
    (surge,) = final(WindowScan(5000), [flag(f"hit{n}", at()) for n in range(500)], polls(at(), at(hours=1)))
    assert surge.window_start == surge.window_end == at()
    assert len(surge.users) == 500


@pytest.mark.parametrize("users", [0, -5])
def test_a_tenant_without_users_is_refused(users):
    with pytest.raises(ValueError, match="at least one user"):
        WindowScan(users)


@pytest.mark.parametrize("sensitivity", [0, -1, float("nan")])
def test_a_sensitivity_that_means_nothing_is_refused(sensitivity):
    with pytest.raises(ValueError, match="sensitivity"):
        WindowScan(50, sensitivity=sensitivity)


def test_a_tenant_of_unknown_size_still_has_its_surges_found():
    (surge,) = final(WindowScan(None), USUAL + wave(250, at(), at(hours=5)), polls(at(days=-40), at(days=1)))
    assert surge.opened_at <= at(hours=1)


def test_a_tenant_that_shrinks_below_its_flagged_users_is_still_watched():
    detector = WindowScan(5000)
    final(detector, USUAL, polls(at(days=-40), at()))
    detector.resize(10)
    assert len(final(detector, wave(250, at(hours=1), at(hours=5)), polls(at(hours=1), at(days=1)))) == 1


def test_one_attack_under_two_names_is_one_surge_even_when_nobody_has_both():
    flags = wave(150, at(hours=4), at(hours=9), type_="unfamiliarFeatures")
    flags += wave(150, at(hours=4), at(hours=9), type_="anonymizedIPAddress", prefix="other")
    (surge,) = final(WindowScan(5000), USUAL + flags, polls(at(days=-40), at(days=2)))
    assert surge.risk_event_types == ("anonymizedIPAddress", "unfamiliarFeatures")
    assert len(surge.users) >= 300


def test_attacks_on_sign_ins_that_begin_hours_apart_stay_two():
    flags = wave(150, at(hours=4), at(hours=9), type_="unfamiliarFeatures")
    flags += wave(150, at(hours=7), at(hours=12), type_="anonymizedIPAddress", prefix="other")
    assert len(final(WindowScan(5000), USUAL + flags, polls(at(days=-40), at(days=2)))) == 2


def test_late_flags_that_trickle_in_backwards_are_found_as_well():
    """No window that ends at one of them holds another: windows must also begin there."""
    trickle = [flag(f"late{n}", at(minutes=n), late=2 * DAY + (60 - 2 * n) * 10 * MINUTE) for n in range(30)]
    (surge,) = final(WindowScan(1000), USUAL + trickle, polls(at(days=-40), at(days=4)))
    assert len(surge.users) == 30


def test_two_percent_in_eight_hours_ring_even_where_clusters_are_usual():
    """Sixty at once on every other day make 250 over a night no surprise; they are many all the same."""
    clusters = [flag(f"c{day}-{n}", at(days=-day, hours=2)) for day in range(1, 40, 2) for n in range(60)]
    night = wave(250, at(hours=4), at(hours=12))
    surges = final(WindowScan(5000), clusters + night, polls(at(days=-40), at(days=1)))
    assert surges[-1].window_end == at(hours=12)


def test_a_surge_takes_nothing_from_the_one_before_it():
    great = wave(1000, at(hours=4), at(hours=9))
    small = wave(60, at(days=1, hours=20), at(days=1, hours=21), prefix="other")
    first, second = final(WindowScan(5000), USUAL + great + small, polls(at(days=-40), at(days=3)))
    assert (second.window_start, second.window_end) == (at(days=1, hours=20), at(days=1, hours=21))
    assert first.users.isdisjoint(second.users)
