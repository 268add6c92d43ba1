"""Make a plan from what the tables hold now."""

from collections import Counter
from collections.abc import Collection, Iterable

from bot.act.actions import CATALOGUE
from bot.decide.action import Action
from bot.decide.plan import HeldBack, HeldBackReason, Plan, make_plan
from bot.decide.refusal import Refusal
from bot.decide.request import RequestState
from bot.operations.judge_person import Refused
from bot.operations.tenant import Tenant
from bot.ports.slack import DialogChoice, RequestDialog
from bot.ports.store import Transaction
from bot.watch.briefing import Cohort, cohort_of
from bot.watch.surge import Surge, SurgeState

FIRST_PEOPLE = 10
RECENT = 14 * 24 * 3600 * 1_000_000
"""Open detections this old still hold a user back (microseconds)."""


def reasons(held_back: Iterable[HeldBack]) -> tuple[tuple[str, int], ...]:
    """Why, with how many, most first."""
    return tuple(Counter(held.reason.value for held in held_back).most_common())


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
    users = tx.surges.users(surge.tenant_id, surge.id)
    return make_plan(
        surge=surge,
        action=action,
        cohorts=cohorts,
        users=users,
        detections=tx.detections.of_users(surge.tenant_id, users, now - RECENT),
        risky=tx.directory.risky(surge.tenant_id, users),
        profiles=tx.directory.profiles(surge.tenant_id, users),
        made_at=now,
    )


def request_dialog(tx: Transaction, tenant: Tenant, surge: Surge, channel: str, now: int) -> RequestDialog:
    """What the requester sees before asking: everybody chosen, who is held back and why."""
    plan = draft_plan(tx, surge, Action.CONFIRM_SAFE, tuple(Cohort), now)
    users = tx.surges.users(surge.tenant_id, surge.id)
    profiles = tx.directory.profiles(surge.tenant_id, users)
    eligible = Counter(cohort_of(profiles.get(user_id)) for user_id in plan.user_ids)
    held_back = [held for held in plan.held_back if held.reason is not HeldBackReason.CLOSED]
    risky = tx.directory.risky(surge.tenant_id, [held.user_id for held in held_back])
    people = []
    for held in held_back[:FIRST_PEOPLE]:
        profile, state = profiles.get(held.user_id), risky.get(held.user_id)
        name = profile.user_principal_name if profile else state.user_principal_name if state else held.user_id
        reason = f"{held.reason.value} ({held.detail})" if held.detail else held.reason.value
        people.append((name, reason))
    return RequestDialog(
        surge_id=surge.id,
        channel=channel,
        surge_name=surge.short_name,
        actions=tuple(CATALOGUE),
        choices=tuple(DialogChoice(cohort, eligible[cohort]) for cohort in Cohort if eligible[cohort]),
        held_back=reasons(held_back),
        held_back_people=tuple(people),
        eligible=len(plan.user_ids),
        approvals_needed=tenant.policy.approvals_needed,
        expires_in_seconds=tenant.policy.request_lifetime // 1_000_000,
    )
