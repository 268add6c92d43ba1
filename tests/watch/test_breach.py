"""A breach counts against a user only when it is newer than the password."""

from hypothesis import given
from hypothesis import strategies as st

from bot.watch.breach import breach_of, sample
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
