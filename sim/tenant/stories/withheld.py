"""The false wave of April 2025 where much can't be read: for want of a licence, or of permissions."""

from datetime import datetime

from sim.tenant.graph_time import ticks
from sim.tenant.stories.april import tell
from sim.tenant.stories.company import Company, Setting
from sim.tenant.stories.false_wave import FalseWave
from sim.tenant.tenant import Clock, Tenant

LEAST = frozenset({"IdentityRiskEvent.Read.All", "IdentityRiskyUser.ReadWrite.All", "User.Read.All"})
"""The permissions without which the main job can't be done."""


def p1_tenant(
    now: datetime,
    users: int = 3000,
    seed: int = 20250420,
    processing_seconds: float | tuple[float, float] = (2.0, 8.0),
    tail_seconds: float = 75.0,
    *,
    clock: Clock | None = None,
    going_on: bool = True,
) -> Tenant:
    """April 2025 in a tenant with P1 alone: premium detections read generic, levels hidden, risky users are refused,
    and no policy acts on user risk, so nobody is locked out. Arguments as those of `april_2025`.
    """
    company = Company(ticks(now), users, seed, tail_seconds)
    wave = FalseWave(company)
    bands = frozenset({"strongly a false alarm", "leans to a false alarm"})
    return tell(company, wave, Setting(processing_seconds, clock, "P1"), bands=bands, going_on=going_on)


def all_refused(
    now: datetime,
    users: int = 3000,
    seed: int = 20250420,
    processing_seconds: float | tuple[float, float] = (2.0, 8.0),
    tail_seconds: float = 75.0,
    *,
    clock: Clock | None = None,
    going_on: bool = True,
) -> Tenant:
    """April 2025 in a tenant that granted detections, risky users and users, and nothing else. Arguments as those of
    `april_2025`.
    """
    company = Company(ticks(now), users, seed, tail_seconds)
    wave = FalseWave(company)
    setting = Setting(processing_seconds, clock)
    tenant = tell(company, wave, setting, bands=frozenset({"insufficient"}), going_on=going_on)
    tenant.granted = set(LEAST)
    return tenant
