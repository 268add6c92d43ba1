"""A false wave that hides takeovers: as in April 2025, and an advisory says so; but some of the flagged are in other
hands, by stolen sessions that no risk engine noticed. They register methods and consent to apps from addresses that
nobody here ever had, far more often than the unflagged; a few also get inbox rules, which Identity Protection sees.
"""

from dataclasses import replace
from datetime import datetime

from sim.tenant.graph_time import ticks
from sim.tenant.risk import Detection
from sim.tenant.sign_ins import SignInRisk
from sim.tenant.stories import microsoft
from sim.tenant.stories.april import tell
from sim.tenant.stories.attackers import Attackers
from sim.tenant.stories.company import HOUR, Company, Setting
from sim.tenant.stories.false_wave import FalseWave
from sim.tenant.stories.lockout import visible_from
from sim.tenant.stories.ordinary import minutes
from sim.tenant.tenant import Clock, Tenant
from sim.tenant.truth import Truth

INBOX_RULES = "mcasSuspiciousInboxManipulationRules"
_TAKEN_SHARE, _FEWEST, _WITH_RULES = 40, 8, 3


def hidden_takeovers(
    now: datetime,
    users: int = 3000,
    seed: int = 20250420,
    processing_seconds: float | tuple[float, float] = (2.0, 8.0),
    tail_seconds: float = 75.0,
    *,
    clock: Clock | None = None,
    going_on: bool = True,
) -> Tenant:
    """A tenant at the moment when the bot first looks at it; arguments as those of `april_2025`."""
    company = Company(ticks(now), users, seed, tail_seconds)
    wave = FalseWave(company)
    seen = visible_from(wave.wave)
    number = max(_FEWEST, len(wave.flagged) // _TAKEN_SHARE)
    earliest = sorted(wave.plain, key=lambda user: seen[user.id])
    taken = earliest[:number]
    rules: list[Detection] = []
    for user in taken[:_WITH_RULES]:
        at = seen[user.id] + minutes(20)
        rules.append(company.detection(user, INBOX_RULES, "medium", "offline", min(at, company.now), company.now))
    wave.surge = [*wave.surge, *rules]

    def twist(tenant: Tenant, truth: Truth) -> Truth:
        attackers = Attackers(tenant, company.seed)
        for user in taken:
            flagged_at = seen[user.id]
            attackers.take_over(user, flagged_at - minutes(4), min(flagged_at + HOUR, company.now), risk=SignInRisk())
        truth = microsoft.admit(tenant, attackers.told(truth), company.now - minutes(30))
        held_back = {**truth.held_back, **{user.id: "taken over" for user in taken}}
        held_back |= {user.id: "suspicious" for user in taken[:_WITH_RULES]}
        return replace(truth, held_back=held_back, eligible_user_ids=truth.eligible_user_ids - held_back.keys())

    setting = Setting(processing_seconds, clock)
    return tell(company, wave, setting, bands=frozenset({"conflicting"}), twist=twist, going_on=going_on)
