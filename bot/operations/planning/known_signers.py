"""Who is on the lists, with their accounts, as they were matched last: kept in the tables."""

import msgspec

from bot.decide.calling import SignerList
from bot.store.transaction import Transaction

SIGNERS = "signers"
"""The reading's name."""


def known_signers(tx: Transaction, tenant_id: str) -> SignerList:
    """The last match; nobody where there was none yet."""
    reading = tx.readings.reading_named(tenant_id, SIGNERS)
    if reading is None or not reading.body:
        return SignerList()
    try:
        return msgspec.json.decode(reading.body, type=SignerList)
    except msgspec.DecodeError:
        return SignerList()


def keep_signers(tx: Transaction, tenant_id: str, listed: SignerList, at: int) -> None:
    """Keep a match. at: when it began (microseconds UTC)."""
    tx.readings.keep_reading(tenant_id, SIGNERS, msgspec.json.encode(listed), at)
