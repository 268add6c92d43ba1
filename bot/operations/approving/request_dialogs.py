"""What people see before they ask: who is acted on, who is held back and why, how many must sign, what it will take."""

from collections import Counter
from datetime import UTC, datetime

from bot.act.actions import CATALOGUE
from bot.act.estimate import estimate
from bot.decide.action import Action
from bot.decide.held_back import HeldBackReason
from bot.decide.plan import CLEARS_RISK, HeldBack, Plan, count_reasons
from bot.decide.policy import groups_among
from bot.decide.refusal import Refusal, Refused
from bot.decide.request_kind import RequestKind
from bot.operations.approving.make_request import quorum_asked, users_acted_on
from bot.operations.approving.name_people import names_of
from bot.operations.briefing.current_band import current_band
from bot.operations.planning.draft_plan import People, plan_for, read_people
from bot.operations.planning.find_shortage import flagged_signers
from bot.operations.planning.known_signers import known_signers
from bot.operations.tenant import Tenant
from bot.ports.slack import DialogChoice, NamedUser, RecoveryDialog, ReleaseDialog, RequestDialog, WayBackDialog
from bot.store.transaction import Transaction
from bot.watch.briefing import Cohort, cohort_of
from bot.watch.durations import SECOND
from bot.watch.surge import Surge

FIRST_PEOPLE = 10
MOST_OPTIONS = 100
"""Slack's select takes no more."""
MOST_RUNS = 20


def request_dialog(
    tx: Transaction, tenant: Tenant, surge: Surge, channel: str, now: int, action: Action = Action.CONFIRM_SAFE
) -> RequestDialog:
    """Everybody chosen, for this action: who is eligible by cohort, who is held back and why."""
    people = read_people(tx, surge, tenant.policy)
    plan = plan_for(tx, surge, people, action, tuple(Cohort), now)
    held_back = [held for held in plan.held_back if held.reason is not HeldBackReason.CLOSED]
    quorum = quorum_asked(tx, tenant.policy, surge, action, RequestKind.SURGE)
    band = current_band(tx, surge.tenant_id, surge.id)
    return RequestDialog(
        surge_id=surge.id,
        channel=channel,
        surge_name=surge.short_name,
        actions=tuple(CATALOGUE),
        choices=_choices(people, plan),
        held_back=count_reasons(held_back),
        held_back_people=_first_named(tx, surge, held_back),
        eligible=len(plan.user_ids),
        approvals_needed=quorum.approvals,
        expires_in_seconds=tenant.policy.request_lifetime // SECOND,
        action=action,
        break_glass_needed=quorum.break_glass,
        evidence=band.value if band else "",
        gaps=plan.gaps,
        already_closed=len(plan.held_back) - len(held_back),
        can_release=any(held.reason.rules.is_releasable for held in held_back),
        takes=_takes(tenant, action, len(plan.user_ids), len(plan.user_ids) + len(held_back)),
    )


def _choices(people: People, plan: Plan) -> tuple[DialogChoice, ...]:
    eligible = Counter(cohort_of(people.profiles.get(user_id)) for user_id in plan.user_ids)
    return tuple(DialogChoice(cohort, eligible[cohort]) for cohort in Cohort if eligible[cohort])


def _takes(tenant: Tenant, action: Action, users: int, at_risk: int) -> str:
    pace = 1 / max(tenant.graph.slot_seconds(), 0.001)
    return str(estimate(action, users=users, at_risk=at_risk, calls_a_second=pace)) if users else ""


def _first_named(tx: Transaction, surge: Surge, held_back: list[HeldBack]) -> tuple[tuple[str, str], ...]:
    """The first few with their names: those who may be released first, for they are the ones to decide on."""
    shown = sorted(held_back, key=lambda held: not held.reason.rules.is_releasable)[:FIRST_PEOPLE]
    names = names_of(tx, surge.tenant_id, [held.user_id for held in shown])
    return tuple((names[held.user_id], _fact(held)) for held in shown)


def _fact(held: HeldBack) -> str:
    return f"{held.reason.value} ({held.detail})" if held.detail else held.reason.value


def release_dialog(tx: Transaction, tenant: Tenant, surge: Surge, channel: str, now: int) -> ReleaseDialog | Refused:
    """Whoever is held back by something that they can be released from."""
    plan = plan_for(tx, surge, read_people(tx, surge, tenant.policy), Action.CONFIRM_SAFE, tuple(Cohort), now)
    held_back = [held for held in plan.held_back if held.reason.rules.is_releasable]
    if not held_back:
        return Refused(Refusal.NOTHING_TO_DO)
    names = names_of(tx, surge.tenant_id, [held.user_id for held in held_back[:MOST_OPTIONS]])
    quorum = quorum_asked(tx, tenant.policy, surge, Action.CONFIRM_SAFE, RequestKind.RELEASE)
    return ReleaseDialog(
        surge_id=surge.id,
        channel=channel,
        surge_name=surge.short_name,
        actions=tuple(CATALOGUE),
        people=tuple(NamedUser(held.user_id, names[held.user_id], _fact(held)) for held in held_back[:MOST_OPTIONS]),
        more=max(0, len(held_back) - MOST_OPTIONS),
        approvals_needed=quorum.approvals,
        break_glass_needed=quorum.break_glass,
        expires_in_seconds=tenant.policy.request_lifetime // SECOND,
    )


def _actions(kind: RequestKind) -> tuple[Action, ...]:
    return tuple(each for each in CATALOGUE if kind.rules.may_ask_for(clears_risk=each in CLEARS_RISK))


def recovery_dialog(tx: Transaction, tenant: Tenant, surge: Surge, channel: str) -> RecoveryDialog | Refused:
    """The flagged signers of this surge."""
    flagged = flagged_signers(tx, surge)
    if not flagged:
        return Refused(Refusal.NOTHING_TO_DO)
    names = names_of(tx, surge.tenant_id, flagged)
    listed = known_signers(tx, surge.tenant_id)
    known = {account: each.user_id for each in listed.people for account in each.accounts}
    glass = tuple(each.user_id for each in listed.people if each.is_break_glass)
    quorum = quorum_asked(tx, tenant.policy, surge, Action.CONFIRM_SAFE, RequestKind.RECOVERY)
    return RecoveryDialog(
        surge_id=surge.id,
        channel=channel,
        surge_name=surge.short_name,
        actions=_actions(RequestKind.RECOVERY),
        people=tuple(
            NamedUser(each, names[each], f"signs as {known.get(each, 'somebody')}") for each in flagged[:MOST_OPTIONS]
        ),
        most=RequestKind.RECOVERY.rules.most_named,
        approvals_needed=quorum.approvals,
        break_glass=glass or tuple(each for each in tenant.policy.break_glass if not groups_among([each])),
        expires_in_seconds=tenant.policy.request_lifetime // SECOND,
    )


def way_back_dialog(tx: Transaction, tenant: Tenant, surge: Surge, channel: str) -> WayBackDialog | Refused:
    """The runs of this surge that acted on anybody, newest first."""
    runs: list[tuple[str, str]] = []
    for request in reversed(tx.requests.requests_of_surge(surge.tenant_id, surge.id)):
        run = tx.runs.run_of_request(surge.tenant_id, request.id)
        if run is None or len(runs) == MOST_RUNS:
            continue
        acted_on = users_acted_on(tx, surge.tenant_id, run.id)
        if acted_on:
            runs.append(
                (run.id, f"{len(acted_on):,} users of the run {run.state.value}, signed {_utc(run.created_at)}")
            )
    if not runs:
        return Refused(Refusal.NOTHING_TO_DO)
    action = Action.CONFIRM_COMPROMISED
    return WayBackDialog(
        surge_id=surge.id,
        channel=channel,
        surge_name=surge.short_name,
        actions=_actions(RequestKind.WAY_BACK),
        runs=tuple(runs),
        approvals_needed=quorum_asked(tx, tenant.policy, surge, action, RequestKind.WAY_BACK).approvals,
        expires_in_seconds=tenant.policy.request_lifetime // SECOND,
    )


def _utc(at: int) -> str:
    return f"{datetime.fromtimestamp(at / SECOND, UTC):%Y-%m-%d %H:%M} UTC"
