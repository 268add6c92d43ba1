"""The second door: a click made on the host, by somebody whose one-time code is checked there and then.

The command only writes a row. A running bot carries it out like any other click, under the same policy.
"""

from bot.decide.action import Action
from bot.decide.plan import PlanSummary, read_plan, summarize
from bot.decide.refusal import Refusal, Refused
from bot.decide.request import Request, RequestState, Vote
from bot.operations.approving.check_code import check_code
from bot.operations.approving.host_answer import pack
from bot.ports.slack import Click, ClickKind
from bot.store.transaction import Transaction
from bot.watch.briefing import Cohort

NOBODY_CAME = "No running bot took it up"


def request_click(
    *, key: str, user_id: str, surge_id: str, action: Action, cohorts: tuple[Cohort, ...], reason: str
) -> Click:
    """Ask for a remediation."""
    return _click(
        key,
        ClickKind.SUBMIT_REQUEST,
        user_id,
        surge_id,
        action=action.value,
        cohorts=tuple(cohort.value for cohort in cohorts),
        reason=reason,
    )


def approve_click(*, key: str, user_id: str, request_id: str) -> Click:
    """Sign a request."""
    return _click(key, ClickKind.APPROVE, user_id, request_id)


def _click(
    key: str,
    kind: ClickKind,
    user_id: str,
    subject_id: str,
    *,
    action: str = "",
    cohorts: tuple[str, ...] = (),
    reason: str = "",
) -> Click:
    return Click(
        key=key,
        kind=kind,
        user_id=user_id,
        team_id="",
        channel="",
        message_ts="",
        thread_ts="",
        subject_id=subject_id,
        trigger_id="",
        response_url="",
        action=action,
        cohorts=cohorts,
        reason=reason,
        is_from_host=True,
    )


def keep_host_click(tx: Transaction, *, tenant_id: str, click: Click, code: str, at: int) -> Refused | None:
    """Check and use up the code, and keep the click for a running bot: both or neither. at in microseconds UTC."""
    refused = check_code(tx, tenant_id=tenant_id, user_id=click.user_id, code=code, at=at)
    if refused is None:
        tx.clicks.add_click(tenant_id, click, at, try_at=at)
    return refused


def take_back(tx: Transaction, click: Click, at: int) -> str:
    """Nobody came in time: the click is done, so that nothing happens behind anybody's back later. What came of it."""
    answer = tx.clicks.answer_to(click.key)
    if answer is None:
        tx.clicks.finish_click(click.key, at, answer=pack(f"{NOBODY_CAME}.", is_refused=True))
    return answer if answer is not None else pack(NOBODY_CAME, is_refused=True)


def find_pending(tx: Transaction, name: str) -> tuple[Request, ...]:
    """Pending requests by their own id, or by their surge's short name or id, in any tenant."""
    found = [
        request
        for surge in tx.surges.all_surges()
        for request in tx.requests.requests_of_surge(surge.tenant_id, surge.id)
    ]
    wanted = {surge.id for surge in tx.surges.surges_named(name)}
    return tuple(
        request
        for request in found
        if request.state is RequestState.PENDING and (request.id == name or request.surge_id in wanted)
    )


def what_is_signed(tx: Transaction, request: Request) -> tuple[PlanSummary, tuple[Vote, ...]]:
    """The plan in figures, and who signed already."""
    plan = summarize(read_plan(tx.requests.plan_body(request.tenant_id, request.plan_hash)))
    return plan, tx.requests.votes_on(request.tenant_id, request.id)


def code_is_needed(tx: Transaction, user_id: str) -> Refused | None:
    """Refuse whoever was never enrolled, before anybody is asked for a code."""
    return None if tx.codes.enrolment_of(user_id) else Refused(Refusal.CODE_NOT_ENROLLED, user_id)
