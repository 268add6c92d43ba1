"""Show who stands behind each figure of a surge."""

from bot.decide.policy import refuse_person
from bot.decide.refusal import Refusal
from bot.operations.account_for import figures_of
from bot.operations.judge_person import Refused
from bot.operations.judge_place import judge_place
from bot.operations.refuse_click import refuse_click
from bot.operations.tenant import Tenant
from bot.ports.messages import CardSubject
from bot.ports.slack import Click, DetailsDialog, PlainDialog, SlackError
from bot.ports.store import Transaction


async def show_details(tenant: Tenant, click: Click) -> None:
    """Open the dialog as "loading", then fill it. Any full member of the workspace may look."""
    try:
        view_id = await tenant.slack.open_dialog(click.trigger_id)
        person = await tenant.slack.person(click.user_id)
    except SlackError as problem:
        await refuse_click(tenant, click, Refused(Refusal.TRY_AGAIN, f"Slack did not open the dialog ({problem.code})"))
        return
    outsider = refuse_person(person, team_id=tenant.team_id)
    found = Refused(outsider) if outsider else await tenant.store.look(lambda tx: _details(tx, tenant, click))
    if isinstance(found, Refused):
        await tenant.slack.fill_dialog(view_id, PlainDialog("Details", "Not possible: see the answer in the channel."))
        await refuse_click(tenant, click, found)
        return
    await tenant.slack.fill_dialog(view_id, found)
    await tenant.store.transact(lambda tx: tx.clicks.finish(click.key, tenant.world.now()))


def _details(tx: Transaction, tenant: Tenant, click: Click) -> DetailsDialog | Refused:
    surge = tx.surges.get(tenant.id, click.subject_id)
    if surge is None:
        return Refused(Refusal.OUT_OF_DATE)
    misplaced = judge_place(tx, tenant.id, CardSubject.SURGE, click)
    if misplaced is not None:
        return misplaced
    briefing = tx.briefings.latest(tenant.id, surge.id)
    if briefing is None:
        notes: tuple[str, ...] = ("Who they are is still being read from Microsoft Graph.",)
    else:
        notes = tuple(f"{gap.what}: not available: {gap.why}" for gap in briefing.gaps)
    return DetailsDialog(surge.short_name, figures_of(tx, surge), notes)
