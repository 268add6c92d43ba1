"""Acknowledge or snooze a surge: somebody has seen it."""

from dataclasses import replace

from bot.decide.refusal import Refusal, Refused
from bot.operations.approving.judge_person import judge_press
from bot.operations.approving.judge_place import judge_place
from bot.operations.tenant import Tenant
from bot.ports.presses import event_of
from bot.ports.slack import CardSubject, Click, ClickKind
from bot.store.transaction import Transaction
from bot.watch.durations import HOUR

SNOOZE = HOUR
"""One hour, in microseconds."""


async def acknowledge_surge(tenant: Tenant, click: Click) -> Refused | None:
    """Say on the card who has seen it (and until when they want to be left alone)."""
    person = await judge_press(tenant, click)
    if isinstance(person, Refused):
        return person
    refused = await tenant.store.transact(lambda tx: _acknowledge(tx, tenant, click))
    tenant.bells.cards.set()
    return refused


def _acknowledge(tx: Transaction, tenant: Tenant, click: Click) -> Refused | None:
    if tx.clicks.is_done(click.key):
        return None
    now = tenant.world.now()
    surge = tx.surges.surge_by_id(tenant.id, click.subject_id)
    if surge is None:
        return Refused(Refusal.OUT_OF_DATE)
    misplaced = judge_place(tx, tenant.id, click)
    if misplaced is not None:
        return misplaced
    if click.kind is ClickKind.ACKNOWLEDGE:
        surge = replace(surge, acknowledged_by=click.user_id, acknowledged_at=now)
    else:
        surge = replace(surge, snoozed_by=click.user_id, snoozed_until=now + SNOOZE)
    tx.surges.keep_surge(surge)
    tx.cards.want_update(tenant.id, CardSubject.SURGE, surge.id)
    tx.ledger.append_entry(
        tenant_id=tenant.id,
        at=now,
        event=event_of(click.kind),
        subject=surge.id,
        actor=click.user_id,
        facts={"name": surge.short_name, "until": surge.snoozed_until},
    )
    tx.clicks.finish_click(click.key, now)
    return None
