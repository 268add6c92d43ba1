"""Look at what makes a run that clears risk stop: new detections against its users, and what the evidence says."""

from bot.act.run import Run, Trip
from bot.act.tripwire import ALWAYS_ALLOWED, touched, usual_in
from bot.decide.plan import CLEARS_RISK, Plan, against_plan, as_planned
from bot.operations.planning.draft_plan import RECENT
from bot.store.transaction import Transaction
from bot.watch.durations import DAY, HOUR
from bot.watch.surge import Surge

PAST = 28 * DAY
"""What is usual is told from so long before the surge."""
SHORTEST = HOUR
"""What came in the first minutes is compared with what comes in an hour."""
FEW_USERS = 500


def find_trip(tx: Transaction, run: Run, plan: Plan, surge: Surge, now: int) -> Trip | None:
    """The tripwire that is touched now, if any. Actions that clear no risk have none."""
    if plan.action not in CLEARS_RISK:
        return None
    flagged = len(flagged_anew(tx, plan, surge))
    usual = 0.0
    if flagged - run.flagged_known > ALWAYS_ALLOWED:
        usual = _usual(tx, plan, now)
    return touched(run, flagged=flagged, usual=usual, band=band_now(tx, surge))


def flagged_anew(tx: Transaction, plan: Plan, surge: Surge) -> frozenset[str]:
    """Users of the plan against whom something stands now. When it was made nothing did, so all of it is new."""
    since = plan.made_at - RECENT
    if len(plan.user_ids) <= FEW_USERS:
        detections = tx.detections.detections_of(plan.tenant_id, plan.user_ids, since)
    else:
        detections = tx.detections.open_of_surge_users(as_planned(surge, plan), since)
    return frozenset(against_plan(plan, surge, detections)) & frozenset(plan.user_ids)


def band_now(tx: Transaction, surge: Surge) -> str:
    """What the newest briefing says the evidence leans to; empty where it says nothing."""
    briefing = tx.briefings.latest_briefing(surge.tenant_id, surge.id)
    return briefing.evidence.band.value if briefing is not None and briefing.evidence is not None else ""


def _usual(tx: Transaction, plan: Plan, now: int) -> float:
    """How many of the plan's users would usually be flagged since it was made, by types other than the surge's."""
    until = min(plan.window_start, plan.made_at)
    flags = tx.detections.flags_since(plan.tenant_id, until - PAST)
    known = {
        (flag.user_id, flag.detected_at // DAY)
        for flag in flags
        if flag.detected_at < until and flag.risk_event_type not in plan.risk_event_types
    }
    tenant_users = tx.watches.watch_of(plan.tenant_id).tenant_users
    share = len(plan.user_ids) / tenant_users if tenant_users else 1.0
    return usual_in(len(known), past=PAST, span=max(SHORTEST, now - plan.made_at), share=share)
