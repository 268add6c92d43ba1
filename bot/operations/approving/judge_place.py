"""Judge where a click comes from: only our own card counts, where we posted it, and the dialog that it opened."""

from bot.decide.refusal import Refusal, Refused
from bot.ports.presses import PRESSES
from bot.ports.slack import Click
from bot.store.transaction import Transaction


def judge_place(tx: Transaction, tenant_id: str, click: Click) -> Refused | None:
    """Refuse a click on a message that is not the card of its subject, such as a copy in another channel.

    A submission counts where the press counts that opened its dialog.
    """
    if PRESSES[click.kind].is_submission:
        return _judge_dialog(tx, tenant_id, click)
    subject = PRESSES[click.kind].subject
    if subject is None:
        return Refused(Refusal.OUT_OF_DATE)
    if click.is_from_host or tx.cards.is_at(subject, click.subject_id, click.channel, click.message_ts):
        return None
    if tx.cards.is_being_posted(tenant_id, subject, click.subject_id):
        return Refused(Refusal.TRY_AGAIN, "the card was posted a moment ago and is not on record yet")
    return Refused(Refusal.WRONG_PLACE)


def _judge_dialog(tx: Transaction, tenant_id: str, click: Click) -> Refused | None:
    """Refuse a submission unless the same person opened that dialog for the same subject, on its card.

    What a dialog hands back names the press that opened it; the press itself is in the tables, as Slack brought it.
    """
    press = tx.clicks.click_by_key(click.opened_by) if click.opened_by else None
    if press is None or (press.user_id, press.team_id) != (click.user_id, click.team_id):
        return Refused(Refusal.OUT_OF_DATE)
    if press.subject_id != click.subject_id or PRESSES[press.kind].subject is not PRESSES[click.kind].subject:
        return Refused(Refusal.OUT_OF_DATE)
    if PRESSES[press.kind].is_submission:
        return Refused(Refusal.OUT_OF_DATE)
    return judge_place(tx, tenant_id, press)
