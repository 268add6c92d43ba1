"""A false wave: a third of the tenant flagged within five hours, by mistake, with a few among them really attacked."""

from collections.abc import Sequence

from sim.tenant.cast import FLAGGED, QUIET, cast
from sim.tenant.directory import User
from sim.tenant.graph_time import SECOND
from sim.tenant.names import NASTY
from sim.tenant.risk import Detection
from sim.tenant.stories.company import HOUR, Company
from sim.tenant.tenant import Tenant
from sim.tenant.truth import Truth

WAVE = 5 * HOUR
_SECOND_DETECTIONS = (  # type, level, timing, hours before now (within the wave below 5)
    ("passwordSpray", "high", "offline", 2.5),
    ("unfamiliarFeatures", "medium", "realtime", 1.2),
    ("attackerinTheMiddle", "high", "offline", 0.8),
    ("unfamiliarFeatures", "high", "realtime", 40.0),
    ("passwordSpray", "medium", "offline", 150.0),
    ("maliciousIPAddress", "medium", "offline", 3.6),
    ("anomalousToken", "high", "realtime", 8.0),
)


class FalseWave:
    """Who is hit, and when each is flagged."""

    def __init__(self, company: Company, *, forced: int = 3) -> None:
        """forced: how many have closed their risk themselves, by the password change that a policy forced."""
        self.company = company
        self._cast(company.externals, company.internals, company.members, len(company.users) // 3, forced)
        self.background = company.background(self.flagged, self.others)
        self.wave = self._wave()
        self.surge = [*self._second_detections(), *self.wave]

    def _cast(
        self, externals: Sequence[User], internals: Sequence[User], members: Sequence[User], number: int, forced: int
    ) -> None:
        chance = self.company.chance
        self.guests = list(externals[: max(3, number // 250)])
        internal = list(internals[:3])
        crowd = chance.sample(members, number - len(self.guests) - len(internal) - 1)
        roles = iter(crowd)
        self.suspicious = [next(roles) for _ in _SECOND_DETECTIONS]
        self.disabled = [next(roles) for _ in range(2)]
        self.closed = [next(roles) for _ in range(forced)]
        self.ineffective = [next(roles) for _ in range(5)]
        for user, name in zip(roles, NASTY, strict=False):
            user.display_name = name
        parts = len(_SECOND_DETECTIONS) + 2 + forced + 5
        self.plain = crowd[parts:-FLAGGED]
        """Flagged members without a special part."""
        ada, grace, _ = self.company.demo
        hit = {user.id for user in crowd}
        quiet = [user for user in members if user.id not in hit][-QUIET:]
        self.cast = cast(flagged=crowd[-FLAGGED:], quiet=quiet, admins=(ada, grace))
        for user in self.disabled:
            user.account_enabled = False
        self.flagged = [*self.guests, *internal, *crowd, self.company.deleted]
        chance.shuffle(self.flagged)
        flagged = {user.id for user in (*self.flagged, *quiet)}
        self.others = [user for user in members if user.id not in flagged]

    def befall(self, tenant: Tenant) -> None:
        """Let the wave come over a tenant, up to now."""
        now, chance = self.company.now, self.company.chance
        self.cast.assign(tenant.roles)
        self.company.foresee(tenant, self.background, self.surge)
        for user in self.closed:
            flagged_at = tenant.risky_users[user.id].updated_at
            at = flagged_at + chance.randrange(max(1, now - flagged_at))
            tenant.close_risk(
                user.id, state="remediated", detail="userPerformedSecuredPasswordChange", by=user.id, at=at
            )
        tenant.remove_user(self.company.deleted.id)
        tenant.ineffective_user_ids = {user.id for user in self.ineffective}

    def truth(self) -> Truth:
        """What is true of the wave by its cast alone."""
        held_back = (
            {user.id: "suspicious" for user in self.suspicious}
            | {user.id: "guest" for user in self.guests}
            | {user.id: "disabled" for user in self.disabled}
            | {user.id: "closed" for user in self.closed}
            | {self.company.deleted.id: "deleted"}
            | {user.id: "privileged" for user in self.cast.flagged}
        )
        return self.company.truth(self.flagged, self.wave, held_back, self.cast)

    def _wave(self) -> list[Detection]:
        """The false alarm: a steep rise, then a long fall, over five hours that end now."""
        company, now = self.company, self.company.now
        moments = sorted(now - WAVE + int(company.chance.betavariate(1.7, 1.9) * WAVE) for _ in self.flagged)
        moments[0], moments[-1] = now - WAVE, now - 20 * SECOND
        wave = []
        for user, at in zip(self.flagged, moments, strict=True):
            visible = min(at + company.chance.randrange(60 * SECOND, 1200 * SECOND), now)
            wave.append(company.detection(user, "leakedCredentials", "high", "offline", at, visible))
        for detection in self._late(wave):
            detection.visible_at = now + int(company.chance.uniform(0.02, 1.0) * company.tail)
            detection.updated_at = detection.visible_at
        return wave

    def _late(self, wave: list[Detection]) -> list[Detection]:
        """The tail: a twelfth of the wave, among its later half, and nobody with a special part."""
        special = {user.id for user in (*self.suspicious, *self.closed, *self.cast.flagged, self.company.deleted)}
        later = [detection for detection in wave[len(wave) // 2 :] if detection.user_id not in special]
        return self.company.chance.sample(later, len(wave) // 12) if self.company.tail else []

    def _second_detections(self) -> list[Detection]:
        company, found = self.company, []
        for user, (kind, level, timing, hours) in zip(self.suspicious, _SECOND_DETECTIONS, strict=True):
            at = company.now - int(hours * HOUR) - company.chance.randrange(600 * SECOND)
            found.append(company.detection(user, kind, level, timing, at, min(at + 300 * SECOND, company.now)))
        return found
