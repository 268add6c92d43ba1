"""The little arithmetic that the rows share."""

from math import exp, log10

from bot.watch.facts import Share


def decibans(share: Share, factor: float, cap: float) -> float:
    """How much likelier this count is when users were flagged without regard to it than in an attack.

    In an attack the share would be `factor` of the tenant's. Binomial, both ways bounded by cap.
    """
    base = min(share.base, 0.999)
    if share.of <= 0 or base <= 0:
        return 0.0
    without = log10((1 - base) / (1 - factor * base))
    weight = 10 * (share.count * log10(1 / factor) + (share.of - share.count) * without)
    return max(-cap, min(cap, weight))


def tail(count: int, mean: float) -> float:
    """P(X >= count) of a Poisson distribution: how often chance alone would bring as many."""
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if mean > 500:  # noqa: PLR2004 - beyond that the terms underflow, and two standard deviations say as much
        return 1.0 if count <= mean + 3.1 * mean**0.5 else 0.0
    term, below = exp(-mean), 0.0
    for number in range(count):
        below += term
        term *= mean / (number + 1)
    return max(0.0, 1.0 - below)


def percent(count: float, of: float) -> str:
    """A share for people."""
    share = 100 * count / of if of else 0.0
    return f"{share:.0f} %" if share >= 10 or share == 0 else f"{share:.1f} %"  # noqa: PLR2004 - one digit more below


def users(number: int) -> str:
    """A number of users for people: "1 user", "1,204 users"."""
    return f"{number:,} user" + ("" if number == 1 else "s")
