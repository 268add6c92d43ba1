"""Bring what the detector sees into the tables: surges open, grow, end, reopen, each change with its ledger row."""

import asyncio
from collections.abc import Iterable, Sequence

import structlog

from bot.act.outcome import Outcome, OutcomeState
from bot.operations.tenant import Tenant
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.store.transaction import Transaction
from bot.watch.detector import DetectedSurge, Detector, Flag
from bot.watch.durations import DAY
from bot.watch.surge import Surge, SurgeState, detected_surge_of, is_worth_opening, short_name, take_detected

HISTORY = 90 * DAY
_EVENTS = {
    SurgeState.ENDED: Event.SURGE_ENDED,
    SurgeState.REOPENED: Event.SURGE_REOPENED,
    SurgeState.CLOSED: Event.SURGE_CLOSED,
}

log = structlog.get_logger()


async def load_detector(tenant: Tenant) -> None:
    """Make a detector from the tables: the surges that are known, then every flag kept. For a new holder.

    A briefing that the last holder was making died with it: every surge that is not closed is due again at once.
    """
    now = tenant.world.now()

    def load(tx: Transaction) -> Detector:
        detector = tenant.new_detector(tx.watches.watch_of(tenant.id).tenant_users)
        surges = tx.surges.all_surges(tenant.id)
        known = [detected_surge_of(surge, tx.surges.users_of_surge(tenant.id, surge.id)) for surge in surges]
        detector.resume(known)
        detector.observe(tx.detections.flags_since(tenant.id, now - HISTORY))
        for user_id, cleared_at in tx.cleared.cleared_since(tenant.id, now - HISTORY):
            detector.forgive(user_id, cleared_at)
        for surge in surges:
            if surge.state is not SurgeState.CLOSED:
                tx.surges.ask_briefing(tenant.id, surge.id, now)
        return detector

    tenant.work.known = {}
    tenant.work.detector = await tenant.transact_as_holder(load)
    tenant.bells.brief.set()
    tenant.bells.act.set()


async def forgive_users(tenant: Tenant, outcomes: Iterable[Outcome]) -> None:
    """Users whose risk was cleared start anew: a detection dated after that was verified counts as new."""
    detector = tenant.work.detector
    if detector is None:
        return

    def forgive() -> None:
        for outcome in outcomes:
            if outcome.state is OutcomeState.VERIFIED:
                detector.forgive(outcome.user_id, outcome.verified_at or tenant.world.now())

    async with tenant.work.tracking:
        await asyncio.to_thread(forgive)


async def track_surges(tenant: Tenant, new: Sequence[Flag] = ()) -> None:
    """Let the detector see what is new, scan now, and keep what changed."""
    detector = tenant.work.detector
    if detector is None:
        return

    def look(now: int) -> tuple[DetectedSurge, ...]:
        detector.observe(new)
        return detector.scan(now)

    async with tenant.work.tracking:
        now = tenant.world.now()
        detected_surges = await asyncio.to_thread(look, now)
        changed = [
            (detected, tenant.world.new_id(), tenant.world.new_id())
            for detected in detected_surges
            if tenant.work.known.get(detected.key) != detected
        ]
        if not changed:
            return

        def keep(tx: Transaction) -> list[DetectedSurge]:
            by_key = {surge.detector_key: surge for surge in tx.surges.all_surges(tenant.id)}
            kept = []
            for detected, surge_id, card_id in changed:
                surge = by_key.get(detected.key)
                if surge is None and not is_worth_opening(
                    detected, tx.detections.users_with_open(tenant.id, detected.users)
                ):
                    continue
                if surge is None:
                    _open(tx, tenant, detected, surge_id=surge_id, card_id=card_id, now=now)
                else:
                    _follow(tx, surge, detected, now=now)
                kept.append(detected)
            return kept

        for detected in await tenant.transact_as_holder(keep):
            tenant.work.known[detected.key] = detected
    tenant.bells.cards.set()
    tenant.bells.brief.set()


def _open(tx: Transaction, tenant: Tenant, detected: DetectedSurge, *, surge_id: str, card_id: str, now: int) -> None:
    surge = Surge(
        tenant_id=tenant.id,
        id=surge_id,
        short_name=short_name(surge_id),
        detector_key=detected.key,
        state=SurgeState.OPEN if detected.ended_at is None else SurgeState.ENDED,
        opened_at=detected.opened_at,
        window_start=detected.window_start,
        window_end=detected.window_end,
        ended_at=detected.ended_at,
        risk_event_types=detected.risk_event_types,
        users=len(detected.users),
        usual=detected.usual,
    )
    tx.surges.keep_surge(surge)
    tx.surges.add_users(tenant.id, surge.id, detected.users, now)
    tx.surges.ask_briefing(tenant.id, surge.id, now)
    tx.cards.ensure_card(
        card_id=card_id,
        tenant_id=tenant.id,
        subject=CardSubject.SURGE,
        subject_id=surge.id,
        channel=tenant.channel,
        parent_id=None,
    )
    tx.ledger.append_entry(
        tenant_id=tenant.id,
        at=now,
        event=Event.SURGE_OPENED,
        subject=surge.id,
        actor="countersign",
        facts=_facts(surge),
    )
    log.info("surge_opened", tenant=tenant.id, surge=surge.short_name, users=surge.users)


def _follow(tx: Transaction, surge: Surge, detected: DetectedSurge, *, now: int) -> None:
    taken = take_detected(surge, detected)
    joined = tx.surges.add_users(surge.tenant_id, surge.id, detected.users, now)
    if taken == surge and not joined:
        return
    tx.surges.keep_surge(taken)
    tx.cards.want_update(surge.tenant_id, CardSubject.SURGE, surge.id)
    if joined or taken.state is not surge.state:
        tx.surges.ask_briefing(surge.tenant_id, surge.id, now)
    if taken.state is not surge.state:
        tx.ledger.append_entry(
            tenant_id=surge.tenant_id,
            at=now,
            event=_EVENTS[taken.state],
            subject=surge.id,
            actor="countersign",
            facts=_facts(taken),
        )
        log.info("surge_changed", tenant=surge.tenant_id, surge=surge.short_name, state=taken.state.value)


def _facts(surge: Surge) -> dict[str, object]:
    return {
        "name": surge.short_name,
        "users": surge.users,
        "windowStart": surge.window_start,
        "windowEnd": surge.window_end,
        "riskEventTypes": surge.risk_event_types,
    }
