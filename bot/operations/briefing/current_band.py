"""What the evidence of a surge leans to now, and whether it got worse since a request was made."""

from bot.decide.request import Request
from bot.store.transaction import Transaction
from bot.watch.evidence import Band


def current_band(tx: Transaction, tenant_id: str, surge_id: str) -> Band | None:
    """The band of the newest briefing; None where no evidence was gathered yet."""
    briefing = tx.briefings.latest_briefing(tenant_id, surge_id)
    return briefing.evidence.band if briefing is not None and briefing.evidence is not None else None


def worse_band(tx: Transaction, request: Request) -> Band | None:
    """The band of now, where it is worse than the one that the request rests on; else None."""
    now = current_band(tx, request.tenant_id, request.surge_id)
    if now is None:
        return None
    asked = Band(request.band) if request.band else Band.INSUFFICIENT
    return now if now.rank > asked.rank else None
