"""Keep the next revision of a briefing when something that matters changed, and close a surge that is over."""

from dataclasses import replace

from bot.operations.briefing.compose_briefing import BEING_READ
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.store.transaction import Transaction
from bot.watch.briefing import Briefing
from bot.watch.briefing_changes import what_changed
from bot.watch.durations import MINUTE
from bot.watch.figure import Figure
from bot.watch.surge import Surge, SurgeState

AGAIN_AFTER = 5 * MINUTE
AGAIN_AFTER_A_GAP = MINUTE
_WORTH_ANOTHER_LOOK = {Figure.AT_RISK, Figure.KINDS}
"""Without these figures there is no briefing worth the name: what failed is tried again soon."""


def keep_revision(tx: Transaction, tenant_id: str, counted: Briefing) -> Briefing:
    """Keep the next revision, unless nothing that matters changed: then the latest stands as it is, but newer."""
    latest = tx.briefings.latest_briefing(tenant_id, counted.surge_id)
    briefing = replace(counted, revision=latest.revision + 1 if latest else 1, changed=what_changed(latest, counted))
    if latest is not None and briefing.same_figures(latest) and not _is_awaited(tx, tenant_id, latest):
        return latest
    tx.briefings.add_briefing(tenant_id, briefing)
    tx.cards.want_update(tenant_id, CardSubject.SURGE, briefing.surge_id)
    tx.ledger.append_entry(
        tenant_id=tenant_id,
        at=briefing.made_at,
        event=Event.BRIEFING_MADE,
        subject=briefing.surge_id,
        actor="countersign",
        facts=briefing,
    )
    return briefing


def _is_awaited(tx: Transaction, tenant_id: str, latest: Briefing) -> bool:
    """Whether a run ended since the latest revision: the card waits for figures that are newer than that."""
    for request in tx.requests.requests_of_surge(tenant_id, latest.surge_id):
        run = tx.runs.run_of_request(tenant_id, request.id)
        if run is not None and run.ended_at is not None and run.ended_at >= latest.made_at:
            return True
    return False


def settle(tx: Transaction, tenant_id: str, briefing: Briefing, *, taken_until: int, now: int) -> None:
    """Close a surge that is over, and say when to look again (microseconds UTC)."""
    surge = tx.surges.surge_by_id(tenant_id, briefing.surge_id)
    if surge is None:
        return
    is_over = briefing.at_risk == 0 and surge.state is SurgeState.ENDED
    if is_over:
        _close(tx, surge, now)
    again = None if is_over or surge.state is SurgeState.CLOSED else now + AGAIN_AFTER
    if again is not None and any(gap.why == BEING_READ or gap.what in _WORTH_ANOTHER_LOOK for gap in briefing.gaps):
        again = now + AGAIN_AFTER_A_GAP
    tx.surges.settle_briefing(tenant_id, briefing.surge_id, taken_until=taken_until, again_at=again)


def _close(tx: Transaction, surge: Surge, now: int) -> None:
    tx.surges.keep_surge(replace(surge, state=SurgeState.CLOSED))
    tx.cards.want_update(surge.tenant_id, CardSubject.SURGE, surge.id)
    tx.ledger.append_entry(
        tenant_id=surge.tenant_id,
        at=now,
        event=Event.SURGE_CLOSED,
        subject=surge.id,
        actor="countersign",
        facts={"name": surge.short_name},
    )
