"""Surges to be found: so many people, of one or more types, over some hours, in one of several shapes."""

from dataclasses import dataclass

import numpy as np

from tests.bench.surge.tenants import LEAKED, MINUTE, Detections, Tenant

SHAPES = ("even", "swelling", "sudden then fading", "two humps")


@dataclass(frozen=True)
class Wave:
    """What was added: its flags' times, sorted, and when each became visible (sorted too)."""

    users: frozenset[int]
    start: int
    end: int
    visible: np.ndarray


def add_wave(
    chance: np.random.Generator,
    tenant: Tenant,
    *,
    share: float,
    start: int,
    span: int,
    kind: int = LEAKED,
    shape: str = "even",
) -> tuple[Detections, Wave]:
    """The tenant's detections with a wave over a share of its users; its true window is its first to its last flag."""
    count = max(1, round(share * tenant.users))
    users = chance.choice(tenant.users, count, replace=False)
    place = {
        "even": lambda: chance.random(count),
        "swelling": lambda: chance.beta(2, 1.3, count),
        "sudden then fading": lambda: chance.beta(1, 1.6, count),
        "two humps": lambda: np.where(
            chance.random(count) < 0.5, 0.4 * chance.random(count), 0.55 + 0.45 * chance.random(count)
        ),
    }[shape]()
    detected = start + (span * place).astype(np.int64)
    kinds = np.full(count, kind)
    visible = detected + np.minimum(chance.exponential(6 * MINUTE, count), 90 * MINUTE).astype(np.int64)
    for begin, end in tenant.outages:
        visible = np.where((visible >= begin) & (visible < end), end, visible)
    added = Detections(users, kinds, detected, visible)
    wave = Wave(frozenset(users.tolist()), int(detected.min()), int(detected.max()), np.sort(visible))
    return tenant.detections.join(added), wave
