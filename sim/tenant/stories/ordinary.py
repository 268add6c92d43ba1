"""What is ordinary in the company: who signs in, whence and when, what fails, what is changed, which apps and rules.

A week before the story is in the logs. What succeeds is made up only when somebody looks at that day; what fails is
spread evenly over each day, at a rate that is the same for those who will be flagged and for all others.
"""

import random
import uuid
from collections.abc import Iterator, Sequence
from functools import partial

from sim.tenant import deeds
from sim.tenant.access_policies import REPORT_ONLY, AccessPolicy
from sim.tenant.announcements import HealthIssue, ServiceMessage
from sim.tenant.audits import CHANGED_PASSWORD, CONSENT, REGISTERED_METHOD, Target
from sim.tenant.directory import User
from sim.tenant.graph_time import SECOND
from sim.tenant.people import DAY
from sim.tenant.roles import BUILT_IN
from sim.tenant.service_principals import MICROSOFT, ServicePrincipal
from sim.tenant.sign_ins import (
    BAD_PASSWORD,
    BLOCKED_BY_POLICY,
    LOCKED_OUT,
    AppliedPolicy,
    Place,
    SignIn,
    SignInRisk,
)
from sim.tenant.stories.company import HOUR
from sim.tenant.tenant import Tenant

DAYS = 8
WEEK = 7 * DAY
WORKING_DAYS = 5
_MONDAY = 3
"""1970-01-01 was a Thursday."""
_WORKERS, _PRESENT, _ON_WEEKENDS = 75, 90, 8
_STRONG_AUTHENTICATION = 50074
_PLACES = (
    Place("Oslo", "Oslo", "NO", 59.91, 10.75),
    Place("Hamburg", "Hamburg", "DE", 53.55, 9.99),
    Place("Austin", "Texas", "US", 30.27, -97.74),
    Place("Nairobi", "Nairobi", "KE", -1.29, 36.82),
)
_RISKY = SignInRisk("low", "atRisk", ("unfamiliarFeatures",), "low")
_MICROSOFT_APPS = (
    "Microsoft Graph",
    "Office 365 Exchange Online",
    "Office 365 SharePoint Online",
    "Microsoft Teams Services",
    "Windows Azure Active Directory",
    "Microsoft Intune",
    "Microsoft Azure SyncFabric",
    "Azure Portal",
)
SYNC_FABRIC = "Microsoft Azure SyncFabric"


class Habits:
    """Whence each person comes, and on which days. Every person has one address, and no two the same one."""

    def __init__(self, users: Sequence[User]) -> None:
        self._number = {user.id: number for number, user in enumerate(users)}

    def address(self, user_id: str) -> str:
        """The address from which a person usually comes."""
        number = self._number[user_id]
        return f"198.{18 + (number >> 16)}.{number >> 8 & 0xFF}.{number & 0xFF}"

    def place(self, user_id: str) -> Place:
        """Where that is."""
        return _PLACES[self._number[user_id] % len(_PLACES)]

    def comes_on(self, user_id: str, day: int) -> bool:
        """Whether a person signs in on this day, counted since 1970-01-01 UTC."""
        mixed = self._number[user_id] * 2_654_435_761 & 0xFFFFFFFF
        if (mixed >> 8) % 100 >= _WORKERS:
            return False
        presence = _PRESENT if is_working_day(day) else _ON_WEEKENDS
        return (mixed ^ day * 40_503) * 2_246_822_519 % 1_000_003 % 100 < presence


def is_working_day(day: int) -> bool:
    """Whether a day, counted since 1970-01-01 UTC, is one from Monday to Friday."""
    return (day + _MONDAY) % 7 < WORKING_DAYS


class Ordinary:
    """Fills a tenant's logs and lists with what is usual, up to now."""

    def __init__(
        self, tenant: Tenant, habits: Habits, flagged: Sequence[User], others: Sequence[User], start: int, now: int
    ) -> None:
        """flagged, others: people who can sign in here; `start` is the surge's first instant."""
        self._tenant = tenant
        self._habits = habits
        self._flagged, self._others = flagged, others
        self._start, self._now = start, now
        self._chance = random.Random(f"ordinary {tenant.id}")  # noqa: S311 - a story, not a secret

    def fill(self) -> None:
        """Do it all."""
        self._lists()
        today = self._now // DAY
        for day in range(today - DAYS, today + 1):
            first, last = day * DAY, min((day + 1) * DAY - 1, self._now)
            self._tenant.sign_ins.promise(first, last, partial(self._successes, day))
            for pool in (self._flagged, self._others):
                self._fail(pool, day)
                self._change(pool, day)

    def _successes(self, day: int) -> Iterator[SignIn]:
        """The sign-ins of a day that went well; of flagged people only those before the surge."""
        chance = random.Random(f"day {day}")  # noqa: S311 - a story, not a secret
        tenant, habits = self._tenant, self._habits
        for pool, until in ((self._flagged, self._start), (self._others, self._now + 1)):
            for user in pool:
                if habits.comes_on(user.id, day):
                    at = day * DAY + 7 * HOUR + int(chance.random() * 3 * HOUR)
                    if at < until:
                        number = tenant.sign_ins.next_number()
                        yield SignIn(number, at, user.id, habits.address(user.id), place=habits.place(user.id))

    def _fail(self, pool: Sequence[User], day: int) -> None:
        policy = next(each for each in self._tenant.access_policies if each.display_name == COUNTRIES)
        blocked = (AppliedPolicy(policy.id, policy.display_name, ("block",), "failure"),)
        size = len(pool)
        for at in self._moments(day, max(6, size // 50)):
            self._sign_in(pool, at, BAD_PASSWORD)
        for at in self._moments(day, size // 1000):
            self._sign_in(pool, at, LOCKED_OUT)
        for at in self._moments(day, max(6, size // 300)):
            self._sign_in(pool, at, _STRONG_AUTHENTICATION, risk=_RISKY)
        for at in self._moments(day, max(6, size // 250)):
            if pool is self._others or not self._is_in_the_window(at):
                self._sign_in(pool, at, BLOCKED_BY_POLICY, policies=blocked)

    def _change(self, pool: Sequence[User], day: int) -> None:
        for activity, rate in ((REGISTERED_METHOD, 1000), (CHANGED_PASSWORD, 1000), (CONSENT, 3000)):
            for at in self._moments(day, max(1, len(pool) // rate)):
                if pool is self._others or at < self._start:
                    self._audit(pool, at, activity)

    def _is_in_the_window(self, at: int) -> bool:
        """Whether an instant is in the surge or in the same hours a week earlier: there, what blocks the flagged is
        the surge's alone.
        """
        return at >= self._start or self._start - WEEK <= at <= self._now - WEEK

    def _moments(self, day: int, number: int) -> Iterator[int]:
        """So many instants of a day, evenly spread with some play, up to now."""
        for index in range(number):
            at = day * DAY + int((index + self._chance.random()) / number * DAY)
            if at <= self._now:
                yield at

    def _sign_in(
        self,
        pool: Sequence[User],
        at: int,
        code: int,
        *,
        risk: SignInRisk = SignInRisk(),  # noqa: B008 - an immutable value
        policies: tuple[AppliedPolicy, ...] = (),
    ) -> None:
        user, sign_ins = self._chance.choice(pool), self._tenant.sign_ins
        address, place = self._habits.address(user.id), self._habits.place(user.id)
        sign_ins.add(SignIn(sign_ins.next_number(), at, user.id, address, code, place, risk=risk, policies=policies))

    def _audit(self, pool: Sequence[User], at: int, activity: str) -> None:
        user = self._chance.choice(pool)
        target = deeds.target(user) if activity != CONSENT else Target(self._tenant.id, "ServicePrincipal", "Trello")
        deeds.audit(self._tenant, at, activity, deeds.person(user, self._habits.address(user.id)), [target])

    def _lists(self) -> None:
        tenant, long_ago = self._tenant, self._start - 200 * DAY
        for name in _MICROSOFT_APPS:
            tenant.service_principals.put(app_named(name))
        for name in ("Payroll", "Trello", "Travel desk"):
            tenant.service_principals.put(app_named(name, owner=tenant.id))
        admins = tuple(role.id for role in BUILT_IN if role.is_privileged)
        for policy in (
            AccessPolicy(_id(COUNTRIES), COUNTRIES, long_ago),
            AccessPolicy(
                _id(ADMINS), ADMINS, long_ago, controls=("mfa",), include_users=("None",), include_roles=admins
            ),
            AccessPolicy(
                _id(TRIAL),
                TRIAL,
                long_ago,
                state=REPORT_ONLY,
                sign_in_risk_levels=("medium", "high"),
                controls=("mfa",),
            ),
        ):
            tenant.access_policies.put(policy)
        tenant.health_issues.put(
            HealthIssue(
                "EX1054821",
                "Some users' mail arrives late",
                "Mail from outside may arrive with a delay.",
                self._start - 6 * DAY,
                self._start - 5 * DAY,
                service="Exchange Online",
                feature="E-Mail timely delivery",
                ended_at=self._start - 5 * DAY,
            )
        )
        tenant.service_messages.put(
            ServiceMessage(
                "MC1056112",
                "Microsoft Teams: a new look of the chat list",
                "<p>The chat list will look different.</p>",
                self._start - 9 * DAY,
                self._start - 9 * DAY,
                services=("Microsoft Teams",),
            )
        )


COUNTRIES = "Block sign-ins from outside our countries"
ADMINS = "Require multifactor authentication for admins"
TRIAL = "Trial: multifactor authentication for risky sign-ins"


def app_named(name: str, *, owner: str = MICROSOFT, app_id: str | None = None) -> ServicePrincipal:
    """An app whose ids follow from its name."""
    return ServicePrincipal(_id(f"principal {name}"), app_id or _id(f"app {name}"), name, owner)


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def minutes(number: float) -> int:
    """Ticks of so many minutes."""
    return int(number * 60 * SECOND)
