"""A breach counts against a user only when it is newer than the password."""

from hypothesis import given
from hypothesis import strategies as st

from bot.watch.breach import Leak, breach_of, newest_leak, sample
from bot.watch.facts import Breach, Known, Missing

USERS = st.sets(st.text(min_size=1, max_size=5))


def test_only_breaches_newer_than_the_password_count_and_only_where_its_date_is_known():
    breaches = {"ada": [50, 150], "bob": [50], "cy": [], "dee": [999]}
    passwords = {"ada": 100, "bob": 100, "cy": 100, "dee": None}
    assert breach_of(breaches, passwords, read_at=7) == Known(Breach(3, 1), 7)


def test_where_no_password_has_a_date_nothing_is_said():
    assert isinstance(breach_of({"ada": [1]}, {}, read_at=7), Missing)


@given(USERS, st.integers(0, 8))
def test_the_sample_is_the_same_whatever_the_order_and_never_too_large(users, size):
    chosen = sample(users, size)
    assert chosen == sample(sorted(users) * 2, size)
    assert len(set(chosen)) == min(size, len(users))
    assert set(chosen) <= users


@given(USERS, st.integers(0, 8))
def test_users_who_join_replace_few_of_the_sample(users, size):
    joined = set(sample(users | {"newcomer"}, size)) - set(sample(users, size))
    assert joined <= {"newcomer"}


def test_a_leak_is_this_tenants_when_a_tenth_of_those_asked_about_are_in_it():
    shared, lone, later = Leak("Shared", 50), Leak("Lone", 60), Leak("Later", 100)
    leaks = {f"user{each}": (shared, later) for each in range(2)} | {f"clean{each}": () for each in range(18)}
    assert newest_leak(leaks | {"user0": (shared, lone, later)}, before=100) == 50
    assert newest_leak(leaks, before=101) == 100
    assert newest_leak(leaks | {"one more": ()}, before=100) is None


def test_without_an_answer_no_leak_is_known():
    assert newest_leak({}, before=100) is None
