"""What must be true of any stream of flags."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.watch.detector import Flag
from bot.watch.durations import DAY, HOUR, MINUTE
from bot.watch.scan.window_scan import WindowScan
from tests.watch.streams import at, background, final, flag, polls, replay, wave

USERS = 50
END = at(days=8)
EVERY = 30 * MINUTE

any_flag = st.builds(
    lambda user, type_, minutes, late: flag(f"u{user}", at(minutes=minutes), type_=type_, late=late * MINUTE),
    st.integers(0, 39),
    st.sampled_from(["leakedCredentials", "passwordSpray", "unfamiliarFeatures"]),
    st.integers(0, 4 * 24 * 60) | st.integers(24 * 60, 26 * 60),
    st.integers(0, 20) | st.integers(0, 36 * 60),
)
any_stream = st.lists(any_flag, max_size=150, unique_by=lambda one: one.detection_id)

few = settings(max_examples=60, deadline=None)


def every_scan(flags):
    return list(replay(WindowScan(USERS), flags, polls(at(), END, EVERY)))


@few
@given(any_stream, st.randoms(use_true_random=False))
def test_the_order_of_arrival_within_a_poll_does_not_matter(flags, chance):
    shuffled = list(flags)
    chance.shuffle(shuffled)
    assert every_scan(shuffled) == every_scan(flags)


@few
@given(any_stream, st.randoms(use_true_random=False))
def test_duplicates_change_nothing(flags, chance):
    again = [
        Flag(
            one.detection_id, one.user_id, one.risk_event_type, one.detected_at, one.visible_at + chance.randrange(DAY)
        )
        for one in flags
    ]
    assert every_scan(flags + again) == every_scan(flags)


@few
@given(any_stream)
def test_a_surge_never_loses_a_user_nor_its_name(flags):
    known: dict[str, frozenset[str]] = {}
    for _, detected_surges in every_scan(flags):
        now = {one.key: one.users for one in detected_surges}
        assert len(now) == len(detected_surges)
        for key, users in known.items():
            assert users <= now[key]
        known = now


@few
@given(any_stream)
def test_a_sighting_is_about_people_flagged_for_its_types_in_its_window(flags):
    detected = {(one.user_id, one.risk_event_type): [] for one in flags}
    for one in flags:
        detected[one.user_id, one.risk_event_type].append(one.detected_at)
    for now, detected_surges in every_scan(flags):
        for one in detected_surges:
            assert one.window_start <= one.window_end
            assert one.opened_at <= now
            assert one.ended_at is None or one.opened_at <= one.ended_at <= now
            assert len(one.users) >= 5
            assert one.usual > 0
            for user in one.users:
                assert any((user, type_) in detected for type_ in one.risk_event_types)


@few
@given(any_stream, st.integers(1, 8 * 48 - 2))
def test_a_restart_at_any_poll_keeps_every_surge_and_every_user(flags, poll):
    stop = at() + poll * EVERY
    seen = [one for one in flags if one.visible_at <= stop]
    before = final(WindowScan(USERS), seen, polls(at(), stop, EVERY))
    after = WindowScan(USERS)
    after.resume(before)
    after.observe(seen)
    found = {one.key: one for one in after.scan(stop + MINUTE)}
    for one in before:
        assert one.users <= found[one.key].users
        assert found[one.key].opened_at == one.opened_at


@few
@given(any_stream)
def test_scanning_again_without_news_says_the_same(flags):
    detector = WindowScan(USERS)
    for now, detected_surges in replay(detector, flags, polls(at(), END, EVERY)):
        assert detector.scan(now) == detected_surges


@few
@given(
    size=st.integers(100, 400),
    hours=st.floats(0.3, 12),
    seeds=st.tuples(st.integers(0, 99), st.integers(0, 99)),
    longest=st.sampled_from([10 * MINUTE, 3 * HOUR, 20 * HOUR]),
)
def test_the_order_of_arrival_does_not_change_the_final_window(size, hours, seeds, longest):
    hit = wave(size, at(hours=4), at(hours=4 + hours)) + background(5, at(days=-20), at(days=3), seed=seeds[0])
    windows = set()
    for seed in seeds:
        chance = random.Random(seed)
        late = [
            Flag(
                one.detection_id,
                one.user_id,
                one.risk_event_type,
                one.detected_at,
                one.detected_at + chance.randrange(longest),
            )
            for one in hit
        ]
        (surge,) = final(WindowScan(5000), late, polls(at(days=-20), at(days=5), EVERY))
        windows.add((surge.window_start, surge.window_end, surge.risk_event_types))
        assert {one.user_id for one in hit if one.user_id.startswith("hit")} <= surge.users
    assert len(windows) == 1


@settings(max_examples=25, deadline=None)
@given(rate=st.floats(0.5, 40), seed=st.integers(0, 10_000))
def test_adding_an_ordinary_day_opens_nothing(rate, seed):
    detector = WindowScan(20_000)
    history = background(rate, at(days=-40), at(), users=20_000, seed=seed)
    detector.observe(history)
    known = {one.key for one in detector.scan(at())}
    day = background(rate, at(), at(days=1), users=20_000, seed=seed + 1)
    assert {one.key for one in final(detector, day, polls(at(), at(days=2)))} == known
