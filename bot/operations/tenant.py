"""One tenant as the use cases meet it: its policy, its doors, and the proof that this process does its work."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from weakref import WeakValueDictionary

from bot.decide.policy import Policy
from bot.operations.bells import Bells
from bot.ports.breaches import Breaches
from bot.ports.graph import Graph
from bot.ports.slack import Slack
from bot.ports.world import World
from bot.store.database import Database
from bot.store.leases import Hold, LeaseLostError
from bot.store.transaction import Transaction
from bot.watch.detector import DetectedSurge, Detector
from bot.watch.durations import MINUTE
from bot.watch.tenant_facts import TenantFacts

T = TypeVar("T")


AGAIN_AFTER_A_PROBLEM = 10 * MINUTE
"""A reading that failed is not tried again sooner than this, whoever asks."""


@dataclass(slots=True)
class Readings:
    """Readings that are under way or failed a moment ago, so that nobody begins one in vain."""

    directory: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the directory is followed."""
    locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    """By name: held while it is being read."""
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """By name: readings that are too slow for a briefing to wait for them."""
    failed_at: dict[str, int] = field(default_factory=dict)
    """By name: when the last try failed (microseconds UTC)."""
    sampled: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By surge: how many users it had when its sample was last asked about to the end, and when (microseconds UTC)."""

    def failed_lately(self, name: str, now: int) -> bool:
        """Whether it is too soon for another try."""
        failed_at = self.failed_at.get(name)
        return failed_at is not None and now - failed_at < AGAIN_AFTER_A_PROBLEM


@dataclass(slots=True)
class Work:
    """What this process has in hand for a tenant. It is gone with the process: what must survive is in the tables."""

    hold: Hold | None = None
    """The lease on this tenant's work; None while another process has it."""
    detector: Detector | None = None
    known: dict[str, DetectedSurge] = field(default_factory=dict)
    """By key: the detected surges that are already in the tables."""
    tracking: asyncio.Lock = field(default_factory=asyncio.Lock)
    acting: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a run is taken a step on."""
    signing: "WeakValueDictionary[str, asyncio.Semaphore]" = field(default_factory=WeakValueDictionary)
    """By request: who signs it at this moment."""
    readings: Readings = field(default_factory=Readings)
    stopping: bool = False
    """The process is to end: no new batch is begun."""
    detections_read_at: int = 0
    """When the last complete reading of new detections began (microseconds UTC)."""


@dataclass(slots=True)
class Tenant:
    """Everything a use case needs: who the tenant is, its doors, and the work in hand."""

    id: str
    channel: str
    team_id: str
    policy: Policy
    store: Database
    graph: Graph
    slack: Slack
    world: World
    new_detector: Callable[[int | None], Detector]
    """Makes a detector for so many users."""
    bells: Bells
    tenant_facts: TenantFacts = field(default_factory=TenantFacts)
    """What the team says of this tenant."""
    breaches: Breaches | None = None
    """The breach service; None where the team brought no key."""
    work: Work = field(default_factory=Work)

    async def transact_as_holder(self, work: Callable[[Transaction], T]) -> T:
        """A transaction that raises LeaseLostError unless this process still does this tenant's work."""
        hold = self.work.hold
        if hold is None:
            raise LeaseLostError(self.id)

        def fenced(tx: Transaction) -> T:
            tx.leases.require_lease(hold)
            return work(tx)

        return await self.store.transact(fenced)
