from math import exp, lgamma, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.watch.scan.negative_binomial import incomplete_beta, upper_tail


@pytest.mark.parametrize(("count", "chance"), [(0, 1.0), (1, 0.75), (2, 0.5), (3, 0.3125)])
def test_mean_two_and_twice_the_variance_by_hand(count, chance):
    """r = 2, success probability 1/2: P(0) = 1/4, P(1) = 1/4, P(2) = 3/16."""
    assert upper_tail(count, 2.0, 2.0) == pytest.approx(chance, rel=1e-9)


def by_summing(count, mean, dispersion):
    r, q = mean / (dispersion - 1), (dispersion - 1) / dispersion
    terms = (exp(lgamma(k + r) - lgamma(r) - lgamma(k + 1) + k * log(q) + r * log(1 - q)) for k in range(count, 4000))
    return sum(terms)


@given(count=st.integers(1, 300), mean=st.floats(0.001, 100), dispersion=st.floats(1.3, 9))
def test_the_tail_is_the_sum_of_its_terms(count, mean, dispersion):
    assert upper_tail(count, mean, dispersion) == pytest.approx(
        by_summing(count, mean, dispersion), rel=1e-6, abs=1e-13
    )


def test_chances_too_small_to_add_up_keep_their_size():
    assert upper_tail(40, 0.01, 1.3) == pytest.approx(by_summing(40, 0.01, 1.3), rel=1e-6)
    assert upper_tail(40, 0.01, 1.3) < 1e-25


@given(q=st.floats(0.01, 0.99), a=st.floats(0.01, 200), b=st.floats(0.01, 200))
def test_the_beta_function_has_its_symmetry(q, a, b):
    assert incomplete_beta(q, a, b) + incomplete_beta(1 - q, b, a) == pytest.approx(1.0, abs=1e-8)
