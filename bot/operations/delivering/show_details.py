"""Show the members of each figure of a surge."""

from bot.decide.policy import refuse_person
from bot.decide.refusal import Refusal, Refused
from bot.operations.approving.judge_place import judge_place
from bot.operations.briefing.account_for_briefing import briefing_notes
from bot.operations.delivering.account_for import figures_of
from bot.operations.tenant import Tenant
from bot.ports.slack import Click, ClickKind, DetailsDialog, PlainDialog, SlackError
from bot.store.transaction import Transaction
from bot.watch.briefing import Briefing
from bot.watch.surge import Surge, SurgeState


async def show_details(tenant: Tenant, click: Click) -> Refused | None:
    """Open the dialog as "loading", then fill it. Any full member of the workspace may look."""
    try:
        view_id = await tenant.slack.open_dialog(click.trigger_id)
        person = await tenant.slack.person(click.user_id)
    except SlackError as problem:
        return Refused(Refusal.TRY_AGAIN, f"Slack did not open the dialog ({problem.code})")
    outsider = refuse_person(person, team_id=tenant.team_id)
    found = Refused(outsider) if outsider else await tenant.store.look(lambda tx: _details(tx, tenant, click))
    if isinstance(found, Refused):
        await tenant.slack.fill_dialog(view_id, PlainDialog("Details", "Not possible: see the answer in the channel."))
        return found
    await tenant.slack.fill_dialog(view_id, found)
    await tenant.store.transact(lambda tx: tx.clicks.finish_click(click.key, tenant.world.now()))
    return None


def _details(tx: Transaction, tenant: Tenant, click: Click) -> DetailsDialog | Refused:
    surge = tx.surges.surge_by_id(tenant.id, click.subject_id)
    if surge is None:
        return Refused(Refusal.OUT_OF_DATE)
    misplaced = judge_place(tx, tenant.id, click)
    if misplaced is not None:
        return misplaced
    briefing = tx.briefings.latest_briefing(tenant.id, surge.id)
    if briefing is None:
        notes: tuple[str, ...] = ("Who they are is still being read from Microsoft Graph.",)
    else:
        notes = briefing_notes(briefing)
    return DetailsDialog(
        surge.short_name,
        figures_of(tx, surge, tenant.policy, tenant.tenant_facts),
        notes,
        surge_id=surge.id,
        channel=click.channel,
        offers=_offers(tx, surge, briefing),
    )


def _offers(tx: Transaction, surge: Surge, briefing: Briefing | None) -> tuple[ClickKind, ...]:
    """What can be asked for from here: the release of somebody who is held back, and the way back of a run."""
    offers = []
    if surge.state is not SurgeState.CLOSED and briefing is not None and briefing.held_back:
        offers.append(ClickKind.OPEN_RELEASE)
    requests = tx.requests.requests_of_surge(surge.tenant_id, surge.id)
    if any(tx.runs.run_of_request(surge.tenant_id, request.id) is not None for request in requests):
        offers.append(ClickKind.OPEN_WAY_BACK)
    return tuple(offers)
