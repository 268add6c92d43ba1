"""Cleared users are watched for a fortnight: who is flagged again is told, and the surge comes to life again."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.operations.tenant import Tenant
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.store.transaction import Transaction
from bot.watch.detector import Flag
from bot.watch.durations import DAY
from bot.watch.surge import Surge, SurgeState

WATCHED_AFTER = 14 * DAY
"""So long after a verified clean-up a new detection counts as flagged again (microseconds)."""
BY_A_PERSON = "adminConfirmedUserCompromised"
"""The detection that a person's word makes is no flag of Microsoft's."""

log = structlog.get_logger()


def note_flagged_again(tx: Transaction, tenant: Tenant, new: Sequence[Flag]) -> None:
    """Tell of users with a detection dated after their verified clean-up; of each once a clean-up."""
    now = tenant.world.now()
    flags = [flag for flag in new if flag.risk_event_type != BY_A_PERSON]
    cleared = tx.cleared.last_cleared(tenant.id, {flag.user_id for flag in flags}, now - WATCHED_AFTER)
    again = {
        flag.user_id: cleared[flag.user_id][0]
        for flag in flags
        if flag.user_id in cleared and flag.detected_at > cleared[flag.user_id][1]
    }
    if not again:
        return
    arrived = {flag.detection_id for flag in new}
    since = min(cleared[user_id][1] for user_id in again)
    for earlier in tx.detections.detections_of(tenant.id, tuple(again), since):
        is_known = earlier.id not in arrived and earlier.risk_event_type != BY_A_PERSON
        if is_known and earlier.detected_at > cleared[earlier.user_id][1]:
            again.pop(earlier.user_id, None)
    for run_id in sorted(set(again.values())):
        _tell(tx, tenant, run_id, sorted(user_id for user_id, run in again.items() if run == run_id))


def _tell(tx: Transaction, tenant: Tenant, run_id: str, user_ids: list[str]) -> None:
    run = tx.runs.run_by_id(tenant.id, run_id)
    surge = tx.surges.surge_by_id(tenant.id, run.surge_id) if run is not None else None
    if surge is None:
        return
    tx.ledger.append_entry(
        tenant_id=tenant.id,
        at=tenant.world.now(),
        event=Event.USERS_FLAGGED_AGAIN,
        subject=run_id,
        actor="countersign",
        facts={"users": user_ids, "surge": surge.id},
    )
    if surge.state in {SurgeState.ENDED, SurgeState.CLOSED}:
        _reopen(tx, tenant, surge, len(user_ids))
    tx.surges.ask_briefing(tenant.id, surge.id, tenant.world.now())
    tx.cards.want_update(tenant.id, CardSubject.RUN, run_id)
    tx.cards.want_update(tenant.id, CardSubject.SURGE, surge.id)
    log.warning("users_flagged_again", tenant=tenant.id, surge=surge.short_name, users=len(user_ids))


def _reopen(tx: Transaction, tenant: Tenant, surge: Surge, users: int) -> None:
    tx.surges.keep_surge(replace(surge, state=SurgeState.REOPENED))
    tx.ledger.append_entry(
        tenant_id=tenant.id,
        at=tenant.world.now(),
        event=Event.SURGE_REOPENED,
        subject=surge.id,
        actor="countersign",
        facts={"name": surge.short_name, "flaggedAgainAfterCleanUp": users},
    )
