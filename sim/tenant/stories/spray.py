"""A spray attack with takeovers: over 36 hours somebody tries common passwords on everybody, and finds some."""

from collections.abc import Sequence
from datetime import datetime

from sim.tenant.directory import User
from sim.tenant.graph_time import SECOND, ticks
from sim.tenant.stories import attack
from sim.tenant.stories.attackers import GUESSED, Attackers
from sim.tenant.stories.company import HOUR, Company, Setting
from sim.tenant.stories.ordinary import minutes
from sim.tenant.tenant import Clock, Tenant

LENGTH = 36 * HOUR
_SHARE, _FEWEST = 0.03, 20
_TAKEN_SHARE, _FEWEST_TAKEN = 6, 3
_GUESSES_EACH = 3
"""Wrong passwords for each person in the company."""


def spray_attack(
    now: datetime,
    users: int = 3000,
    seed: int = 20250420,
    processing_seconds: float | tuple[float, float] = (2.0, 8.0),
    tail_seconds: float = 75.0,
    *,
    clock: Clock | None = None,
    going_on: bool = True,
) -> Tenant:
    """A tenant at the moment when the bot first looks at it; arguments as those of `april_2025`.

    Three in a hundred are flagged for passwordSpray, since the attackers found their passwords.
    """
    company = Company(ticks(now), users, seed, tail_seconds)
    chance = company.chance
    victims = attack.Victims(company, chance.sample(company.members, max(_FEWEST, int(users * _SHARE))))
    start = company.now - LENGTH
    moments = sorted(start + int(chance.random() * LENGTH) for _ in victims.flagged)
    moments[0], moments[-1] = start, company.now - minutes(4)
    surge = []
    for number, (user, at) in enumerate(zip(victims.flagged, moments, strict=True)):
        visible = min(at + chance.randrange(600 * SECOND, 2 * HOUR), company.now)
        level = "high" if number % 2 else "medium"
        surge.append(company.detection(user, "passwordSpray", level, "offline", at, visible))
    for detection in chance.sample(surge[len(surge) // 2 :], len(surge) // 12) if company.tail else []:
        detection.visible_at = company.now + int(chance.uniform(0.02, 1.0) * company.tail)
        detection.updated_at = detection.visible_at
    detected = {detection.user_id: detection.detected_at for detection in surge}

    def harm(attackers: Attackers, people: Sequence[User], seen: dict[str, int]) -> None:
        everybody = [*people, *victims.others]
        attackers.guess(everybody, start, company.now, _GUESSES_EACH * len(everybody))
        attackers.guess(people, start, company.now, 4 * len(people), GUESSED)
        early = [user for user in victims.plain if seen[user.id] < company.now - minutes(30)]
        taken = early[: max(_FEWEST_TAKEN, len(victims.flagged) // _TAKEN_SHARE)]
        for user in taken:
            at = detected[user.id]
            attackers.take_over(user, at, min(seen[user.id] + HOUR, company.now))

    return attack.tell(company, victims, surge, Setting(processing_seconds, clock), harm, going_on=going_on)
