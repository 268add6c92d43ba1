"""Open the dialog that says what is signed and has a field for the one-time code."""

from dataclasses import replace

from bot.decide.refusal import Refusal, explain
from bot.decide.request import Request
from bot.operations.agreeing.judge_person import Refused, judge_lists
from bot.operations.agreeing.judge_signer import is_on_break_glass_list, not_listed
from bot.operations.telling.refuse_click import refuse_click
from bot.operations.tenant import Tenant
from bot.ports.slack import Click, PlainDialog, SigningDialog, SlackError


async def open_signing_dialog(
    tenant: Tenant, click: Click, request: Request, dialog: SigningDialog, *, only_break_glass: bool = False
) -> None:
    """Open at once, for a trigger lives three seconds; fill when the lists were read. The submission judges anew."""
    allowed = tenant.policy.signers(break_glass_needed=request.break_glass_needed, kind=request.kind)
    who_else = not_listed(request.kind)
    if only_break_glass:
        allowed, who_else = tenant.policy.break_glass, Refusal.NOT_BREAK_GLASS
    try:
        view_id = await tenant.slack.open_dialog(click.trigger_id)
    except SlackError as problem:
        await refuse_click(tenant, click, Refused(Refusal.TRY_AGAIN, f"Slack did not open the dialog ({problem.code})"))
        return
    person = await judge_lists(tenant, click, allowed, who_else)
    if isinstance(person, Refused):
        await tenant.slack.fill_dialog(view_id, PlainDialog("Not possible now", explain(person.refusal, person.detail)))
        await refuse_click(tenant, click, person)
        return
    try:
        under_glass = request.break_glass_needed > 0 and await is_on_break_glass_list(tenant, click, allowed)
    except SlackError:
        under_glass = True  # the submission judges anew: till then a code is asked for
    await tenant.slack.fill_dialog(view_id, replace(dialog, code_required=dialog.code_required or under_glass))
    await tenant.store.transact(lambda tx: tx.clicks.finish_click(click.key, tenant.world.now()))
