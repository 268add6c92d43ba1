"""The state of the invented tenant, and the rules by which it changes."""

import random
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Literal, NamedTuple

from sim.tenant.access_policies import AccessPolicy
from sim.tenant.agenda import Agenda
from sim.tenant.announcements import HealthIssue, ServiceMessage
from sim.tenant.audits import Audit
from sim.tenant.changes import Changes
from sim.tenant.directory import Domain, User
from sim.tenant.graph_time import SECOND, moment, ticks
from sim.tenant.hybrid import HybridIdentity
from sim.tenant.permissions import EVERYTHING
from sim.tenant.risk import Detection, HistoryItem, RiskyUser
from sim.tenant.roles import Group, Roles
from sim.tenant.service_principals import ServicePrincipal
from sim.tenant.shelf import Shelf
from sim.tenant.sign_ins import SignIns
from sim.tenant.timeline import Timeline
from sim.tenant.truth import Truth

Clock = Callable[[], datetime]
Licence = Literal["P2", "P1", "free"]
RiskAction = Literal["confirmSafe", "confirmCompromised", "dismiss"]

_OUTCOMES: dict[str, tuple[str, str, str]] = {
    "confirmSafe": ("confirmedSafe", "none", "adminConfirmedAccountSafe"),
    "dismiss": ("dismissed", "none", "adminDismissedAllRiskForUser"),
    "confirmCompromised": ("confirmedCompromised", "high", "adminConfirmedUserCompromised"),
}
_LEVELS = ("none", "low", "medium", "high")


class Write(NamedTuple):
    """One write that reached the tenant, carried out (2xx) or refused. A call without readable ids has none;
    status 0 means that the connection was cut before anything was carried out.
    """

    time: datetime
    action: str
    user_ids: tuple[str, ...]
    status: int


class Tenant:
    """One tenant: users, domains, risk, and what was done to it. Not thread-safe: one event loop uses it."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        seed: int = 0,
        licence: Licence = "P2",
        domains: Iterable[Domain] = (),
        users: Iterable[User] = (),
        processing_seconds: float | tuple[float, float] = (2.0, 8.0),
        truth: Truth | None = None,
    ) -> None:
        self._random = random.Random(f"tenant {seed}")  # noqa: S311 - a story, not a secret
        self.clock: Clock = clock or _now
        self.licence: Licence = licence
        self.granted: set[str] = set(EVERYTHING)
        """App roles (by their names) that the calling app was granted."""
        self.directory_roles: set[str] = {"User Administrator"}
        """Directory roles of the calling app: password profiles can't be written without one."""
        self.roles = Roles()
        """Who holds which directory role: `assign`, `unassign`, `add_group`, `roles_of`, `privileged_ids`."""
        self.hybrid = HybridIdentity()
        self.id = self.new_id()
        self.display_name = "Contoso"
        self.domains = {domain.name: domain for domain in domains}
        self.users: Shelf[User] = Shelf(users)
        self.detections: Shelf[Detection] = Shelf()
        """Those that Graph shows by now."""
        self.risky_users: Shelf[RiskyUser] = Shelf()
        self.sign_ins = SignIns()
        """Interactive sign-ins, what will come excepted."""
        self.audits: Timeline[Audit] = Timeline()
        """The directory audit log; the module `deeds` writes to it as things happen."""
        self.groups: Shelf[Group] = Shelf()
        """Security groups that hold no role, such as the scopes of policies."""
        self.access_policies: Shelf[AccessPolicy] = Shelf()
        self.service_principals: Shelf[ServicePrincipal] = Shelf()
        self.health_issues: Shelf[HealthIssue] = Shelf()
        self.service_messages: Shelf[ServiceMessage] = Shelf()
        self.writes: list[Write] = []
        self.changes = Changes()
        self.processing_seconds = processing_seconds
        """How long a clean-up takes after its 204: a number, or the bounds of a random one."""
        self.ineffective_user_ids: set[str] = set()
        """Users whose next 204 changes nothing; each is taken out of the set as that happens."""
        self.directory_seconds = 0.0
        """How long a revocation or a password profile takes to show after it was accepted."""
        self.registration_lag_seconds = 4 * 3600.0
        """How far the registration report lags behind: who was created since is not in it."""
        self.never_done_user_ids: set[str] = set()
        """Users whose next clean-up is taken in and never ends: isProcessing stays."""
        self.other_apps_rate = 0.0
        self._truth = truth
        self._agenda = Agenda()
        self._audit_numbers = count(1)
        self._by_name = {user.user_principal_name.casefold(): user.id for user in self.users}
        self._by_mail: dict[str, list[str]] = {}
        for user in self.users:
            if user.mail:
                self._by_mail.setdefault(user.mail.casefold(), []).append(user.id)
        self._detections_of: dict[str, set[str]] = {}

    @property
    def truth(self) -> Truth:
        """The story's answer sheet. ValueError for a tenant that has no story."""
        if self._truth is None:
            raise ValueError("this tenant has no story")
        return self._truth

    @truth.setter
    def truth(self, truth: Truth) -> None:
        self._truth = truth

    def now(self) -> int:
        """The tenant's time in ticks, after everything that fell due by then was done."""
        now = ticks(self.clock())
        self.settle(now)
        return now

    def settle(self, now: int) -> None:
        """Do everything that falls due by an instant."""
        self._agenda.settle(now)

    def new_id(self) -> str:
        """A GUID, the same ones in the same order for the same seed."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def next_audit_number(self) -> int:
        """The number of the next line of the audit log."""
        return next(self._audit_numbers)

    def schedule(self, at: int, deed: Callable[[], None]) -> None:
        """Let something happen by itself at an instant (ticks): a policy is switched off, an advisory comes."""
        self._agenda.add(at, deed)

    # Users

    def user_named(self, id_or_name: str) -> User | None:
        """The user of this id or userPrincipalName."""
        return self.users.get(id_or_name) or self.users.get(self._by_name.get(id_or_name.casefold(), ""))

    def users_with_mail(self, mail: str) -> list[User]:
        """All users of this mail address; Graph compares without regard to case."""
        return [self.users[identifier] for identifier in self._by_mail.get(mail.casefold(), ())]

    def add_user(self, user: User) -> None:
        """Somebody joins."""
        self.users.put(user)
        self._by_name[user.user_principal_name.casefold()] = user.id
        if user.mail:
            self._by_mail.setdefault(user.mail.casefold(), []).append(user.id)
        self.changes.note(user.id, {"id"})

    def remove_user(self, user_id: str) -> None:
        """Somebody is deleted: gone from the directory, still listed as a risky user."""
        user = self.users[user_id]
        self.users.discard(user_id)
        self.roles.forget(user_id)
        for group in self.groups:
            group.member_ids.discard(user_id)
        del self._by_name[user.user_principal_name.casefold()]
        if user.mail:
            self._by_mail[user.mail.casefold()].remove(user_id)
        risky = self.risky_users.get(user_id)
        if risky is not None:
            risky.is_deleted = True
        self.changes.note(user_id, removed=True)

    def disable_user(self, user_id: str, *, enabled: bool = False) -> None:
        """Block somebody's sign-in, or allow it again."""
        self.users[user_id].account_enabled = enabled
        self.changes.note(user_id, {"accountEnabled"})

    def register_methods(self, user_id: str, methods: Iterable[str]) -> None:
        """Somebody registers these methods; the report shows them after its lag."""
        due = self.now() + int(self.registration_lag_seconds * SECOND)
        self._agenda.add(due, partial(setattr, self.users[user_id], "methods", tuple(methods)))

    def revoke_sessions(self, user_id: str) -> None:
        """Make all refresh tokens of a user invalid from now on; shown after `directory_seconds`."""
        self._write_user(user_id, {"sessions_valid_from": self.now()}, {"signInSessionsValidFromDateTime"})

    def set_password_profile(self, user_id: str, profile: Mapping[str, object]) -> None:
        """Write a user's passwordProfile, shown after `directory_seconds`; the password itself is never shown again."""
        now = self.now()
        shown = {
            "forceChangePasswordNextSignIn": bool(profile.get("forceChangePasswordNextSignIn")),
            "forceChangePasswordNextSignInWithMfa": bool(profile.get("forceChangePasswordNextSignInWithMfa")),
            "password": None,
        }
        if "password" not in profile:
            self._write_user(user_id, {"password_profile": shown}, {"passwordProfile"})
            return
        values = {"password_profile": shown, "password_changed_at": now, "sessions_valid_from": now}
        names = {"passwordProfile", "lastPasswordChangeDateTime", "signInSessionsValidFromDateTime"}
        self._write_user(user_id, values, names)

    def _write_user(self, user_id: str, values: Mapping[str, object], properties: set[str]) -> None:
        """Let a write to a user show when it is due; it is lost where their next write has no effect."""
        if user_id in self.ineffective_user_ids:
            self.ineffective_user_ids.remove(user_id)
            return

        def show() -> None:
            user = self.users.get(user_id)
            if user is not None:
                for name, value in values.items():
                    setattr(user, name, value)
                self.changes.note(user_id, properties)

        self._agenda.add(self.now() + int(self.directory_seconds * SECOND), show)
        self.now()

    # Risk

    def state_of(self, user_id: str) -> str | None:
        """The riskState of a user now; None where no riskyUser exists."""
        self.now()
        risky = self.risky_users.get(user_id)
        return risky.risk_state if risky else None

    def detections_of(self, user_id: str) -> list[Detection]:
        """The detections that Graph shows of a user, in no order of time."""
        return [self.detections[identifier] for identifier in sorted(self._detections_of.get(user_id, ()))]

    def foresee(self, detection: Detection) -> None:
        """Let a detection become visible at its `visible_at`."""
        self._agenda.add(detection.visible_at, partial(self._appear, detection))

    def flag(self, user_id: str, risk_event_type: str, *, level: str = "high") -> None:
        """Something new is detected of a user, and shown at once."""
        user, now = self.users[user_id], self.now()
        self.foresee(
            Detection(
                id=self.new_id(),
                user_id=user.id,
                user_principal_name=user.user_principal_name,
                user_display_name=user.display_name,
                risk_event_type=risk_event_type,
                risk_level=level,
                detected_at=now,
                visible_at=now,
                updated_at=now,
                activity_at=now,
                timing="realtime",
            )
        )

    def close_risk(
        self, user_id: str, *, state: str, detail: str, by: str | None = None, at: int | None = None
    ) -> None:
        """Somebody else than the bot closes a user's risk: a self-remediation, another admin, Microsoft."""
        self._close(self.risky_users[user_id], state, "none", detail, self.now() if at is None else at, by)

    def remember_closed(self, detection: Detection) -> None:
        """A detection that was closed in the past leaves its line of history, and a risky user unless one is here."""
        risky = self.risky_users.get(detection.user_id)
        is_new = risky is None
        risky = risky or self._fresh_risky_user(self.users[detection.user_id], detection.updated_at)
        kinds = (detection.risk_event_type,)
        at, state, detail = detection.updated_at, detection.risk_state, detection.risk_detail
        risky.history.append(HistoryItem(f"{risky.id}{at}", at, "none", state, detail, kinds, None))
        risky.history.sort(key=lambda item: item.at)
        if is_new or (risky.risk_state != "atRisk" and at > risky.updated_at):
            risky.risk_state, risky.risk_level, risky.risk_detail, risky.updated_at = state, "none", detail, at

    def act(self, action: RiskAction, user_ids: Iterable[str]) -> None:
        """Take in an accepted write; it shows only after its processing time."""
        now = self.now()
        for user_id in user_ids:
            risky = self.risky_users.get(user_id) or self._fresh_risky_user(self.users[user_id], now)
            if risky.is_deleted or risky.is_processing or risky.risk_state == _OUTCOMES[action][0]:
                continue
            if user_id in self.ineffective_user_ids:
                self.ineffective_user_ids.remove(user_id)
                continue
            risky.is_processing = True
            if user_id in self.never_done_user_ids:
                continue
            due = now + int(self._processing_time() * SECOND)
            known = frozenset(self._detections_of.get(user_id, ()))
            self._agenda.add(due, partial(self._finish, action, risky, known, due))

    def log_write(self, action: str, user_ids: Iterable[str], status: int) -> None:
        """Write down a write, accepted or refused."""
        self.writes.append(Write(moment(ticks(self.clock())), action, tuple(user_ids), status))

    def other_apps_take(self, rate: float) -> None:
        """Other apps call Identity Protection this often (requests a second at scale 1) and take slots of the
        budget that all apps share. 0 ends it.
        """
        self.other_apps_rate = rate

    def _processing_time(self) -> float:
        if isinstance(self.processing_seconds, tuple):
            return self._random.uniform(*self.processing_seconds)
        return self.processing_seconds

    def _appear(self, detection: Detection) -> None:
        self.detections.put(detection)
        self._detections_of.setdefault(detection.user_id, set()).add(detection.id)
        user = self.users.get(detection.user_id)
        if detection.risk_state != "atRisk" or (user is not None and user.is_external):
            return
        risky = self.risky_users.get(detection.user_id)
        if risky is None:
            if user is None:
                return
            risky = self._fresh_risky_user(user, detection.visible_at)
        if risky.risk_state == "atRisk":
            level = max(risky.risk_level, detection.risk_level, key=_LEVELS.index)
        else:
            level = detection.risk_level
        self._turn(risky, "atRisk", level, "none", detection.visible_at, (detection.risk_event_type,), None)

    def _fresh_risky_user(self, user: User, at: int) -> RiskyUser:
        risky = RiskyUser(user.id, user.user_principal_name, user.display_name, "none", "none", "none", at)
        self.risky_users.put(risky)
        return risky

    def _finish(self, action: RiskAction, risky: RiskyUser, known: frozenset[str], at: int) -> None:
        risky.is_processing = False
        if risky.is_deleted:
            return
        state, level, detail = _OUTCOMES[action]
        open_now = {found.id for found in self.detections_of(risky.id) if found.risk_state == "atRisk"}
        if action == "confirmSafe":
            for identifier in known & self._detections_of.get(risky.id, set()):
                self.detections.discard(identifier)
                self._detections_of[risky.id].discard(identifier)
        if action != "confirmCompromised" and open_now - known:
            return  # a detection came after the write: the risk stays
        self._close(risky, state, level, detail, at, "Countersign")
        if action == "confirmCompromised":
            self._add_confirmation(risky, at)

    def _add_confirmation(self, risky: RiskyUser, at: int) -> None:
        detection = Detection(
            id=self.new_id(),
            user_id=risky.id,
            user_principal_name=risky.user_principal_name,
            user_display_name=risky.user_display_name,
            risk_event_type="adminConfirmedUserCompromised",
            risk_level="high",
            detected_at=at,
            visible_at=at,
            updated_at=at,
            activity_at=at,
            risk_state="confirmedCompromised",
            risk_detail="adminConfirmedUserCompromised",
        )
        self.detections.put(detection)
        self._detections_of.setdefault(risky.id, set()).add(detection.id)

    def _close(self, risky: RiskyUser, state: str, level: str, detail: str, at: int, by: str | None) -> None:
        types = set()
        for detection in self.detections_of(risky.id):
            if detection.risk_state == "atRisk":
                detection.risk_state, detection.risk_detail, detection.updated_at = state, detail, at
                types.add(detection.risk_event_type)
        self._turn(risky, state, level, detail, at, tuple(sorted(types)), by)

    def _turn(
        self, risky: RiskyUser, state: str, level: str, detail: str, at: int, types: tuple[str, ...], by: str | None
    ) -> None:
        risky.risk_state, risky.risk_level, risky.risk_detail, risky.updated_at = state, level, detail, at
        risky.history.append(HistoryItem(f"{risky.id}{at}", at, level, state, detail, types, by))


def _now() -> datetime:
    return datetime.now(UTC)
