"""Refuse a click: a ledger row, a private answer with the reason and the next step, and the click is done."""

from bot.decide.refusal import Refused, explain
from bot.operations.approving.host_answer import finish_click
from bot.operations.tenant import Tenant
from bot.ports.slack import Click
from bot.record.ledger import Event
from bot.store.transaction import Transaction


async def refuse_click(tenant: Tenant, click: Click, refused: Refused) -> None:
    """Answer first, then write it down: an answer given twice is better than none."""
    if not click.is_from_host:
        await tenant.slack.answer(click, explain(refused.refusal, refused.detail))
    await tenant.store.transact(lambda tx: _note(tx, tenant, click, refused))


def _note(tx: Transaction, tenant: Tenant, click: Click, refused: Refused) -> None:
    now = tenant.world.now()
    tx.ledger.append_entry(
        tenant_id=tenant.id,
        at=now,
        event=Event.CLICK_REFUSED,
        subject=click.subject_id,
        actor=click.user_id,
        facts={"pressed": click.kind.value, "refused": refused.refusal.value, "detail": refused.detail},
    )
    finish_click(tx, click, now, explain(refused.refusal, refused.detail), is_refused=True)
