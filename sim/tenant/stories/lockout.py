"""What being flagged does to people: the policies on user risk, who is blocked, who is stuck, who can self-remediate.

People are flagged when Graph shows it, and blocked from then on. After now they go on trying; what each meets then is
judged by what is true then.
"""

import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from sim.tenant import deeds
from sim.tenant.access_policies import AccessPolicy
from sim.tenant.audits import CHANGED_PASSWORD, REGISTERED_METHOD, RESET_BY_ADMIN
from sim.tenant.directory import REGISTRATION, User
from sim.tenant.graph_time import SECOND, moment
from sim.tenant.people import DAY, PROVIDERS
from sim.tenant.risk import Detection
from sim.tenant.roles import Group
from sim.tenant.sign_ins import (
    BLOCKED_HOME_RISK,
    BLOCKED_HOME_RISK_LOGGED,
    BLOCKING,
    PASSWORD_CHANGE_DEMANDED,
    PROMPTING,
    PROOF_UP_BLOCKED,
    SUCCESS,
    AppliedPolicy,
    SignIn,
)
from sim.tenant.stories.ordinary import Habits, minutes
from sim.tenant.tenant import Tenant
from sim.tenant.truth import Truth

BLOCK, CHANGE = "Block sign-in at high user risk", "Change the password at high user risk"
PILOT, EMERGENCY = "Pilot of self-service", "Emergency access"
_PILOT_SHARE = 8
"""One member in so many."""
_TRYING = 0.24
_MOST_TRIES = 4
GOING_ON_MINUTES = 15.0


@dataclass(slots=True)
class LockOut:
    """The flag and its consequences for one tenant."""

    tenant: Tenant
    habits: Habits
    people: Sequence[User]
    """Flagged users who can sign in here."""
    guests: Sequence[User]
    """Flagged users whose risk is in another tenant."""
    remediated: Sequence[User]
    """Those who changed their password, as a policy forced them to."""
    surge: Sequence[Detection]
    """What flags each of them: when Graph begins to show it, and how high the risk is."""
    now: int
    seed: int
    tried: list[SignIn] = field(default_factory=list)
    """The sign-ins by now that met the flag."""
    helped: list[User] = field(default_factory=list)
    block: AccessPolicy = field(init=False)
    change: AccessPolicy = field(init=False)
    visible_at: dict[str, int] = field(init=False)
    level_of: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.visible_at = visible_from(self.surge)
        self.level_of = {detection.user_id: detection.risk_level for detection in self.surge}

    def come(self, helpers: Sequence[User], emergency: Iterable[User], *, going_on: bool) -> None:
        """Let it happen. `helpers` are the people of the help desk; `going_on`: whether people go on trying."""
        chance = random.Random(f"lock-out {self.seed}")  # noqa: S311 - a story, not a secret
        self.block, self.change = self._policies(emergency)
        for user in self.people:
            if user not in self.remediated and self._is_flagged(user) and chance.random() < _TRYING:
                self._try(user, chance)
        for user, code in zip(self.guests, (BLOCKED_HOME_RISK, BLOCKED_HOME_RISK_LOGGED), strict=False):
            if self._is_flagged(user):
                self._sign_in(user, self._later(user, chance), code)
        for user in self.remediated:
            self._remediate(user)
        self._help(chance, helpers)
        self.tenant.sign_ins.extend(self.tried)
        if going_on:
            self._go_on(chance)

    def new_phones(self, users: Sequence[User]) -> None:
        """A few register a new method after the flag, each from where they always come."""
        for user in users:
            at = min(self.visible_at[user.id] + minutes(9), self.now)
            by = deeds.person(user, self.habits.address(user.id))
            deeds.audit(self.tenant, at, REGISTERED_METHOD, by, [deeds.target(user)])

    def told(self, truth: Truth) -> Truth:
        """The truth with who was blocked, stuck and helped."""
        blocked = [each for each in self.tried if each.error_code in BLOCKING]
        got_in = {each.user_id for each in self.tried if each.error_code == SUCCESS}
        stuck = {each.user_id for each in self.tried if each.error_code in PROMPTING} - got_in
        return replace(
            truth,
            blocked_user_ids=frozenset(each.user_id for each in blocked),
            blocked_sign_ins=len(blocked),
            blocked_since=moment(min(each.at for each in blocked)) if blocked else None,
            stuck_user_ids=frozenset(stuck),
            remediated_user_ids=frozenset(user.id for user in self.remediated),
            helped_user_ids=frozenset(user.id for user in self.helped),
            reach_of={user.id: self.reach(user) for user in self.people if user not in self.remediated},
        )

    def reach(self, user: User) -> str:
        """What the policies do to a user at risk: blocked, can self-remediate, stuck, untouched."""
        if self._acts(self.block, user):
            return "blocked"
        if not self._acts(self.change, user):
            return "untouched"
        is_able = REGISTRATION["isMfaCapable"](user) and REGISTRATION["isSsprCapable"](user)
        is_cloudy = user.domain not in PROVIDERS and (not user.synced or self.tenant.hybrid.password_writeback)
        return "can self-remediate" if is_able and is_cloudy else "stuck"

    def _acts(self, policy: AccessPolicy, user: User) -> bool:
        return self.level_of[user.id] in policy.user_risk_levels and deeds.covers(self.tenant, policy, user)

    def _policies(self, emergency: Iterable[User]) -> tuple[AccessPolicy, AccessPolicy]:
        tenant = self.tenant
        chosen = {user.id for user in tenant.users if not user.is_external and _lot(user.id, _PILOT_SHARE)}
        chosen |= {user.id for user in self.remediated}
        pilot, spare = _group(PILOT, chosen), _group(EMERGENCY, {user.id for user in emergency})
        created = self.now - 300 * DAY
        block = AccessPolicy(
            _id(BLOCK),
            BLOCK,
            created,
            user_risk_levels=("high",),
            exclude_users=("GuestsOrExternalUsers",),
            exclude_groups=(pilot.id, spare.id),
        )
        change = AccessPolicy(
            _id(CHANGE),
            CHANGE,
            created,
            user_risk_levels=("high",),
            controls=("mfa", "passwordChange"),
            operator="AND",
            include_users=(),
            include_groups=(pilot.id,),
        )
        for group in (pilot, spare):
            tenant.groups.put(group)
        for policy in (block, change):
            tenant.access_policies.put(policy)
        return block, change

    def _try(self, user: User, chance: random.Random) -> None:
        reach = self.reach(user)
        if reach == "blocked":
            for _ in range(chance.randint(1, _MOST_TRIES)):
                self._sign_in(user, self._later(user, chance), deeds.code_of(self.block), self.block)
        if reach == "stuck":
            has_second_factor = REGISTRATION["isMfaRegistered"](user)
            code = PASSWORD_CHANGE_DEMANDED if has_second_factor else PROOF_UP_BLOCKED
            self._sign_in(user, self._later(user, chance), code, self.change)

    def _remediate(self, user: User) -> None:
        """Asked for a new password, they set one, and get in."""
        closed_at = self.tenant.risky_users[user.id].updated_at
        self._sign_in(user, closed_at - minutes(2), PASSWORD_CHANGE_DEMANDED, self.change)
        by = deeds.person(user, self.habits.address(user.id))
        deeds.audit(self.tenant, closed_at, CHANGED_PASSWORD, by, [deeds.target(user)])
        user.password_changed_at = closed_at
        self._sign_in(user, min(closed_at + minutes(1), self.now), SUCCESS)

    def _help(self, chance: random.Random, helpers: Sequence[User]) -> None:
        """The help desk sets some new passwords on premises; that alone doesn't close the risk."""
        blocked = {each.user_id for each in self.tried if each.error_code in BLOCKING}
        hybrid = [user for user in self.people if user.id in blocked and user.synced and user.domain not in PROVIDERS]
        for user in hybrid[:: max(1, len(hybrid) // max(1, len(self.people) // 50))]:
            helper, at = chance.choice(helpers), self._later(user, chance)
            by = deeds.person(helper, self.habits.address(helper.id))
            deeds.audit(self.tenant, at, RESET_BY_ADMIN, by, [deeds.target(user)])
            user.password_changed_at = at
            self.helped.append(user)

    def _go_on(self, chance: random.Random) -> None:
        for user in self.people:
            if chance.random() < _TRYING:
                at = max(self.now, self.visible_at[user.id]) + minutes(chance.uniform(0.1, GOING_ON_MINUTES))
                deeds.foresee_sign_in(self.tenant, user.id, at, self.habits.address(user.id))

    def _is_flagged(self, user: User) -> bool:
        return self.visible_at[user.id] < self.now - 2 * SECOND

    def _later(self, user: User, chance: random.Random) -> int:
        """Some instant after a user's flag, and before now."""
        return chance.randrange(self.visible_at[user.id] + SECOND, self.now)

    def _sign_in(self, user: User, at: int, code: int, policy: AccessPolicy | None = None) -> None:
        address, place = self.habits.address(user.id), self.habits.place(user.id)
        applied: tuple[AppliedPolicy, ...] = () if policy is None else (deeds.applied(policy),)
        number = self.tenant.sign_ins.next_number()
        self.tried.append(SignIn(number, at, user.id, address, code, place, policies=applied))


def visible_from(surge: Iterable[Detection]) -> dict[str, int]:
    """When the surge's detection of each user can be seen."""
    return {detection.user_id: detection.visible_at for detection in surge}


def _lot(user_id: str, share: int) -> bool:
    return int(user_id[:4], 16) % share == 0


def _group(name: str, member_ids: set[str]) -> Group:
    return Group(_id(name), name, member_ids)


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
