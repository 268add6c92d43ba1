"""A leaked combination list: addresses and old passwords of two departments are sold, and tried out.

Microsoft finds them over thirty hours. All are cloud users whose password is old and who have no passwordless method;
wrong passwords and risky sign-ins rise, and a few accounts are taken over. No app of Microsoft's came.
"""

from collections.abc import Sequence
from datetime import datetime

from sim.tenant.directory import User, is_passwordless
from sim.tenant.graph_time import SECOND, ticks
from sim.tenant.people import DAY, MANAGED
from sim.tenant.stories import attack
from sim.tenant.stories.attackers import REPLAYED, Attackers
from sim.tenant.stories.company import HOUR, Company, Setting
from sim.tenant.stories.ordinary import minutes
from sim.tenant.tenant import Clock, Tenant

LENGTH = 30 * HOUR
DEPARTMENTS = ("Retail", "Sales")
_SHARE, _FEWEST = 0.04, 12
_TAKEN_SHARE, _FEWEST_TAKEN = 10, 2


def leaked_list(
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
    chance = company.chance
    listed = [user for user in company.members if _could_be_listed(user)]
    number = min(len(listed), max(_FEWEST, int(users * _SHARE)))
    chosen = chance.sample(listed, number)
    for user in chosen:
        user.password_changed_at = company.now - chance.randrange(300 * DAY, 900 * DAY)
        user.created_at = min(user.created_at, user.password_changed_at - DAY)
    victims = attack.Victims(company, chosen)
    start = company.now - LENGTH
    moments = sorted(start + int(chance.random() * LENGTH) for _ in victims.flagged)
    moments[0], moments[-1] = start, company.now - minutes(4)
    surge = []
    for user, at in zip(victims.flagged, moments, strict=True):
        visible = min(at + chance.randrange(600 * SECOND, 3 * HOUR), company.now)
        surge.append(company.detection(user, "leakedCredentials", "high", "offline", at, visible))
    for detection in chance.sample(surge[len(surge) // 2 :], len(surge) // 12) if company.tail else []:
        detection.visible_at = company.now + int(chance.uniform(0.02, 1.0) * company.tail)
        detection.updated_at = detection.visible_at
    detected = {detection.user_id: detection.detected_at for detection in surge}

    def harm(attackers: Attackers, people: Sequence[User], seen: dict[str, int]) -> None:
        attackers.guess(people, start, company.now, 4 * len(people), REPLAYED)
        attackers.come_in(people[:: max(1, len(people) // 8)], start, start + 2 * HOUR, REPLAYED)
        early = [user for user in victims.plain if seen[user.id] < company.now - minutes(30)]
        for user in early[: max(_FEWEST_TAKEN, len(victims.flagged) // _TAKEN_SHARE)]:
            attackers.take_over(user, detected[user.id], min(seen[user.id] + HOUR, company.now))

    return attack.tell(company, victims, surge, Setting(processing_seconds, clock), harm, going_on=going_on)


def _could_be_listed(user: User) -> bool:
    return user.domain == MANAGED and user.department in DEPARTMENTS and not is_passwordless(user)
