import random

from hypothesis import given
from hypothesis import strategies as st

from bot.watch.detector import Flag
from bot.watch.durations import DAY, HOUR
from bot.watch.scan.new_flags import POOLED, NewFlags


def observed(*flags):
    new_flags = NewFlags()
    new_flags.observe(
        Flag(f"{n}", user, type_, hours * HOUR, hours * HOUR) for n, (user, type_, hours) in enumerate(flags)
    )
    return new_flags


def hours_of(new_flags, type_):
    number = POOLED if type_ is None else new_flags.type(type_)
    return [time // HOUR for time in new_flags.series[number].times]


def test_a_user_flagged_again_within_a_day_is_not_newly_flagged():
    assert hours_of(observed(("ada", "leaked", 0), ("ada", "leaked", 20), ("ada", "leaked", 40)), "leaked") == [0]


def test_after_a_day_of_silence_the_user_is_newly_flagged():
    assert hours_of(observed(("ada", "leaked", 0), ("ada", "leaked", 24)), "leaked") == [0, 24]


def test_another_type_is_new_by_itself_but_not_over_all_types():
    new_flags = observed(("ada", "leaked", 0), ("ada", "spray", 5))
    assert (hours_of(new_flags, "spray"), hours_of(new_flags, None)) == ([5], [0])


def test_a_late_flag_takes_the_newness_of_the_next():
    assert hours_of(observed(("ada", "leaked", 20), ("ada", "leaked", 5)), "leaked") == [5]


def test_the_same_detection_again_changes_nothing():
    new_flags = NewFlags()
    flag = Flag("1", "ada", "leaked", 0, 0)
    assert len(new_flags.observe([flag])) == 2
    assert new_flags.observe([flag, Flag("1", "bob", "leaked", 5 * HOUR, 5 * HOUR)]) == []


def test_after_a_verified_clean_up_the_next_flag_is_new():
    new_flags = observed(("ada", "leaked", 0), ("ada", "leaked", 2), ("ada", "leaked", 4))
    new_flags.forgive("ada", 1 * HOUR)
    assert hours_of(new_flags, "leaked") == [0, 2]
    assert hours_of(new_flags, None) == [0, 2]


def test_a_clean_up_known_before_the_flag_works_as_well():
    new_flags = NewFlags()
    new_flags.forgive("ada", 1 * HOUR)
    new_flags.observe([Flag("1", "ada", "leaked", 0, 0), Flag("2", "ada", "leaked", 2 * HOUR, 2 * HOUR)])
    assert hours_of(new_flags, "leaked") == [0, 2]


def test_what_is_forgotten_leaves_nothing_behind():
    new_flags = observed(*((f"user{n}", "leaked", n) for n in range(100)))
    new_flags.forget_before(90 * HOUR, keep_users=[new_flags.user("user3")])
    assert hours_of(new_flags, "leaked") == list(range(90, 100))
    assert new_flags.distinct_users == 10
    before = len(new_flags.user_names)
    new_flags.observe([Flag("new", "somebody", "leaked", 95 * HOUR, 95 * HOUR)])
    assert len(new_flags.user_names) == before


actions = st.lists(
    st.tuples(
        st.sampled_from(["ada", "bob"]), st.sampled_from(["leaked", "spray"]), st.integers(0, 100), st.booleans()
    ),
    max_size=30,
)


@given(actions, st.integers(0, 1000))
def test_any_order_of_flags_and_clean_ups_counts_the_same(events, seed):
    def counted(order):
        new_flags = NewFlags()
        new_flags.type("leaked"), new_flags.type("spray"), new_flags.user("ada"), new_flags.user("bob")
        for user, type_, hour, is_clean_up in order:
            if is_clean_up:
                new_flags.forgive(user, hour * HOUR)
            else:
                new_flags.observe([Flag(f"{user}{type_}{hour}", user, type_, hour * HOUR, hour * HOUR)])
        return {number: sorted(series.between(0, 10 * DAY)) for number, series in new_flags.series.items()}

    shuffled = list(events)
    random.Random(seed).shuffle(shuffled)
    assert counted(shuffled) == counted(events)
