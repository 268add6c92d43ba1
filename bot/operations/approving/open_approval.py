"""Approve was pressed: whoever has a one-time code gets a dialog with a field for it; anybody else signs at once."""

from bot.decide.plan import read_plan
from bot.decide.refusal import Refused
from bot.decide.request import Request, Verdict
from bot.operations.approving.cast_vote import cast_vote, judge_by_tables
from bot.operations.approving.open_signing_dialog import open_signing_dialog
from bot.operations.tenant import Tenant
from bot.ports.slack import Click, ClickKind, SigningDialog
from bot.store.transaction import Transaction


async def press_approve(tenant: Tenant, click: Click) -> Refused | None:
    """Sign, or open the dialog that signs. A host's click carries its proof already."""
    if click.is_from_host:
        return await cast_vote(tenant, click, Verdict.APPROVE)
    asked = await tenant.store.look(lambda tx: _ask(tx, tenant, click))
    if isinstance(asked, Refused):
        return asked
    if asked is None:
        return await cast_vote(tenant, click, Verdict.APPROVE)
    return await open_signing_dialog(tenant, click, *asked)


def _ask(tx: Transaction, tenant: Tenant, click: Click) -> tuple[Request, SigningDialog] | Refused | None:
    """The dialog for somebody who is enrolled; None for whoever is not."""
    request = judge_by_tables(tx, tenant, click)
    if isinstance(request, Refused) or tx.codes.enrolment_of(click.user_id) is None:
        return request if isinstance(request, Refused) else None
    surge = tx.surges.surge_by_id(tenant.id, request.surge_id)
    plan = read_plan(tx.requests.plan_body(tenant.id, request.plan_hash))
    dialog = SigningDialog(
        submits=ClickKind.SUBMIT_APPROVAL,
        subject_id=request.id,
        channel=click.channel,
        opened_by=click.key,
        surge_name=surge.short_name if surge else "",
        action=plan.action,
        users=len(plan.user_ids),
        requester=request.requester,
        reason=request.reason,
        code_required=tenant.policy.codes_required or request.kind.rules.only_break_glass,
    )
    return request, dialog
