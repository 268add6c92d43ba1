"""Judge where a click comes from: only our own card counts, where we posted it, and the dialog that it opened."""

from bot.decide.refusal import Refusal, Refused
from bot.ports.slack import Click
from bot.store.cards import CardSubject
from bot.store.transaction import Transaction


def judge_place(tx: Transaction, tenant_id: str, subject: CardSubject, click: Click) -> Refused | None:
    """Refuse a click on a message that is not the card of its subject, such as a copy in another channel."""
    if click.is_from_host or tx.cards.is_at(subject, click.subject_id, click.channel, click.message_ts):
        return None
    if any(card.posting_since is not None for card in tx.cards.cards_of(tenant_id, subject, click.subject_id)):
        return Refused(Refusal.TRY_AGAIN, "the card was posted a moment ago and is not on record yet")
    return Refused(Refusal.WRONG_PLACE)


def judge_dialog(tx: Transaction, tenant_id: str, subject: CardSubject, click: Click) -> Refused | None:
    """Refuse a submission unless the same person opened that dialog for the same subject, on its card.

    What a dialog hands back names the press that opened it; the press itself is in the tables, as Slack brought it.
    """
    press = tx.clicks.click_by_key(click.opened_by) if click.opened_by else None
    if press is None or (press.user_id, press.team_id) != (click.user_id, click.team_id):
        return Refused(Refusal.OUT_OF_DATE)
    if press.subject_id != click.subject_id:
        return Refused(Refusal.OUT_OF_DATE)
    return judge_place(tx, tenant_id, subject, press)
