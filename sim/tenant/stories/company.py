"""The company of all stories: its people, its ordinary alerts, and what the truth says of everybody.

The same size and seed give the same people, whatever happens to them.
"""

import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sim.tenant.cast import Cast
from sim.tenant.directory import User, is_passwordless
from sim.tenant.graph_time import SECOND, moment
from sim.tenant.names import PLACES
from sim.tenant.people import DAY, DEMO_PEOPLE, PROVIDERS, Registry, domains
from sim.tenant.risk import Detection
from sim.tenant.tenant import Clock, Licence, Tenant
from sim.tenant.truth import Truth

HOUR = 3600 * SECOND
SMALLEST = 120
ORDINARY_ROLES = frozenset({"Reports Reader", "Directory Synchronization Accounts"})
_CLOSED_SHARE, _FLAGGED_AGAIN_SHARE = 0.85, 0.2
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


@dataclass(frozen=True, slots=True)
class Setting:
    """What a story is told with: how fast the tenant works, by which clock, under which licence."""

    processing_seconds: float | tuple[float, float] = (2.0, 8.0)
    clock: Clock | None = None
    licence: Licence = "P2"


class Company:
    """Everybody there is, before anything happened."""

    def __init__(self, now: int, users: int, seed: int, tail_seconds: float) -> None:
        if users < SMALLEST:
            raise ValueError(f"the story needs at least {SMALLEST} users, not {users}")
        self.chance = random.Random(seed)  # noqa: S311 - a story, not a secret
        self.now = now
        self.seed = seed
        self.tail = int(tail_seconds * SECOND)
        self.domains = domains(self.chance)
        registry = Registry(self.chance, now)
        self.demo = [registry.demo_person(*person) for person in DEMO_PEOPLE]
        self.externals = [registry.external() for _ in range(users // 50)]
        self.externals[0].user_type = "Member"  # userType doesn't tell whose identity it is
        self.internals = [registry.internal_guest() for _ in range(max(4, users // 200))]
        others = len(self.externals) + len(self.internals) + len(self.demo)
        self.members = [registry.member() for _ in range(users - others)]
        self.users = [*self.demo, *self.externals, *self.internals, *self.members]
        self.deleted = registry.member()

    def tenant(self, setting: Setting) -> Tenant:
        """The tenant with all its people, the one who will be deleted among them, and nothing else yet."""
        return Tenant(
            clock=setting.clock,
            seed=self.seed,
            licence=setting.licence,
            domains=self.domains,
            users=[*self.users, self.deleted],
            processing_seconds=setting.processing_seconds,
        )

    def kind(self, user: User) -> str:
        """Sign-in kind: cloud-only, hybrid, federated, guest, or unknown for who has no profile any more."""
        if user is self.deleted:
            return "unknown"
        if user.is_external:
            return "guest"
        if user.domain in PROVIDERS:
            return "federated"
        return "hybrid" if user.synced else "cloud-only"

    def background(self, flagged: Sequence[User], others: Sequence[User]) -> list[Detection]:
        """Ninety ordinary days, most of it closed; two alerts fall into the last hours and aren't part of a surge."""
        chance, found = self.chance, []
        for _ in range(max(30, len(self.users) // 40)):
            closed = chance.random() < _CLOSED_SHARE
            again = closed and chance.random() < _FLAGGED_AGAIN_SHARE
            user = chance.choice(flagged if again else others)
            if user.is_external or user is self.deleted:
                continue
            at = self.now - chance.randrange(8 * HOUR, 90 * DAY)
            kind, timing = chance.choice(_ORDINARY)
            level = "high" if kind == "leakedCredentials" else chance.choice(("low", "low", "medium"))
            detection = self.detection(user, kind, level, timing, at, at + chance.randrange(300 * SECOND, HOUR))
            if closed:
                detection.risk_state, detection.risk_detail = chance.choice(_CLOSINGS)
                detection.updated_at += chance.randrange(HOUR, 7 * HOUR)
            found.append(detection)
        for user, hours in zip(others, (1.9, 3.1), strict=False):
            at = self.now - int(hours * HOUR)
            found.append(self.detection(user, "unfamiliarFeatures", "low", "realtime", at, at + 400 * SECOND))
        return found

    def detection(self, user: User, kind: str, level: str, timing: str, at: int, visible: int) -> Detection:
        """A detection of a user; what concerns a sign-in has an address and a place."""
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

    def foresee(self, tenant: Tenant, background: Iterable[Detection], surge: Iterable[Detection]) -> None:
        """Let all this be detected; what is visible by now is, and what was closed in the past is history."""
        past = list(background)
        for detection in [*past, *surge]:
            tenant.foresee(detection)
        tenant.settle(self.now)
        for detection in past:
            if detection.risk_state != "atRisk":
                tenant.remember_closed(detection)

    def truth(
        self, flagged: Sequence[User], surge: Sequence[Detection], held_back: Mapping[str, str], cast: Cast
    ) -> Truth:
        """What is true of the surge by its cast alone."""
        everyone = frozenset(user.id for user in flagged)
        kinds = {user.id: self.kind(user) for user in flagged}
        return Truth(
            surge_user_ids=everyone,
            window_start=moment(min(detection.detected_at for detection in surge)),
            window_end=moment(max(detection.detected_at for detection in surge)),
            eligible_user_ids=everyone - held_back.keys(),
            held_back=dict(held_back),
            late_user_ids=frozenset(detection.user_id for detection in surge if detection.visible_at > self.now),
            kind_of=kinds,
            provider_of={user.id: PROVIDERS[user.domain] for user in flagged if kinds[user.id] == "federated"},
            passwordless_user_ids=frozenset(
                user.id
                for user in flagged
                if is_passwordless(user) and user.account_enabled and user is not self.deleted
            ),
            privileged_user_ids=frozenset(user.id for user, role in cast.roles if role not in ORDINARY_ROLES),
            emergency_user_ids=frozenset(user.id for user in cast.emergency),
            synchronization_user_ids=frozenset(user.id for user in cast.synchronization),
            service_user_ids=frozenset(user.id for user in cast.services),
        )
