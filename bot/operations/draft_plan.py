"""Make a plan from what the tables hold now."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from bot.act.actions import CATALOGUE
from bot.decide.action import Action
from bot.decide.plan import HeldBackReason, Plan, count_reasons, make_plan
from bot.decide.refusal import Refusal
from bot.decide.request import RequestState
from bot.operations.judge_person import Refused
from bot.operations.tenant import Tenant
from bot.ports.slack import DialogChoice, RequestDialog
from bot.ports.store import Transaction
from bot.watch.briefing import Cohort, cohort_of
from bot.watch.profile import Profile
from bot.watch.risk import RiskyUser
from bot.watch.surge import Surge, SurgeState

FIRST_PEOPLE = 10
RECENT = 14 * 24 * 3600 * 1_000_000
"""Open detections this old still hold a user back (microseconds)."""


def refuse_asking(tx: Transaction, surge: Surge | None) -> Refused | None:
    """Why no request can be made for this surge now, as far as the tables tell."""
    if surge is None:
        return Refused(Refusal.OUT_OF_DATE)
    if surge.state is SurgeState.CLOSED:
        return Refused(Refusal.SURGE_CLOSED)
    if tx.watches.get(surge.tenant_id).risky_through is None:
        why = "they are being read at this moment"
        briefing = tx.briefings.latest(surge.tenant_id, surge.id)
        if briefing is not None and briefing.gaps:
            why = briefing.gaps[0].why
        return Refused(Refusal.NOT_READ_YET, why)
    for request in tx.requests.of_surge(surge.tenant_id, surge.id):
        if request.state is RequestState.PENDING:
            return Refused(Refusal.REQUEST_OPEN, f"<@{request.requester}> asked for it")
        run = tx.runs.of_request(surge.tenant_id, request.id)
        if run is not None and not run.state.is_over:
            return Refused(Refusal.RUN_ACTIVE)
    return None


def draft_plan(tx: Transaction, surge: Surge, action: Action, cohorts: Collection[Cohort], now: int) -> Plan:
    """The plan that this action and these cohorts give now."""
    return plan_for(tx, surge, read_people(tx, surge), action, cohorts, now)


@dataclass(frozen=True, slots=True)
class People:
    """The users of a surge with what was read of them, without their names."""

    user_ids: tuple[str, ...]
    risky: dict[str, RiskyUser]
    profiles: dict[str, Profile]


def read_people(tx: Transaction, surge: Surge) -> People:
    """Everybody in a surge. Tens of thousands on a bad day: read once and pass on."""
    users = tx.surges.users(surge.tenant_id, surge.id)
    return People(
        users,
        tx.directory.risky(surge.tenant_id, users, named=False),
        tx.directory.profiles(surge.tenant_id, users, named=False),
    )


def plan_for(
    tx: Transaction, surge: Surge, people: People, action: Action, cohorts: Collection[Cohort], now: int
) -> Plan:
    """The plan for people who were read already. now in microseconds UTC."""
    return make_plan(
        surge=surge,
        action=action,
        cohorts=cohorts,
        users=people.user_ids,
        detections=tx.detections.open_of_surge_users(surge, now - RECENT),
        risky=people.risky,
        profiles=people.profiles,
        made_at=now,
    )


def request_dialog(tx: Transaction, tenant: Tenant, surge: Surge, channel: str, now: int) -> RequestDialog:
    """What the requester sees before asking: everybody chosen, who is held back and why."""
    people = read_people(tx, surge)
    plan = plan_for(tx, surge, people, Action.CONFIRM_SAFE, tuple(Cohort), now)
    eligible = Counter(cohort_of(people.profiles.get(user_id)) for user_id in plan.user_ids)
    held_back = [held for held in plan.held_back if held.reason is not HeldBackReason.CLOSED]
    first = [held.user_id for held in held_back[:FIRST_PEOPLE]]
    profiles, risky = tx.directory.profiles(surge.tenant_id, first), tx.directory.risky(surge.tenant_id, first)
    named = []
    for held in held_back[:FIRST_PEOPLE]:
        profile, state = profiles.get(held.user_id), risky.get(held.user_id)
        name = profile.user_principal_name if profile else state.user_principal_name if state else held.user_id
        reason = f"{held.reason.value} ({held.detail})" if held.detail else held.reason.value
        named.append((name, reason))
    return RequestDialog(
        surge_id=surge.id,
        channel=channel,
        surge_name=surge.short_name,
        actions=tuple(CATALOGUE),
        choices=tuple(DialogChoice(cohort, eligible[cohort]) for cohort in Cohort if eligible[cohort]),
        held_back=count_reasons(held_back),
        held_back_people=tuple(named),
        eligible=len(plan.user_ids),
        approvals_needed=tenant.policy.approvals_needed,
        expires_in_seconds=tenant.policy.request_lifetime // 1_000_000,
    )
