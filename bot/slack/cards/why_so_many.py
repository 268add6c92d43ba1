"""Why a request needs as many signatures as it does: what the evidence leans to, in one sentence."""

from bot.decide.action import Action
from bot.decide.plan import CLEARS_RISK
from bot.decide.request_kind import RequestKind
from bot.slack.cards.text import plain
from bot.watch.evidence import Band

_BANDS = {band.value: band for band in Band}


def why_so_many(evidence: str, action: Action, kind: RequestKind = RequestKind.SURGE) -> str:
    """The sentence, with a space at its end; without evidence it says that none was gathered."""
    by_kind = kind.rules.why_so_many
    return f"{by_kind} " if by_kind else _by_evidence(evidence, action)


def _by_evidence(evidence: str, action: Action) -> str:
    band = _BANDS.get(evidence)
    if band is None:
        return "No evidence was weighed yet. "
    said = plain(band.value, 60)
    if band.rank == 0:
        return f"The evidence: {said}, so one signature besides the requester's is the least. "
    if band.rank == 1:
        return f"The evidence: {said}, so more signatures are needed than for a false alarm. "
    if action in CLEARS_RISK:
        return f"The evidence: {said}, and this clears risk, so a break-glass approver must be among the signers. "
    return f"The evidence: {said}, and this contains it. "
