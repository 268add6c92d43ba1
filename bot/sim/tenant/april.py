"""The story of the weekend of April 2025: a third of a tenant flagged within five hours, by mistake.

Hidden in the wave are a few who were really attacked, and around it lies an ordinary tenant's trickle of alerts.
"""

import random
import uuid
from collections.abc import Sequence
from datetime import datetime

from bot.sim.tenant.cast import FLAGGED, QUIET, cast
from bot.sim.tenant.directory import User, is_passwordless
from bot.sim.tenant.graph_time import SECOND, moment, ticks
from bot.sim.tenant.names import NASTY, PLACES
from bot.sim.tenant.people import DAY, DEMO_PEOPLE, PROVIDERS, Registry, domains
from bot.sim.tenant.risk import Detection
from bot.sim.tenant.tenant import Clock, Licence, Tenant
from bot.sim.tenant.truth import Truth

HOUR = 3600 * SECOND
WAVE = 5 * HOUR
SMALLEST = 120
ORDINARY_ROLES = frozenset({"Reports Reader", "Directory Synchronization Accounts"})
_CLOSED_SHARE, _FLAGGED_AGAIN_SHARE = 0.85, 0.2
_SECOND_DETECTIONS = (  # type, level, timing, hours before now (within the wave below 5)
    ("passwordSpray", "high", "offline", 2.5),
    ("unfamiliarFeatures", "medium", "realtime", 1.2),
    ("attackerinTheMiddle", "high", "offline", 0.8),
    ("unfamiliarFeatures", "high", "realtime", 40.0),
    ("passwordSpray", "medium", "offline", 150.0),
    ("maliciousIPAddress", "medium", "offline", 3.6),
    ("anomalousToken", "high", "realtime", 8.0),
)
_ORDINARY = (
    ("unfamiliarFeatures", "realtime"),
    ("unfamiliarFeatures", "realtime"),
    ("anonymizedIPAddress", "realtime"),
    ("unlikelyTravel", "offline"),
    ("maliciousIPAddress", "offline"),
    ("passwordSpray", "offline"),
    ("leakedCredentials", "offline"),
)
_CLOSINGS = (
    ("remediated", "userPerformedSecuredPasswordReset"),
    ("remediated", "userPassedMFADrivenByRiskBasedPolicy"),
    ("dismissed", "adminDismissedAllRiskForUser"),
)


def april_2025(
    now: datetime,
    users: int = 3000,
    seed: int = 20250420,
    processing_seconds: float | tuple[float, float] = (2.0, 8.0),
    tail_seconds: float = 75.0,
    *,
    clock: Clock | None = None,
    licence: Licence = "P2",
) -> Tenant:
    """A tenant at the moment when the bot first looks at it.

    `now` (aware) is the end of the five hours, and the moment from which the late tail becomes visible, over
    `tail_seconds` of the tenant's clock. `processing_seconds` (a number or bounds) is how long a clean-up takes after
    its 204. Needs at least 120 users. The same arguments give the same tenant.
    """
    if users < SMALLEST:
        raise ValueError(f"the story needs at least {SMALLEST} users, not {users}")
    return _Story(ticks(now), users, seed, tail_seconds).tenant(
        clock=clock, licence=licence, processing_seconds=processing_seconds
    )


class _Story:
    """The cast and what happens to it."""

    def __init__(self, now: int, users: int, seed: int, tail_seconds: float) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a story, not a secret
        self.now = now
        self.seed = seed
        self.tail = int(tail_seconds * SECOND)
        self.domains = domains(self.chance)
        registry = Registry(self.chance, now)
        self.demo = [registry.demo_person(*person) for person in DEMO_PEOPLE]
        externals = [registry.external() for _ in range(users // 50)]
        externals[0].user_type = "Member"  # userType doesn't tell whose identity it is
        internals = [registry.internal_guest() for _ in range(max(4, users // 200))]
        members = [registry.member() for _ in range(users - len(externals) - len(internals) - len(self.demo))]
        self.users = [*self.demo, *externals, *internals, *members]
        self.deleted = registry.member()
        self._cast(externals, internals, members, users // 3)

    def _cast(self, externals: Sequence[User], internals: Sequence[User], members: Sequence[User], number: int) -> None:
        chance = self.chance
        self.guests = list(externals[: max(3, number // 250)])
        internal = list(internals[:3])
        crowd = chance.sample(members, number - len(self.guests) - len(internal) - 1)
        roles = iter(crowd)
        self.suspicious = [next(roles) for _ in _SECOND_DETECTIONS]
        self.disabled = [next(roles) for _ in range(2)]
        self.closed = [next(roles) for _ in range(3)]
        self.ineffective = [next(roles) for _ in range(5)]
        for user, name in zip(roles, NASTY, strict=False):
            user.display_name = name
        ada, grace, _ = self.demo
        hit = {user.id for user in crowd}
        quiet = [user for user in members if user.id not in hit][-QUIET:]
        self.cast = cast(flagged=crowd[-FLAGGED:], quiet=quiet, admins=(ada, grace))
        for user in self.disabled:
            user.account_enabled = False
        self.flagged = [*self.guests, *internal, *crowd, self.deleted]
        chance.shuffle(self.flagged)
        flagged = {user.id for user in (*self.flagged, *quiet)}
        self.others = [user for user in members if user.id not in flagged]

    def tenant(
        self, *, clock: Clock | None, licence: Licence, processing_seconds: float | tuple[float, float]
    ) -> Tenant:
        background = self._background()
        wave = self._wave()
        tenant = Tenant(
            clock=clock,
            seed=self.seed,
            licence=licence,
            domains=self.domains,
            users=[*self.users, self.deleted],
            processing_seconds=processing_seconds,
            truth=self._truth(wave),
        )
        self.cast.assign(tenant.roles)
        for detection in [*background, *self._second_detections(), *wave]:
            tenant.foresee(detection)
        tenant.settle(self.now)
        for detection in background:
            if detection.risk_state != "atRisk":
                tenant.remember_closed(detection)
        for user in self.closed:
            flagged_at = tenant.risky_users[user.id].updated_at
            at = flagged_at + self.chance.randrange(max(1, self.now - flagged_at))
            tenant.close_risk(
                user.id, state="remediated", detail="userPerformedSecuredPasswordChange", by=user.id, at=at
            )
        tenant.remove_user(self.deleted.id)
        tenant.ineffective_user_ids = {user.id for user in self.ineffective}
        return tenant

    def _wave(self) -> list[Detection]:
        """The false alarm: a steep rise, then a long fall, over five hours that end now."""
        moments = sorted(self.now - WAVE + int(self.chance.betavariate(1.7, 1.9) * WAVE) for _ in self.flagged)
        moments[0], moments[-1] = self.now - WAVE, self.now - 20 * SECOND
        wave = []
        for user, at in zip(self.flagged, moments, strict=True):
            visible = min(at + self.chance.randrange(60 * SECOND, 1200 * SECOND), self.now)
            wave.append(self._detection(user, "leakedCredentials", "high", "offline", at, visible))
        for detection in self._late(wave):
            detection.visible_at = self.now + int(self.chance.uniform(0.02, 1.0) * self.tail)
            detection.updated_at = detection.visible_at
        return wave

    def _late(self, wave: list[Detection]) -> list[Detection]:
        """The tail: a twelfth of the wave, among its later half, and nobody with a special part."""
        special = {user.id for user in (*self.suspicious, *self.closed, *self.cast.flagged, self.deleted)}
        later = [detection for detection in wave[len(wave) // 2 :] if detection.user_id not in special]
        return self.chance.sample(later, len(wave) // 12) if self.tail else []

    def _second_detections(self) -> list[Detection]:
        found = []
        for user, (kind, level, timing, hours) in zip(self.suspicious, _SECOND_DETECTIONS, strict=True):
            at = self.now - int(hours * HOUR) - self.chance.randrange(600 * SECOND)
            found.append(self._detection(user, kind, level, timing, at, min(at + 300 * SECOND, self.now)))
        return found

    def _background(self) -> list[Detection]:
        """Ninety ordinary days, most of it closed; two alerts fall into the wave's hours and aren't part of it."""
        chance, found = self.chance, []
        for _ in range(max(30, len(self.users) // 40)):
            closed = chance.random() < _CLOSED_SHARE
            again = closed and chance.random() < _FLAGGED_AGAIN_SHARE
            user = chance.choice(self.flagged if again else self.others)
            if user.is_external or user is self.deleted:
                continue
            at = self.now - chance.randrange(8 * HOUR, 90 * DAY)
            kind, timing = chance.choice(_ORDINARY)
            level = "high" if kind == "leakedCredentials" else chance.choice(("low", "low", "medium"))
            detection = self._detection(user, kind, level, timing, at, at + chance.randrange(300 * SECOND, HOUR))
            if closed:
                detection.risk_state, detection.risk_detail = chance.choice(_CLOSINGS)
                detection.updated_at += chance.randrange(HOUR, 7 * HOUR)
            found.append(detection)
        for user, hours in zip(self.others, (1.9, 3.1), strict=False):
            at = self.now - int(hours * HOUR)
            found.append(self._detection(user, "unfamiliarFeatures", "low", "realtime", at, at + 400 * SECOND))
        return found

    def _detection(self, user: User, kind: str, level: str, timing: str, at: int, visible: int) -> Detection:
        chance = self.chance
        at -= at % (10 ** chance.choice((0, 0, 0, 0, 1, 2, 4, 7)))  # Graph writes as many digits as there are
        city, state, country, address = chance.choice(PLACES)
        is_signin = kind != "leakedCredentials"
        identifier = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        return Detection(
            id=identifier.replace("-", "") + identifier.replace("-", "")[::-1],
            user_id=user.id,
            user_principal_name=user.user_principal_name,
            user_display_name=user.display_name,
            risk_event_type=kind,
            risk_level=level,
            detected_at=at,
            visible_at=visible,
            updated_at=visible,
            activity_at=at - chance.randrange(60 * SECOND) if is_signin else at,
            timing=timing,
            activity="signin" if is_signin else "user",
            ip_address=address if is_signin else None,
            location=(
                {"city": city, "state": state, "countryOrRegion": country, "geoCoordinates": None}
                if is_signin
                else None
            ),
            correlation_id=identifier if is_signin else None,
            request_id=identifier if is_signin else None,
            additional_info='[{"Key":"userAgent","Value":"Mozilla/5.0"}]' if is_signin else None,
        )

    def _truth(self, wave: list[Detection]) -> Truth:
        held_back = (
            {user.id: "suspicious" for user in self.suspicious}
            | {user.id: "guest" for user in self.guests}
            | {user.id: "disabled" for user in self.disabled}
            | {user.id: "closed" for user in self.closed}
            | {self.deleted.id: "deleted"}
            | {user.id: "privileged" for user in self.cast.flagged}
        )
        everyone = frozenset(user.id for user in self.flagged)
        return Truth(
            surge_user_ids=everyone,
            window_start=moment(min(detection.detected_at for detection in wave)),
            window_end=moment(max(detection.detected_at for detection in wave)),
            eligible_user_ids=everyone - held_back.keys(),
            held_back=held_back,
            late_user_ids=frozenset(detection.user_id for detection in wave if detection.visible_at > self.now),
            kind_of={user.id: self._kind(user) for user in self.flagged},
            provider_of={user.id: PROVIDERS[user.domain] for user in self.flagged if self._kind(user) == "federated"},
            passwordless_user_ids=frozenset(
                user.id
                for user in self.flagged
                if is_passwordless(user) and user.account_enabled and user is not self.deleted
            ),
            privileged_user_ids=frozenset(user.id for user, role in self.cast.roles if role not in ORDINARY_ROLES),
            emergency_user_ids=frozenset(user.id for user in self.cast.emergency),
            synchronization_user_ids=frozenset(user.id for user in self.cast.synchronization),
            service_user_ids=frozenset(user.id for user in self.cast.services),
        )

    def _kind(self, user: User) -> str:
        if user is self.deleted:
            return "unknown"
        if user.is_external:
            return "guest"
        if user.domain in PROVIDERS:
            return "federated"
        return "hybrid" if user.synced else "cloud-only"
