"""The story of the weekend of April 2025: a third of a tenant flagged within five hours, by mistake.

Hidden in the wave are a few who were really attacked, and around it lies an ordinary tenant's trickle of alerts. A new
app of Microsoft's came in the night before, and in the last hour it made the flagged people's tokens invalid. Whoever
tries to sign in is blocked by a policy on user risk, or stuck at a prompt. No advisory came.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sim.tenant.graph_time import ticks
from sim.tenant.stories import microsoft
from sim.tenant.stories.company import Company, Setting
from sim.tenant.stories.false_wave import FalseWave
from sim.tenant.stories.lockout import LockOut
from sim.tenant.stories.telling import counted, live_as_usual, who_signs_in
from sim.tenant.tenant import Clock, Licence, Tenant
from sim.tenant.truth import Truth

FALSE_ALARM = frozenset({"strongly a false alarm"})
Twist = Callable[[Tenant, Truth], Truth]


def april_2025(
    now: datetime,
    users: int = 3000,
    seed: int = 20250420,
    processing_seconds: float | tuple[float, float] = (2.0, 8.0),
    tail_seconds: float = 75.0,
    *,
    clock: Clock | None = None,
    licence: Licence = "P2",
    forced: int = 3,
    new_phones: int = 0,
    going_on: bool = True,
) -> Tenant:
    """A tenant at the moment when the bot first looks at it.

    `now` (aware) is the end of the five hours, and the moment from which the late tail becomes visible, over
    `tail_seconds` of the tenant's clock. `processing_seconds` (a number or bounds) is how long a clean-up takes after
    its 204. Needs at least 120 users. The same arguments give the same tenant.

    `forced`: how many flagged users closed their risk by a password change that a policy forced; `new_phones`: how
    many registered a new method after the flag, from their usual address; `going_on`: whether people go on trying to
    sign in after `now`, for a quarter of an hour.
    """
    company = Company(ticks(now), users, seed, tail_seconds)
    wave = FalseWave(company, forced=forced)
    setting = Setting(processing_seconds, clock, licence)
    return tell(company, wave, setting, bands=FALSE_ALARM, new_phones=new_phones, going_on=going_on)


def tell(
    company: Company,
    wave: FalseWave,
    setting: Setting,
    *,
    bands: frozenset[str],
    twist: Twist | None = None,
    new_phones: int = 0,
    going_on: bool = True,
) -> Tenant:
    """The tenant that a false wave came over. Without P2 there is no policy on user risk, and nobody is locked out.

    `twist` adds to what happened, and to the truth.
    """
    tenant = company.tenant(setting)
    wave.befall(tenant)
    truth = wave.truth()
    people = who_signs_in(company, wave.flagged, wave.cast.services)
    habits = live_as_usual(company, tenant, people, wave.others, truth)
    truth = microsoft.revoke_credentials(tenant, people, truth)
    if setting.licence == "P2":
        phones = wave.plain[-new_phones:] if new_phones else []
        lockout = LockOut(tenant, habits, people, wave.guests, wave.closed, wave.wave, company.now, company.seed)
        lockout.come([user for user, _ in wave.cast.roles[-2:]], wave.cast.emergency, going_on=going_on)
        lockout.new_phones(phones)
        truth = replace(lockout.told(truth), new_phone_user_ids=frozenset(user.id for user in phones))
    if twist is not None:
        truth = twist(tenant, truth)
    tenant.truth = replace(counted(company, tenant, habits, people, truth), expected_bands=bands)
    return tenant
