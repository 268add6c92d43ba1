"""What stories have in common when they are told: who signs in as usual, and what can be counted of it."""

from collections.abc import Sequence
from dataclasses import replace

from sim.tenant.directory import User
from sim.tenant.graph_time import ticks
from sim.tenant.people import DAY
from sim.tenant.sign_ins import BAD_CREDENTIALS, BLOCKED_BY_POLICY
from sim.tenant.stories.company import HOUR, Company
from sim.tenant.stories.ordinary import WEEK, Habits, Ordinary, is_working_day
from sim.tenant.tenant import Tenant
from sim.tenant.truth import Truth


def who_signs_in(company: Company, flagged: Sequence[User], services: Sequence[User]) -> list[User]:
    """Those flagged users who can sign in here: enabled, here, of this tenant, and people."""
    nobody = {company.deleted.id, *(user.id for user in services)}
    return [user for user in flagged if user.account_enabled and not user.is_external and user.id not in nobody]


def live_as_usual(
    company: Company, tenant: Tenant, people: Sequence[User], others: Sequence[User], truth: Truth
) -> Habits:
    """Fill the logs with what is ordinary; whence everybody comes."""
    habits = Habits([*company.users, company.deleted])
    start = ticks(truth.window_start)
    Ordinary(tenant, habits, people, [*company.demo, *others], start, company.now).fill()
    return habits


def _forecast(company: Company, habits: Habits, truth: Truth) -> frozenset[str]:
    """Whom the policies will stop on the next working morning (08:00 UTC), if they come as they did a week earlier."""
    day = company.now // DAY + (company.now % DAY >= 8 * HOUR)
    while not is_working_day(day):
        day += 1
    waiting = {one for one, reach in truth.reach_of.items() if reach in {"blocked", "stuck"}}
    waiting -= truth.blocked_user_ids | truth.stuck_user_ids
    return frozenset(one for one in waiting if habits.comes_on(one, day - 7))


def counted(company: Company, tenant: Tenant, habits: Habits, people: Sequence[User], truth: Truth) -> Truth:
    """The truth with what can be counted of flagged people's sign-ins, in the window and in the week before it."""
    start, ids = ticks(truth.window_start), {user.id for user in people}
    bad = risky = bad_before = risky_before = 0
    blocked: set[str] = set()
    for each in tenant.sign_ins.written(start - WEEK, company.now):
        if each.user_id not in ids:
            continue
        is_bad, is_risky = each.error_code in BAD_CREDENTIALS, each.risk.level != "none"
        if each.at >= start:
            bad, risky = bad + is_bad, risky + is_risky
        else:
            bad_before, risky_before = bad_before + is_bad, risky_before + is_risky
            if each.error_code == BLOCKED_BY_POLICY:
                blocked.add(each.user_id)
    working_days = [day for day in range((start - WEEK) // DAY + 1, start // DAY) if is_working_day(day)]
    return replace(
        truth,
        bad_credentials=bad,
        bad_credentials_before=bad_before,
        risky_sign_ins=risky,
        risky_sign_ins_before=risky_before,
        usually_blocked_user_ids=frozenset(blocked),
        worker_ids=frozenset(one for one in ids if any(habits.comes_on(one, day) for day in working_days)),
        forecast_user_ids=_forecast(company, habits, truth),
    )
