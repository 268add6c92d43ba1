"""Judge where a button was pressed: only our own card counts, and only where we posted it."""

from bot.decide.refusal import Refusal
from bot.operations.judge_person import Refused
from bot.ports.messages import CardSubject
from bot.ports.slack import Click
from bot.ports.store import Transaction


def judge_place(tx: Transaction, tenant_id: str, subject: CardSubject, click: Click) -> Refused | None:
    """Refuse a click on a message that is not the card of its subject, such as a copy in another channel."""
    if tx.cards.is_at(subject, click.subject_id, click.channel, click.message_ts):
        return None
    if any(card.posting_since is not None for card in tx.cards.of(tenant_id, subject, click.subject_id)):
        return Refused(Refusal.TRY_AGAIN, "the card was posted a moment ago and is not on record yet")
    return Refused(Refusal.WRONG_PLACE)
