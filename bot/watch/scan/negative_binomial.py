"""The chance of a count at least as high as the one seen, when the variance exceeds the mean.

With mean m and variance v*m (v > 1) the count is negative binomial with r = m/(v-1) and success probability 1/v, and

    P(X >= x) = I_q(x, r),   q = (v-1)/v

where I is the regularised incomplete beta function (DLMF 8.17; the continued fraction is DLMF 8.17.22, evaluated by
Lentz's method). No scientific library is needed for it.
"""

from math import exp, lgamma, log, log1p

_TINY = 1e-300
_PRECISION = 1e-10
_STEPS = 2_000


def upper_tail(count: int, mean: float, dispersion: float) -> float:
    """P(X >= count) for mean > 0 and dispersion (variance over mean) > 1."""
    if count <= 0:
        return 1.0
    size = mean / (dispersion - 1.0)
    return incomplete_beta((dispersion - 1.0) / dispersion, float(count), size)


def incomplete_beta(q: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_q(a, b) for 0 < q < 1, a > 0, b > 0."""
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(q) + b * log1p(-q))
    if q < (a + 1.0) / (a + b + 2.0):
        return front * _fraction(q, a, b) / a
    return 1.0 - front * _fraction(1.0 - q, b, a) / b


def _fraction(q: float, a: float, b: float) -> float:
    c = 1.0
    d = 1.0 / _away_from_zero(1.0 - (a + b) * q / (a + 1.0))
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * q / ((a + 2 * m - 1.0) * (a + 2 * m))
        d = 1.0 / _away_from_zero(1.0 + even * d)
        c = _away_from_zero(1.0 + even / c)
        value *= d * c
        odd = -(a + m) * (a + b + m) * q / ((a + 2 * m) * (a + 2 * m + 1.0))
        d = 1.0 / _away_from_zero(1.0 + odd * d)
        c = _away_from_zero(1.0 + odd / c)
        step = d * c
        value *= step
        if abs(step - 1.0) < _PRECISION:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
