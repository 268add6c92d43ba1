"""What is read for a briefing: each part by itself, at its own family's pace. One that fails leaves a gap."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.operations.reading.keep_directory import read_users
from bot.operations.reading.keep_profiles import keep_profiles
from bot.operations.reading.keep_readings import known, refresh
from bot.operations.reading.keep_risky_users import keep_risky_users
from bot.operations.reading.read_announcements import ANNOUNCEMENTS, read_announcements
from bot.operations.reading.read_audits import AUDITS, SOURCE_NETWORKS, read_audits, read_source_networks
from bot.operations.reading.read_sign_ins import (
    LOG,
    STOPS_READ,
    USUAL,
    read_log,
    read_past,
    read_stops,
    read_usual_blocks,
)
from bot.operations.reading.surge_readings import SurgeReading
from bot.operations.reading.tenant_readings import (
    APPS,
    DOMAINS,
    HASH_SYNC,
    POLICIES,
    REGISTRATION,
    ROLES,
    ROLLOUT,
    PolicyReport,
)
from bot.operations.tenant import Tenant
from bot.ports.graph import GraphError, Priority
from bot.store.leases import LeaseLostError
from bot.store.transaction import Transaction
from bot.store.watches import Watch
from bot.watch.briefing import Gap
from bot.watch.durations import MINUTE
from bot.watch.figure import Figure
from bot.watch.forecast import next_morning, zone_of
from bot.watch.surge import Surge

CLOCKS_APART = 10 * MINUTE
"""How far Microsoft's clock and ours may differ."""
LOG_LASTS = 4 * MINUTE
"""The long logs are not read again for a surge within this (microseconds)."""
A_MOMENT = MINUTE // 2
"""What was read so long ago at the most is not read again because a briefing was asked for (microseconds)."""

READ_FIRST = (
    Figure.AT_RISK,
    Figure.KINDS,
    Figure.PASSWORDLESS,
    Figure.BLOCKED,
    Figure.PRIVILEGED,
    Figure.POLICY_EFFECTS,
)
"""The figures that a briefing reads."""

POLICIES_BEFORE = SurgeReading("policies before", PolicyReport)
"""The policies as they were when the surge was first seen."""

log = structlog.get_logger()


@dataclass(slots=True)
class Findings:
    """What this briefing's readings brought so far, beside what they put into the tables."""

    pending: set[Figure] = field(default_factory=lambda: set(READ_FIRST))
    """What is still being read."""
    gaps: list[Gap] = field(default_factory=list)
    risky_read_at: int | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads for one briefing of one surge."""

    tenant: Tenant
    surge: Surge
    users: tuple[str, ...]
    watch: Watch
    findings: Findings
    most_urgent: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when who is blocked was read: until then nothing else takes the logs' few slots."""

    def parts(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Everything that a briefing waits for. None raises for what Microsoft does."""
        return (self._risky(), self._directory(), self._stops(), self._roles(), self._policies(), self._others())

    async def _risky(self) -> None:
        """Everyone whose risk changed since the wave began, or since the last complete reading."""
        tenant, watch, findings = self.tenant, self.watch, self.findings
        if await self._is_risk_fresh():
            findings.risky_read_at = watch.risky_through
            findings.pending.discard(Figure.AT_RISK)
            return
        started = tenant.world.now()
        since = self.surge.window_start if watch.risky_through is None else min(watch.risky_through, started)
        seen: set[str] = set()
        try:
            async for page in tenant.graph.risky_users(changed_since=since - CLOCKS_APART, priority=Priority.BRIEF):
                await keep_risky_users(tenant, page)
                seen.update(user.user_id for user in page.items)
            if watch.risky_through is None and not seen.issuperset(self.users):
                await self._read_those_at_risk()
        except GraphError as problem:
            self._gap(Figure.AT_RISK, problem)
        else:
            findings.risky_read_at = started
        findings.pending.discard(Figure.AT_RISK)

    async def _is_risk_fresh(self) -> bool:
        """Whether everybody's risk was read a moment ago, and nothing was sent since."""
        read_at = self.watch.risky_through
        if read_at is None or self.tenant.world.now() - read_at >= A_MOMENT:
            return False

        def is_quiet(tx: Transaction) -> bool:
            requests = tx.requests.requests_of_surge(self.surge.tenant_id, self.surge.id)
            runs = [tx.runs.run_of_request(self.surge.tenant_id, request.id) for request in requests]
            if any(run is not None and (run.ended_at is None or run.ended_at >= read_at) for run in runs):
                return False
            return not tx.counts.unread_risk(self.surge)

        return await self.tenant.store.look(is_quiet)

    async def _read_those_at_risk(self) -> None:
        """The first reading left users of the surge out: perhaps their risk is older than the surge."""
        async for page in self.tenant.graph.risky_users(only_at_risk=True, priority=Priority.BRIEF):
            await keep_risky_users(self.tenant, page)

    async def _directory(self) -> None:
        """Who they are and which domains there are."""
        tenant = self.tenant
        try:
            await refresh(tenant, DOMAINS, older_than=DOMAINS.at_a_surge)
            await read_users(tenant, self.users)
        except GraphError as problem:
            self._gap(Figure.KINDS, problem)
        domains = await tenant.store.look(lambda tx: known(tx, tenant.id, DOMAINS))
        if domains.value is None and domains.problem:
            self.findings.gaps.append(Gap(Figure.KINDS.value, domains.problem))
        if any(domain.is_federated for domain in domains.value or ()):
            await refresh(tenant, ROLLOUT, older_than=ROLLOUT.at_a_surge)
        unread = {domain.problem for domain in domains.value or () if domain.problem}
        self.findings.gaps += [Gap(Figure.PROVIDERS.value, why) for why in unread]
        await keep_profiles(tenant, self.surge)
        self.findings.pending.discard(Figure.KINDS)

    async def _stops(self) -> None:
        """Who is blocked, and how often that is usual."""
        try:
            if await self._is_due(STOPS_READ, lasts=A_MOMENT):
                await read_stops(self.tenant, self.surge)
                self._has_read_stops()
                await read_usual_blocks(self.tenant, self.surge)
        except GraphError as problem:
            await self._fail(STOPS_READ, problem)
        finally:
            self._has_read_stops()

    def _has_read_stops(self) -> None:
        self.findings.pending.discard(Figure.BLOCKED)
        self.most_urgent.set()

    async def _roles(self) -> None:
        await refresh(self.tenant, ROLES, older_than=ROLES.at_a_surge)
        self.findings.pending.discard(Figure.PRIVILEGED)

    async def _policies(self) -> None:
        """The policies of now, and once those of before."""
        await self._remember_policies()
        await refresh(self.tenant, POLICIES, older_than=POLICIES.at_a_surge)
        await self._remember_policies()
        self.findings.pending.discard(Figure.POLICY_EFFECTS)

    async def _remember_policies(self) -> None:
        def remember(tx: Transaction) -> None:
            kept = known(tx, self.tenant.id, POLICIES)
            if kept.value is not None and POLICIES_BEFORE.get(tx, self.surge) is None:
                POLICIES_BEFORE.keep(tx, self.surge, kept.value, kept.read_at)

        await self.tenant.transact_as_holder(remember)

    async def _others(self) -> None:
        """What only the evidence needs."""
        for kind in (APPS, HASH_SYNC):
            await refresh(self.tenant, kind, older_than=kind.at_a_surge)
        await self._try(ANNOUNCEMENTS, lambda: read_announcements(self.tenant, self.surge))

    # What takes minutes in a large tenant goes on in the background.

    def begin_slow_parts(self) -> tuple["asyncio.Task[None]", ...]:
        """Begin what is due and not being read yet; each asks for a new briefing when it brought something."""
        surge = self.surge.id
        slow = {
            REGISTRATION.name: self._registration,
            f"logs of {surge}": self._logs,
            f"past of {surge}": self._past,
        }
        running = self.tenant.work.readings.tasks
        for name, read in slow.items():
            if name not in running:
                running[name] = asyncio.create_task(self._in_background(name, read), name=name)
        return tuple(running[name] for name in slow if name in running)

    async def _in_background(self, name: str, read: Callable[[], Awaitable[bool]]) -> None:
        try:
            await self.most_urgent.wait()
            if await read():
                await ask_again(self.tenant)
            if name == REGISTRATION.name:
                self.findings.pending.discard(Figure.PASSWORDLESS)
        except LeaseLostError as lost:
            log.info("lease_lost", lease=str(lost))
        except Exception:
            log.exception("reading_failed", reading=name)
        finally:
            self.tenant.work.readings.tasks.pop(name, None)

    async def _registration(self) -> bool:
        """Whether there is anything new."""
        tenant = self.tenant
        before = await tenant.store.look(lambda tx: tx.readings.reading_named(tenant.id, REGISTRATION.name))
        await refresh(tenant, REGISTRATION, older_than=REGISTRATION.at_a_surge)
        return before != await tenant.store.look(lambda tx: tx.readings.reading_named(tenant.id, REGISTRATION.name))

    async def _logs(self) -> bool:
        """The audits first: they tell whose old passwords fail because they were changed by force."""
        audits = await self._try(AUDITS, lambda: read_audits(self.tenant, self.surge))
        if audits:
            await ask_again(self.tenant)
        log_read = await self._try(LOG, lambda: read_log(self.tenant, self.surge))
        if log_read:
            await ask_again(self.tenant)
        return (
            await self._try(SOURCE_NETWORKS, lambda: read_source_networks(self.tenant, self.surge))
            or audits
            or log_read
        )

    async def _past(self) -> bool:
        """After the registration report: what it brings takes the longest to work in."""
        registration = self.tenant.work.readings.tasks.get(REGISTRATION.name)
        if registration is not None:
            await asyncio.wait({registration})
        morning = next_morning(self.tenant.world.now(), zone_of(self.tenant.tenant_facts.time_zone))
        return await self._try(
            USUAL, lambda: read_past(self.tenant, self.surge, morning, lambda: ask_again(self.tenant))
        )

    async def _try(self, reading: "SurgeReading[Any]", read: Callable[[], Awaitable[None]]) -> bool:
        """Read what is due. Whether there is anything new, a failure included."""
        if not await self._is_due(reading):
            return False
        try:
            await read()
        except GraphError as problem:
            await self._fail(reading, problem)
        return True

    async def _is_due(self, reading: "SurgeReading[Any]", lasts: int = LOG_LASTS) -> bool:
        """Not read a moment ago, and not refused a moment ago."""
        if await self._is_refused(reading):
            return False
        read_at = await self.tenant.store.look(lambda tx: reading.read_at(tx, self.surge))
        return self.tenant.world.now() - read_at >= lasts

    async def _is_refused(self, reading: "SurgeReading[Any]") -> bool:
        name = f"{reading.name} of {self.surge.id}"
        return self.tenant.work.readings.failed_lately(name, self.tenant.world.now())

    async def _fail(self, reading: "SurgeReading[Any]", problem: GraphError) -> None:
        why = problem.why
        self.tenant.work.readings.failed_at[f"{reading.name} of {self.surge.id}"] = self.tenant.world.now()
        log.warning("surge_reading_failed", reading=reading.name, problem=problem.problem.value, why=why)
        await self.tenant.transact_as_holder(lambda tx: reading.fail(tx, self.surge, why))

    def _gap(self, what: Figure, problem: GraphError) -> None:
        self.findings.gaps.append(Gap(what.value, problem.why))
        log.warning("not_read", tenant=self.tenant.id, what=what.value, problem=problem.problem.value, why=problem.why)


async def ask_again(tenant: Tenant) -> None:
    """Every surge that is not closed is due for a briefing: something was read that it rests on."""

    def ask(tx: Transaction) -> None:
        for surge in tx.surges.all_surges(tenant.id):
            if surge.state.value != "closed":
                tx.surges.ask_briefing(tenant.id, surge.id, tenant.world.now())

    await tenant.transact_as_holder(ask)
    tenant.bells.brief.set()
