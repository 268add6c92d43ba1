"""Approve was pressed: whoever has a one-time code gets a dialog with a field for it; anybody else signs at once."""

from dataclasses import replace

from bot.decide.plan import read_plan
from bot.decide.refusal import Refusal, explain
from bot.decide.request import Request, RequestKind, Verdict
from bot.operations.agreeing.cast_vote import cast_vote, judge_by_tables
from bot.operations.agreeing.judge_person import Refused, judge_lists
from bot.operations.agreeing.judge_signer import is_on_break_glass_list, not_listed
from bot.operations.telling.refuse_click import refuse_click
from bot.operations.tenant import Tenant
from bot.ports.slack import ApprovalDialog, Click, PlainDialog, SlackError
from bot.ports.store import Transaction


async def press_approve(tenant: Tenant, click: Click) -> None:
    """Sign, or open the dialog that signs. A host's click carries its proof already."""
    if click.is_from_host:
        await cast_vote(tenant, click, Verdict.APPROVE)
        return
    asked = await tenant.store.look(lambda tx: _ask(tx, tenant, click))
    if isinstance(asked, Refused):
        await refuse_click(tenant, click, asked)
    elif asked is None:
        await cast_vote(tenant, click, Verdict.APPROVE)
    else:
        await _open(tenant, click, *asked)


def _ask(tx: Transaction, tenant: Tenant, click: Click) -> tuple[Request, ApprovalDialog] | Refused | None:
    """The dialog for somebody who is enrolled; None for whoever is not."""
    request = judge_by_tables(tx, tenant, click)
    if isinstance(request, Refused) or tx.codes.get(click.user_id) is None:
        return request if isinstance(request, Refused) else None
    surge = tx.surges.get(tenant.id, request.surge_id)
    plan = read_plan(tx.requests.plan_body(tenant.id, request.plan_hash))
    dialog = ApprovalDialog(
        request_id=request.id,
        channel=click.channel,
        opened_by=click.key,
        surge_name=surge.short_name if surge else "",
        action=plan.action,
        users=len(plan.user_ids),
        requester=request.requester,
        reason=request.reason,
        code_required=tenant.policy.codes_required or request.kind is RequestKind.RECOVERY,
    )
    return request, dialog


async def _open(tenant: Tenant, click: Click, request: Request, dialog: ApprovalDialog) -> None:
    """Open at once, for a trigger lives three seconds; fill when the lists were read. The submission judges anew."""
    allowed = tenant.policy.signers(break_glass_needed=request.break_glass_needed, kind=request.kind)
    try:
        view_id = await tenant.slack.open_dialog(click.trigger_id)
    except SlackError as problem:
        await refuse_click(tenant, click, Refused(Refusal.TRY_AGAIN, f"Slack did not open the dialog ({problem.code})"))
        return
    person = await judge_lists(tenant, click, allowed, not_listed(request.kind))
    if isinstance(person, Refused):
        await tenant.slack.fill_dialog(view_id, PlainDialog("Not possible now", explain(person.refusal, person.detail)))
        await refuse_click(tenant, click, person)
        return
    try:
        under_glass = request.break_glass_needed > 0 and await is_on_break_glass_list(tenant, click, allowed)
    except SlackError:
        under_glass = True  # the submission judges anew: till then a code is asked for
    await tenant.slack.fill_dialog(view_id, replace(dialog, code_required=dialog.code_required or under_glass))
    await tenant.store.transact(lambda tx: tx.clicks.finish(click.key, tenant.world.now()))
