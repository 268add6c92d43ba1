"""The life of one process: the leases it holds, the loops it runs, and a clean end.

The scheduler gives the time, the tables hold the work, the leases say who does it. Each loop looks at the tables, does
the next thing, and looks again.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.operations.approving.call_signers import call_signers
from bot.operations.approving.match_signers import match_signers
from bot.operations.bells import Bells
from bot.operations.briefing.brief_surge import brief_due_surges
from bot.operations.delivering.carry_out_click import LEFT_ALONE_FOR, Inbox
from bot.operations.delivering.send_cards import Sender
from bot.operations.planning.settle_request import expire_requests
from bot.operations.reading.ask_breaches import ask_breaches
from bot.operations.reading.keep_directory import refresh_directory
from bot.operations.reading.keep_readings import keep_in_quiet
from bot.operations.reading.tenant_readings import IN_THE_NIGHT
from bot.operations.running.carry_run import carry_runs
from bot.operations.tenant import Tenant
from bot.operations.watching.learn_history import learn_history
from bot.operations.watching.measure_tenant import measure_tenant
from bot.operations.watching.poll_tenant import poll_deeply, poll_tenant
from bot.operations.watching.track_surges import load_detector
from bot.ports.backoff import wait_unless
from bot.ports.world import World
from bot.process.tuning import collect_garbage
from bot.store.database import Database
from bot.store.leases import Hold, LeaseLostError
from bot.store.notices import Notices
from bot.watch.durations import SECOND

LEASE_SECONDS = 15.0
RENEW_SECONDS = 5
SWEEP_SECONDS = 5
DEEP_SECONDS = 300
WARM_SECONDS = 300
BREACH_SECONDS = 15
AFTER_A_FAULT = 3.0
LOOK_AGAIN = 5.0
TIME_TO_END = 8.0
SENDER_LEASE = "slack-sender"
BREACH_LEASE = "breach-service"

log = structlog.get_logger()


@dataclass(slots=True)
class Replica:
    """One process among perhaps many."""

    name: str
    store: Database
    world: World
    tenants: Mapping[str, Tenant]
    inbox: Inbox
    sender: Sender
    bells: Bells
    """Those that all tenants share."""
    poll_seconds: int
    is_sole: bool
    """No other process lives: what a dead one left need not be left alone any longer."""
    notices: Notices | None = None
    """Word to and from the other processes; None where there can be none."""
    sender_hold: Hold | None = None
    breach_hold: Hold | None = None
    """One process asks the breach service for all tenants: its rate limit is one for all."""
    polled_at: dict[str, float] = field(default_factory=dict)
    """By tenant: when its last poll succeeded (seconds, monotonic)."""
    _scheduler: AsyncIOScheduler = field(default_factory=lambda: AsyncIOScheduler(timezone=UTC))
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def live(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, then end cleanly: no new batch, the last one's answer kept, leases given back."""
        if self.is_sole:
            await self.inbox.sweep(ahead=LEFT_ALONE_FOR)
        for seconds, job in ((RENEW_SECONDS, self._renew), (SWEEP_SECONDS, self._sweep), (DEEP_SECONDS, self._deepen)):
            self._schedule(job, seconds)
        for tenant in self.tenants.values():
            self._schedule(self._poll, self.poll_seconds, tenant, jitter=self.poll_seconds // 10)
            self._schedule(self._warm, WARM_SECONDS, tenant, jitter=WARM_SECONDS // 5)
        if self._asks_breach_service:
            self._schedule(self._ask_breaches, BREACH_SECONDS)
        await self._renew()
        self._scheduler.start()
        self._tasks = [
            asyncio.create_task(self._loop(name, work, bell), name=name) for name, work, bell in self._loops()
        ]
        if self.notices is not None:
            self._tasks.append(asyncio.create_task(self.notices.live(self._hear), name="notices"))
        await stop.wait()
        await self._end()

    @property
    def _asks_breach_service(self) -> bool:
        return any(tenant.breaches is not None for tenant in self.tenants.values())

    def _hear(self, bell: str) -> None:
        """Another process rang."""
        kind, _, tenant_id = bell.partition(":")
        bells = self.tenants[tenant_id].bells if tenant_id else self.bells
        {"cards": bells.cards, "clicks": bells.clicks, "act": bells.act, "brief": bells.brief}[kind].hear()

    def _loops(self) -> Sequence[tuple[str, Callable[[], Awaitable[int | None]], asyncio.Event]]:
        loops: list[tuple[str, Callable[[], Awaitable[int | None]], asyncio.Event]] = [
            ("cards", self._send_cards, self.bells.cards),
            ("clicks", self._clicks, self.bells.clicks),
        ]
        for tenant in self.tenants.values():
            loops.append((f"act:{tenant.id}", _with(self._act, tenant), tenant.bells.act))
            loops.append((f"brief:{tenant.id}", _with(self._brief, tenant), tenant.bells.brief))
        return loops

    def _schedule(
        self, job: Callable[..., Awaitable[None]], seconds: int, *args: object, jitter: int | None = None
    ) -> None:
        self._scheduler.add_job(
            self._guarded,
            "interval",
            seconds=seconds,
            args=(job, *args),
            jitter=jitter or None,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=seconds,
            next_run_time=datetime.now(UTC),
            id=f"{job.__name__}:{':'.join(getattr(each, 'id', '') for each in args)}",
        )

    async def _guarded(self, job: Callable[..., Awaitable[None]], *args: object) -> None:
        """A job that fails is logged and comes again at its next time; one that the end cuts short is left."""
        try:
            await job(*args)
        except asyncio.CancelledError:
            log.info("job_cut_short", job=job.__name__)
        except LeaseLostError as lost:
            log.info("lease_lost", lease=str(lost))
        except Exception:
            log.exception("job_failed", job=job.__name__)

    async def _loop(self, name: str, work: Callable[[], Awaitable[int | None]], bell: asyncio.Event) -> None:
        """Work, then wait for the bell or for the time that the work named."""
        while True:
            bell.clear()
            pause = LOOK_AGAIN
            try:
                due = await work()
                if due is not None:
                    pause = min(LOOK_AGAIN, max(0.0, (due - self.world.now()) / SECOND))
            except LeaseLostError as lost:
                log.info("lease_lost", lease=str(lost))
            except Exception:
                log.exception("loop_failed", loop=name)
                pause = AFTER_A_FAULT
            await wait_unless(bell, pause)

    async def _renew(self) -> None:
        """Claim or renew every lease; a tenant newly held is taken up from the tables."""
        self.sender_hold = await self._claim(SENDER_LEASE)
        if self._asks_breach_service:
            self.breach_hold = await self._claim(BREACH_LEASE)
        for tenant in self.tenants.values():
            held = await self._claim(f"tenant:{tenant.id}")
            if held == tenant.work.hold:
                continue
            tenant.work.hold = held
            tenant.work.detector = None
            if held is not None:
                log.info("tenant_held", tenant=tenant.id, epoch=held.epoch)
                self._soon(f"{self._poll.__name__}:{tenant.id}")

    def _soon(self, job_id: str) -> None:
        """Let a job come now instead of at its next time."""
        job = self._scheduler.get_job(job_id)
        if job is not None:
            job.modify(next_run_time=datetime.now(UTC))

    async def _claim(self, name: str) -> Hold | None:
        return await self.store.transact(lambda tx: tx.leases.claim_lease(name, self.name, LEASE_SECONDS))

    async def _poll(self, tenant: Tenant) -> None:
        if tenant.work.hold is None:
            return
        if tenant.work.detector is None:
            if tenant.work.hold.epoch > 1:  # whoever did this work before may have called Microsoft just now
                await asyncio.sleep(tenant.graph.slot_seconds())
            await measure_tenant(tenant)
            await load_detector(tenant)
        if await poll_tenant(tenant):
            is_first = tenant.id not in self.polled_at
            self.polled_at[tenant.id] = self.world.monotonic()
            if is_first:
                self._soon(f"{self._deepen.__name__}:")
                self._soon(f"{self._warm.__name__}:{tenant.id}")

    async def _warm(self, tenant: Tenant) -> None:
        """What a surge will ask for, read in quiet times; never before the first look at the detections."""
        if tenant.work.hold is not None and tenant.id in self.polled_at:
            await refresh_directory(tenant)
            await keep_in_quiet(tenant, IN_THE_NIGHT)

    async def _ask_breaches(self) -> None:
        """All tenants side by side, so that none waits for another's sample; each key has its own pace."""
        hold = self.breach_hold
        if hold is not None:
            await asyncio.gather(*(self._guarded(ask_breaches, tenant, hold) for tenant in self.tenants.values()))

    async def _deepen(self) -> None:
        for tenant in self.tenants.values():
            if tenant.work.hold is not None and tenant.work.detector is not None:
                await match_signers(tenant)
                await measure_tenant(tenant)
                await learn_history(tenant)
                await poll_deeply(tenant)
        collect_garbage()

    async def _sweep(self) -> None:
        """What is due by time, and what a lost process left behind."""
        for tenant in self.tenants.values():
            if tenant.work.hold is not None:
                await expire_requests(tenant)
                await call_signers(tenant)
        await self.inbox.sweep()

    async def _act(self, tenant: Tenant) -> int | None:
        if tenant.work.hold is None or tenant.work.detector is None or tenant.work.stopping:
            return None
        async with tenant.work.acting:
            return await carry_runs(tenant)

    async def _brief(self, tenant: Tenant) -> int | None:
        if tenant.work.hold is None or tenant.work.detector is None or tenant.work.stopping:
            return None
        await brief_due_surges(tenant)
        return await self.store.look(lambda tx: tx.surges.next_briefing(tenant.id))

    async def _clicks(self) -> int | None:
        """Clicks that another process took for us."""
        await self.inbox.sweep()
        return None

    async def _send_cards(self) -> int | None:
        return await self.sender.send_due() if self.sender_hold is not None else None

    async def _end(self) -> None:
        self._scheduler.shutdown(wait=False)
        for tenant in self.tenants.values():
            tenant.work.stopping = True
            tenant.bells.act.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TIME_TO_END):
                for tenant in self.tenants.values():
                    await tenant.work.acting.acquire()
        await self.inbox.drain()
        readings = [task for tenant in self.tenants.values() for task in tenant.work.readings.tasks.values()]
        for task in (*self._tasks, *readings):
            task.cancel()
        await asyncio.gather(*self._tasks, *readings, return_exceptions=True)
        holds = [self.sender_hold, self.breach_hold, *(tenant.work.hold for tenant in self.tenants.values())]
        for hold in (each for each in holds if each is not None):
            await self.store.transact(lambda tx, hold=hold: tx.leases.release_lease(hold))  # type: ignore[misc]
        log.info("ended")


def _with(work: Callable[[Tenant], Awaitable[int | None]], tenant: Tenant) -> Callable[[], Awaitable[int | None]]:
    return lambda: work(tenant)
