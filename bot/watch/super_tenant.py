"""Many tenants watched as one: a wave that is too small in each of them shows in their sum.

Users are summed, and the same window scan runs over all of them, a hundred times as eager. What it finds is told only
when it hits four tenants and, without the one that is hit most, would still be five users: what one tenant brings forth
is that tenant's own. That keeps the eagerness from costing false alarms.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.watch.detector import DetectedSurge, Flag
from bot.watch.scan.rules import Rules
from bot.watch.scan.window_scan import WindowScan

LEAST_TENANTS = 4
"""From so many tenants on there is a super-tenant."""
_LEAST_HIT = 4
_LEAST_BESIDE_THE_LARGEST = 5
_EAGERNESS = 100.0


def _rules(sensitivity: float) -> Rules:
    """Eager, and without the windows beyond 3 hours, in which the bustle of many tenants adds up by chance."""
    return Rules(sensitivity=_EAGERNESS * sensitivity, windows=Rules().windows[:-2])


@dataclass(frozen=True, slots=True)
class WideSurge:
    """A surge over several tenants."""

    detected: DetectedSurge
    """Its users are named "tenant_id/user_id"."""
    users_by_tenant: Mapping[str, int]


class SuperTenant:
    """Notices surges that run through many tenants at once."""

    def __init__(self, tenant_users: Mapping[str, int | None], sensitivity: float = 0.1) -> None:
        """tenant_users: the size of each tenant; None when unknown, which makes the sum unknown."""
        self._tenants = dict(tenant_users)
        self._scan = WindowScan(self._users(), rules=_rules(sensitivity))

    def resize(self, tenant_id: str, users: int | None) -> None:
        """A tenant has so many users from now on, or joins."""
        self._tenants[tenant_id] = users
        self._scan.resize(self._users())

    def resume(self, detected_surges: Iterable[DetectedSurge]) -> None:
        """Take up the surges known before a restart. Call before the first scan."""
        self._scan.resume(detected_surges)

    def observe(self, tenant_id: str, flags: Iterable[Flag]) -> None:
        """Take flags of one tenant, in any order, any number of times."""
        self._scan.observe(
            replace(one, detection_id=f"{tenant_id}/{one.detection_id}", user_id=f"{tenant_id}/{one.user_id}")
            for one in flags
        )

    def forgive(self, tenant_id: str, user_id: str, cleared_at: int) -> None:
        """A verified clean-up in one tenant."""
        self._scan.forgive(f"{tenant_id}/{user_id}", cleared_at)

    def scan(self, now: int) -> tuple[WideSurge, ...]:
        """The surges that hit several tenants."""
        found = self._scan.scan(now)
        if len(self._tenants) < LEAST_TENANTS:
            return ()
        wide = []
        for detected in found:
            by_tenant = Counter(user.split("/", 1)[0] for user in detected.users)
            beside = len(detected.users) - max(by_tenant.values())
            if len(by_tenant) >= _LEAST_HIT and beside >= _LEAST_BESIDE_THE_LARGEST:
                wide.append(WideSurge(detected, dict(by_tenant)))
        return tuple(wide)

    def _users(self) -> int | None:
        sizes = [users for users in self._tenants.values() if users is not None]
        return sum(sizes) if sizes and len(sizes) == len(self._tenants) else None
