"""Which tenants and waves are tried. Settings were chosen on CHOOSING seeds; REPORTING seeds are only reported."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bot.watch.scan.rules import Rules
from bot.watch.super_tenant import SuperTenant
from tests.bench.surge.contenders import Alarm, Contender, alarms, outcome
from tests.bench.surge.tenants import DAY, HOUR, LEAKED, MINUTE, NEW_YEAR, SPRAY, Tenant, make_tenant
from tests.bench.surge.trials import POLL, Outcome, Quiet, live_through, polls, quiet
from tests.bench.surge.waves import SHAPES, Wave, add_wave

CHOOSING, REPORTING = 1, 20_000_229
EAGER = "window scan, sensitivity 1"
LEAD = 57
"""Days of history before a wave, where not said otherwise."""


@dataclass(frozen=True)
class Kind:
    """A kind of wave: the share of users, over which span, of which type."""

    name: str
    share: float
    span: int
    type: int = LEAKED


WAVE = Kind("5 % over 5 h", 0.05, 5 * HOUR)
GREAT_WAVE = Kind("33 % over 5 h", 0.33, 5 * HOUR)
BURST = Kind("5 % in 20 min", 0.05, 20 * MINUTE)
SLOW_RISE = Kind("5 % over 24 h", 0.05, 24 * HOUR)
SLOW_SPRAY = Kind("3 % over 36 h", 0.03, 36 * HOUR, SPRAY)

QUIET_YEARS = {50: 18, 200: 16, 500: 15, 1_000: 15, 5_000: 15, 20_000: 12, 100_000: 6, 300_000: 3}
FAST = {5_000: 100, 20_000: 60, 100_000: 12, 300_000: 4}


@dataclass(frozen=True)
class Trial:
    """One wave, and what came of it with the scan and with each contender."""

    users: int
    scan: Outcome
    others: dict[str, Outcome]


def quiet_tenants(seed: int, plan: dict[int, int], days: int = 365) -> Iterator[Tenant]:
    for users, count in plan.items():
        for number in range(count):
            yield make_tenant(np.random.default_rng([seed, users, number, days]), users, days)


def quiet_years(seed: int, plan: dict[int, int], rules: Rules, days: int = 365) -> Iterator[tuple[int, Quiet]]:
    for tenant in quiet_tenants(seed, plan, days):
        yield tenant.users, quiet(tenant, rules)


def false_alarms(contender: Contender, tenant: Tenant) -> list[Alarm]:
    return alarms(contender, tenant.detections, tenant.users, NEW_YEAR, NEW_YEAR + tenant.days * DAY)


def waves(
    seed: int,
    kind: Kind,
    plan: dict[int, int],
    rules: Rules,
    *,
    lead: int = LEAD,
    contenders: tuple[Contender, ...] = (),
    eager: Rules | None = None,
) -> Iterator[Trial]:
    """Waves that begin at any hour of the day after `lead` days of history, in every shape in turn."""
    for users, count in plan.items():
        for number in range(count):
            chance = np.random.default_rng([seed, users, number, lead, round(1000 * kind.share), kind.span // MINUTE])
            tenant = make_tenant(chance, users, lead + 4)
            start = NEW_YEAR + lead * DAY + int(chance.integers(DAY))
            shape = SHAPES[number % len(SHAPES)]
            detections, wave = add_wave(
                chance, tenant, share=kind.share, start=start, span=kind.span, kind=kind.type, shape=shape
            )
            end = NEW_YEAR + tenant.days * DAY
            others = {
                one.name: outcome(alarms(one, detections, users, NEW_YEAR, end), wave, users) for one in contenders
            }
            if eager is not None:
                others[EAGER] = live_through(tenant, detections, wave, kind.type, eager)
            yield Trial(users, live_through(tenant, detections, wave, kind.type, rules), others)


def tuned(candidates: list[Contender], tenants: list[Tenant], accepted: float = 0.5) -> Contender:
    """The most eager setting with no more false alarms a tenant-year than accepted; else the least eager."""
    for one in candidates:
        if np.mean([len(false_alarms(one, tenant)) for tenant in tenants]) <= accepted:
            return one
    return candidates[-1]


def over_many_tenants(seed: int, tenants: int, users: int, share: float) -> tuple[bool, float, Wave]:
    """A wave through many small tenants: found by the super-tenant, and after how many polls of the gate-th user."""
    chance = np.random.default_rng([seed, tenants, users])
    start = NEW_YEAR + 30 * DAY + int(chance.integers(DAY))
    wide = SuperTenant(dict.fromkeys(map(str, range(tenants)), users))
    streams, visible, first, last = [], [], start + DAY, start
    for number in range(tenants):
        tenant = make_tenant(chance, users, 33)
        detections, wave = add_wave(chance, tenant, share=share, start=start, span=5 * HOUR)
        visible.append(wave.visible)
        first, last = min(first, wave.start), max(last, wave.end)
        streams.append((str(number), polls(detections, start // POLL * POLL, start // POLL * POLL + 12 * HOUR)))
    whole = Wave(frozenset(), first, last, np.sort(np.concatenate(visible)))
    gate = whole.visible[max(5, round(0.002 * tenants * users)) - 1]
    for _ in range(12 * HOUR // POLL):
        for name, stream in streams:
            now, batch = next(stream)
            wide.observe(name, batch)
        if any(one.detected.window_end >= start for one in wide.scan(now)):
            return True, float(np.ceil((now - gate) / POLL)), whole
    return False, float("inf"), whole


def quiet_year_of_many(seed: int, tenants: int, users: int, days: int) -> int:
    """How many surges the super-tenant tells of while every tenant holds nothing but noise."""
    chance = np.random.default_rng([seed, tenants, users, days])
    wide = SuperTenant(dict.fromkeys(map(str, range(tenants)), users))
    end = NEW_YEAR + days * DAY
    streams = [(str(n), polls(make_tenant(chance, users, days).detections, NEW_YEAR, end)) for n in range(tenants)]
    told = set()
    for _ in range(NEW_YEAR, end + 1, POLL):
        for name, stream in streams:
            now, batch = next(stream)
            if batch:
                wide.observe(name, batch)
        told.update(one.detected.key for one in wide.scan(now))
    return len(told)
