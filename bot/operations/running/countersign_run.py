"""Let a run go on that a tripwire paused: with a new signature, on what is known now."""

import hashlib
from dataclasses import dataclass, replace

from bot.act.run import Run, RunState
from bot.decide.plan import CLEARS_RISK, Plan, read_plan
from bot.decide.policy import quorum_for
from bot.decide.refusal import Refusal, Refused
from bot.decide.request import Request
from bot.operations.approving.check_code import check_code
from bot.operations.approving.judge_person import named
from bot.operations.approving.judge_place import judge_place
from bot.operations.approving.judge_signer import Signer, judge_conflict, judge_signer, name_signers
from bot.operations.approving.open_signing_dialog import signing_dialog
from bot.operations.running.watch_tripwires import band_now, flagged_anew
from bot.operations.tenant import Tenant
from bot.ports.slack import Click, ClickKind, SigningDialog
from bot.store.transaction import Transaction
from bot.watch.evidence import Band


@dataclass(frozen=True, slots=True)
class Pause:
    """What it takes to let a run go on."""

    request: Request | None
    """The one whose run needs a new signature; None where it needs none."""
    dialog: SigningDialog | None = None
    """The one that asks for a one-time code, where the press is to open it."""


def look_at_pause(tx: Transaction, tenant: Tenant, click: Click) -> Pause | Refused:
    """What it takes, as the tables know it, and what they alone can refuse of a new signature."""
    run = tx.runs.run_by_id(tenant.id, click.subject_id)
    needs_signature = run is not None and run.state is RunState.PAUSED and run.needs_signature
    request = tx.requests.request_by_id(tenant.id, run.request_id) if run is not None and needs_signature else None
    if run is None or request is None:
        return Pause(None)
    if click.user_id == request.requester:
        return Refused(Refusal.OWN_REQUEST, name_signers(tenant, request, but=click.user_id))
    if click.kind is not ClickKind.RESUME or not _takes_code(tenant, request):
        return Pause(request)
    misplaced = judge_place(tx, tenant.id, click)
    if misplaced is not None:
        return misplaced
    if tx.codes.enrolment_of(click.user_id) is None:
        return Refused(Refusal.CODE_NOT_ENROLLED, click.user_id)
    dialog = signing_dialog(tx, click, request, code_required=True)
    return Pause(request, replace(dialog, paused_because=run.note, shown=_digest(run)))


async def judge_countersigner(tenant: Tenant, click: Click, request: Request) -> Signer | Refused:
    """Judge who would let it go on: where its request needed break glass, that takes somebody under break glass."""
    judged = await judge_signer(tenant, click, request)
    if isinstance(judged, Signer) and request.break_glass_needed and not judged.is_break_glass:
        return Refused(Refusal.NOT_BREAK_GLASS, named(tenant.policy.break_glass, but=click.user_id))
    return judged


def countersign(tx: Transaction, tenant: Tenant, click: Click, run: Run, signer: Signer) -> Run | Refused:
    """A new signature on what is known now: that does not touch the tripwire again. The code is used up last."""
    request = tx.requests.request_by_id(tenant.id, run.request_id)
    surge = tx.surges.surge_by_id(tenant.id, run.surge_id)
    if request is None or surge is None:
        return Refused(Refusal.OUT_OF_DATE)
    if click.kind is ClickKind.SUBMIT_GOING_ON and click.shown != _digest(run):
        return Refused(Refusal.TRY_AGAIN, "the run was paused for another reason meanwhile")
    plan = read_plan(tx.requests.plan_body(tenant.id, run.plan_hash))
    conflict = judge_conflict(tx, tenant, signer, plan=plan, requester_accounts=request.requester_accounts)
    if conflict is not None:
        return conflict
    band = band_now(tx, surge)
    if _asks_for_more(tenant, request, plan, band):
        return Refused(Refusal.MORE_FOR_GOING_ON, band)
    now = tenant.world.now()
    if click.code or _takes_code(tenant, request):
        refused = check_code(tx, tenant_id=tenant.id, user_id=click.user_id, code=click.code, at=now)
        if refused is not None:
            return refused
    return replace(run.resumed(now), band_known=band, flagged_known=len(flagged_anew(tx, plan, surge)))


def _takes_code(tenant: Tenant, request: Request) -> bool:
    return tenant.policy.codes_required or request.break_glass_needed > 0


def _digest(run: Run) -> str:
    """What a dialog shows of the pause."""
    return hashlib.sha256(f"{run.paused_because} {run.note} {run.flagged_known} {run.band_known}".encode()).hexdigest()


def _asks_for_more(tenant: Tenant, request: Request, plan: Plan, band: str) -> bool:
    """Whether the table asks for more signatures now than the run was approved with: one more is no way round it."""
    needed = quorum_for(
        tenant.policy,
        band=Band(band) if band in set(Band) else None,
        clears_risk=plan.action in CLEARS_RISK,
        kind=request.kind,
        releases=bool(plan.released),
    )
    return needed.approvals > request.approvals_needed or needed.break_glass > request.break_glass_needed
