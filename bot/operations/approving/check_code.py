"""Check a one-time code and use it up, in the transaction that it signs."""

from bot.decide.codes import MOST_FAILURES, judge_code
from bot.decide.refusal import Refusal, Refused
from bot.record.ledger import Event
from bot.store.transaction import Transaction
from bot.watch.durations import SECOND


def check_code(tx: Transaction, *, tenant_id: str, user_id: str, code: str, at: int) -> Refused | None:
    """None: the code is right, and no later transaction accepts it again. at in microseconds UTC.

    A wrong one is counted in this transaction, so commit it whatever comes of the rest; a ledger row tells of it.
    """
    enrolment = tx.codes.enrolment_of(user_id)
    if enrolment is None:
        return Refused(Refusal.CODE_NOT_ENROLLED, user_id)
    if not code.strip():
        return Refused(Refusal.CODE_MISSING)
    judged = judge_code(enrolment, code, now=at)
    if judged.enrolment != enrolment:
        tx.codes.keep_enrolment(judged.enrolment)
    if judged.refusal is None:
        return None
    tx.ledger.append_entry(
        tenant_id=tenant_id,
        at=at,
        event=Event.CODE_REFUSED,
        subject=user_id,
        actor=user_id,
        facts={"refused": judged.refusal.value, "failures": judged.enrolment.failures},
    )
    return Refused(judged.refusal, _detail(judged.refusal, judged.enrolment.locked_until))


def _detail(refusal: Refusal, locked_until: int) -> str:
    if refusal is Refusal.CODE_LOCKED:
        seconds = locked_until // SECOND
        return f"<!date^{seconds}^{{time}}|{seconds}>"
    return str(MOST_FAILURES) if refusal is Refusal.CODE_WRONG else ""
