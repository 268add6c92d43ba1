"""The dialog that says what is signed and has a field for the one-time code."""

from dataclasses import replace

from bot.decide.plan import read_plan
from bot.decide.policy import Who
from bot.decide.refusal import Refusal, Refused, explain
from bot.decide.request import Request
from bot.operations.approving.judge_person import judge_lists
from bot.operations.approving.judge_signer import is_on_break_glass_list, not_listed
from bot.operations.tenant import Tenant
from bot.ports.slack import Click, ClickKind, PlainDialog, SigningDialog, SlackError
from bot.store.transaction import Transaction


def signing_dialog(tx: Transaction, click: Click, request: Request, *, code_required: bool) -> SigningDialog:
    """What a press asks somebody to sign. Its submission is the kind that the press leads to."""
    surge = tx.surges.surge_by_id(request.tenant_id, request.surge_id)
    plan = read_plan(tx.requests.plan_body(request.tenant_id, request.plan_hash))
    return SigningDialog(
        submits=ClickKind.SUBMIT_GOING_ON if click.kind is ClickKind.RESUME else ClickKind.SUBMIT_APPROVAL,
        subject_id=click.subject_id,
        channel=click.channel,
        opened_by=click.key,
        surge_name=surge.short_name if surge else "",
        action=plan.action,
        users=len(plan.user_ids),
        requester=request.requester,
        reason=request.reason,
        code_required=code_required,
    )


async def open_signing_dialog(
    tenant: Tenant, click: Click, request: Request, dialog: SigningDialog, *, only_break_glass: bool = False
) -> Refused | None:
    """Open at once, for a trigger lives three seconds; fill when the lists were read. The submission judges anew."""
    allowed = tenant.policy.allowed(Who.SIGNERS, request)
    who_else = not_listed(request.kind)
    if only_break_glass:
        allowed, who_else = tenant.policy.break_glass, Refusal.NOT_BREAK_GLASS
    try:
        view_id = await tenant.slack.open_dialog(click.trigger_id)
    except SlackError as problem:
        return Refused(Refusal.TRY_AGAIN, f"Slack did not open the dialog ({problem.code})")
    person = await judge_lists(tenant, click, allowed, who_else)
    if isinstance(person, Refused):
        await tenant.slack.fill_dialog(view_id, PlainDialog("Not possible now", explain(person.refusal, person.detail)))
        return person
    try:
        under_glass = request.break_glass_needed > 0 and await is_on_break_glass_list(tenant, click, allowed)
    except SlackError:
        under_glass = True  # the submission judges anew: till then a code is asked for
    await tenant.slack.fill_dialog(view_id, replace(dialog, code_required=dialog.code_required or under_glass))
    await tenant.store.transact(lambda tx: tx.clicks.finish_click(click.key, tenant.world.now()))
    return None
