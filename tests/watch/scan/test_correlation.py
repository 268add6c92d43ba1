from bot.watch.durations import HOUR, MINUTE
from bot.watch.scan.correlation import begin_together, flag_same_users, rising_types
from bot.watch.scan.rules import Rules

RULES = Rules()


def test_half_of_the_smaller_group_in_common_is_one_surge():
    assert flag_same_users(set(range(10)), set(range(5, 100)), 5000, RULES)
    assert not flag_same_users(set(range(10)), set(range(6, 100)), 5000, RULES)


def test_what_chance_would_share_makes_no_kin():
    """60 % of the tenant are in one: 60 % of any other group are too."""
    assert not flag_same_users(set(range(40, 140)), set(range(100)), 166, RULES)


def test_nobody_is_kin_to_nobody():
    assert not flag_same_users(set(), {1, 2}, 50, RULES)


def test_sign_in_types_that_begin_together_are_one_attack():
    assert begin_together({"passwordSpray"}, 0, {"anonymizedIPAddress"}, 20 * MINUTE)
    assert not begin_together({"passwordSpray"}, 0, {"anonymizedIPAddress"}, HOUR)


def test_leaked_credentials_and_a_spray_are_two():
    assert not begin_together({"leakedCredentials"}, 0, {"passwordSpray"}, 0)


def test_the_types_of_a_rise_are_the_strongest_that_make_nine_tenths_of_it():
    assert rising_types({1: 50, 2: 45, 3: 6}, {1: 1.0, 2: 1.0, 3: 1.0}) == {1, 2}
    assert rising_types({1: 5}, {1: 6.0}) == {1}
