"""How a story of an attack is told: who is hit, the surge of detections, and what the attackers did besides."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sim.tenant.cast import FLAGGED, QUIET, Cast, cast
from sim.tenant.directory import User
from sim.tenant.risk import Detection
from sim.tenant.stories.attackers import Attackers
from sim.tenant.stories.company import Company, Setting
from sim.tenant.stories.lockout import LockOut, visible_from
from sim.tenant.stories.telling import counted, live_as_usual, who_signs_in
from sim.tenant.tenant import Tenant

Harm = Callable[[Attackers, Sequence[User], dict[str, int]], None]
ATTACK = frozenset({"leans to an attack", "strongly an attack"})


class Victims:
    """Who is attacked; a few hold a role, and a few accounts are nobody's."""

    def __init__(self, company: Company, chosen: Sequence[User]) -> None:
        """chosen: at least as many members as the cast has flagged parts."""
        ada, grace, _ = company.demo
        hit = {user.id for user in chosen}
        quiet = [user for user in company.members if user.id not in hit][-QUIET:]
        self.flagged = list(chosen)
        self.cast: Cast = cast(flagged=self.flagged[-FLAGGED:], quiet=quiet, admins=(ada, grace))
        hit |= {user.id for user in quiet}
        self.others = [user for user in company.members if user.id not in hit]
        self.plain = self.flagged[:-FLAGGED]
        """Those without a special part."""


def tell(
    company: Company, victims: Victims, surge: Sequence[Detection], setting: Setting, harm: Harm, *, going_on: bool
) -> Tenant:
    """The tenant under attack. Nobody is for confirm safe; `harm` is what the attackers do, told by the flagged people
    who sign in here and the instants since when their flags can be seen.
    """
    tenant = company.tenant(setting)
    victims.cast.assign(tenant.roles)
    company.foresee(tenant, company.background(victims.flagged, victims.others), surge)
    tenant.remove_user(company.deleted.id)
    seen = visible_from(surge)
    truth = company.truth(victims.flagged, surge, {user.id: "attacked" for user in victims.flagged}, victims.cast)
    people = who_signs_in(company, victims.flagged, victims.cast.services)
    habits = live_as_usual(company, tenant, people, victims.others, truth)
    lockout = LockOut(tenant, habits, people, (), (), surge, company.now, company.seed)
    lockout.come([user for user, _ in victims.cast.roles[-2:]], victims.cast.emergency, going_on=going_on)
    attackers = Attackers(tenant, company.seed)
    harm(attackers, people, seen)
    truth = attackers.told(lockout.told(truth))
    held_back = {**truth.held_back, **dict.fromkeys(truth.takeover_user_ids & truth.surge_user_ids, "taken over")}
    truth = replace(truth, held_back=held_back)
    tenant.truth = replace(counted(company, tenant, habits, people, truth), expected_bands=ATTACK)
    return tenant
