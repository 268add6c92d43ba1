"""Accounts as the use cases would make them, with the numbers of the case to keep in mind."""

from dataclasses import replace

from bot.act.outcome import OutcomeState
from bot.act.run import Run, RunState
from bot.decide.action import Action
from bot.decide.held_back import HeldBackReason
from bot.decide.plan import PlanSummary
from bot.decide.request import Request, RequestState, Verdict, Vote
from bot.record.account import RequestAccount, RunAccount, SurgeAccount
from bot.watch.briefing import Briefing, Cohort, Gap
from bot.watch.surge import Surge, SurgeState, short_name

SECOND = 1_000_000
HOUR = 3600 * SECOND
FOUR = 1_745_121_600 * SECOND  # 2025-04-20 04:00 UTC
SURGE, REQUEST, RUN = "5f" * 16, "a1" * 16, "b2" * 16
ADA, GRACE, LIN = "U0ADA000001", "U0GRACE0001", "U0LIN000001"
TENANT = "11111111-2222-3333-4444-555555555555"


def surge(**changes) -> Surge:
    plain = Surge(
        tenant_id=TENANT,
        id=SURGE,
        short_name=short_name(SURGE),
        detector_key="k",
        state=SurgeState.OPEN,
        opened_at=FOUR + HOUR,
        window_start=FOUR,
        window_end=FOUR + 5 * HOUR,
        ended_at=None,
        risk_event_types=("leakedCredentials",),
        users=1204,
        usual=0.3,
    )
    return replace(plain, **changes)


def briefing(**changes) -> Briefing:
    cohorts = {
        Cohort.CLOUD_ONLY: 412,
        Cohort.HYBRID: 310,
        Cohort.AD_FS: 96,
        Cohort.OKTA: 120,
        Cohort.PING: 31,
        Cohort.GUEST: 4,
    }
    plain = Briefing(
        surge_id=SURGE,
        revision=1,
        made_at=FOUR + 2 * HOUR,
        flagged=1204,
        at_risk=1190,
        cohorts=cohorts,
        passwordless=87,
        passwordless_unread=0,
        gaps=(),
    )
    return replace(plain, **changes)


def plan(users: int = 1180, held: int = 24, reason: HeldBackReason = HeldBackReason.OTHER_DETECTION) -> PlanSummary:
    reasons = ((reason.value, held),) if held else ()
    return PlanSummary(Action.CONFIRM_SAFE, (Cohort.CLOUD_ONLY, Cohort.HYBRID), users, reasons, already_closed=0)


def request(state: RequestState = RequestState.PENDING, **changes) -> Request:
    plain = Request(
        tenant_id=TENANT,
        id=REQUEST,
        surge_id=SURGE,
        plan_hash="c3" * 32,
        state=state,
        requester=ADA,
        requester_accounts=(),
        reason="Microsoft's own log told of it",
        approvals_needed=1,
        created_at=FOUR + 3 * HOUR,
        expires_at=FOUR + 7 * HOUR,
        settled_by=None if state in {RequestState.PENDING, RequestState.EXPIRED} else GRACE,
        settled_at=None if state is RequestState.PENDING else FOUR + 4 * HOUR,
    )
    return replace(plain, **changes)


def request_account(state: RequestState = RequestState.PENDING, *, run: RunAccount | None = None, **changes):
    approved = state is RequestState.APPROVED
    plain = RequestAccount(
        request=request(state),
        plan=plan(),
        votes=(Vote(GRACE, Verdict.APPROVE, FOUR + 4 * HOUR),) if approved else (),
        surge=surge(),
        run=run,
    )
    return replace(plain, **changes)


def run_account(state: RunState = RunState.RUNNING, *, verified: int = 744, planned: int = 1200, **changes):
    counts = dict.fromkeys(OutcomeState, 0)
    counts[OutcomeState.VERIFIED] = verified
    counts[OutcomeState.WAITING] = planned - verified
    run = Run(
        tenant_id=TENANT,
        id=RUN,
        request_id=REQUEST,
        surge_id=SURGE,
        plan_hash="c3" * 32,
        state=state,
        created_at=FOUR + 4 * HOUR,
        started_at=FOUR + 4 * HOUR,
        ended_at=FOUR + 5 * HOUR if state.is_over else None,
    )
    plain = RunAccount(
        run=run,
        action=Action.CONFIRM_SAFE,
        planned=planned,
        counts=counts,
        requester=ADA,
        signers=(GRACE,),
        signed_at=FOUR + 4 * HOUR,
        open_reasons=(),
    )
    return replace(plain, **changes)


def surge_account(**changes) -> SurgeAccount:
    plain = SurgeAccount(surge=surge(), briefing=briefing(), requests=(), watch_problem="")
    return replace(plain, **changes)


def after_run(state: RunState = RunState.DONE, *, surge_changes=None, briefing_changes=None, **run_changes):
    """A surge whose one request was run: 1,180 planned, all verified unless said otherwise."""
    run = run_account(state, **{"verified": 1180, "planned": 1180, **run_changes})
    return surge_account(
        surge=surge(**(surge_changes or {})),
        briefing=briefing(**(briefing_changes or {})),
        requests=(request_account(RequestState.APPROVED, run=run),),
    )


def gap(what: str, why: str = "needs AuditLog.Read.All") -> Gap:
    return Gap(what, why)
