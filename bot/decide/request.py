"""The life of a request: a plan waiting for its signatures.

    pending --enough signatures--> approved
    pending --one rejection-----> rejected
    pending --its requester-----> withdrawn
    pending --time is up--------> expired
    pending --plan outdated-----> superseded: the evidence got worse for a plan that clears risk, or more than a
                                  fifth of its users are not eligible any more; never because the surge grew

Every other state is final. Whoever may ask can ask for the same again, which is a new request on a fresh plan.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from bot.decide.refusal import Refusal
from bot.decide.request_kind import RequestKind


class RequestState(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class Verdict(StrEnum):
    """What a vote says."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Times in microseconds UTC."""

    tenant_id: str
    id: str
    surge_id: str
    plan_hash: str
    state: RequestState
    requester: str
    """Slack user id."""
    requester_accounts: tuple[str, ...]
    """Directory accounts of the requester, as far as they could be matched."""
    reason: str
    approvals_needed: int
    created_at: int
    expires_at: int
    settled_by: str | None = None
    """Slack user id of who approved last, rejected or withdrew; None where time settled it."""
    settled_at: int | None = None
    kind: RequestKind = RequestKind.SURGE
    break_glass_needed: int = 0
    """How many of the signatures must come from break-glass approvers, each with a one-time code."""
    band: str = ""
    """What the evidence leant to when it was asked for: a value of bot.watch.evidence.Band, empty where not known."""
    with_code: bool = False
    """The requester proved who they are with a one-time code."""
    asked_again: str = ""
    """The id of the earlier request that this one repeats; empty where it is none."""
    called_at: int | None = None
    """When people were last called to sign it."""
    calls: int = 0
    """How many rounds of calls went out."""
    settled_why: str = ""
    """Why it was superseded, in words; empty where somebody ended it."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's word on one request."""

    user_id: str
    verdict: Verdict
    at: int
    accounts: tuple[str, ...] = ()
    """Directory accounts of the voter: two Slack accounts of one person are one person."""
    with_code: bool = False
    break_glass: bool = False
    """Given as a break-glass approver."""


def refuse_change(request: Request, *, now: int) -> Refusal | None:
    """Refuse any change of a request that is settled or whose time is up."""
    if request.state is RequestState.EXPIRED or (request.state is RequestState.PENDING and now >= request.expires_at):
        return Refusal.EXPIRED
    return None if request.state is RequestState.PENDING else Refusal.ALREADY_SETTLED


def refuse_vote(
    request: Request, *, user_id: str, votes: Collection[Vote], now: int, accounts: Collection[str] = ()
) -> Refusal | None:
    """Refuse a vote by what the request itself says. Lists and conflicts are judged by bot.decide.policy.

    accounts: the voter's directory accounts, as far as they are known.
    """
    refused = refuse_change(request, now=now)
    if refused is not None:
        return refused
    if user_id == request.requester:
        return Refusal.OWN_REQUEST
    if any(vote.user_id == user_id for vote in votes):
        return Refusal.ALREADY_SIGNED
    if not frozenset(accounts).isdisjoint(request.requester_accounts):
        return Refusal.SAME_PERSON
    if any(not frozenset(accounts).isdisjoint(vote.accounts) for vote in votes):
        return Refusal.SAME_SIGNER
    return None


def signers_of(request: Request, votes: Collection[Vote]) -> tuple[tuple[Vote, ...], ...]:
    """The approving votes by person: those that share a directory account are one person's.

    Votes of the requester, under whatever account, are nobody's.
    """
    people: list[tuple[frozenset[str], list[Vote]]] = [
        (frozenset({request.requester, *request.requester_accounts}), [])
    ]
    for vote in votes:
        if vote.verdict is not Verdict.APPROVE:
            continue
        known_by = frozenset({vote.user_id, *vote.accounts})
        same = [person for person in people if person[0] & known_by]
        others = [person for person in people if not person[0] & known_by]
        joined = (known_by.union(*(names for names, _ in same)), [each for _, of in same for each in of] + [vote])
        people = [joined, *others] if people[0] in same else [*others, joined]
    return tuple(tuple(of) for _, of in people[1:])


def missing_signatures(request: Request, votes: Collection[Vote]) -> tuple[int, int]:
    """How many people must still sign, and how many of them as break-glass approvers with a code."""
    signers = signers_of(request, votes)
    under_glass = sum(1 for of in signers if any(vote.break_glass and vote.with_code for vote in of))
    glass = max(0, request.break_glass_needed - under_glass)
    return max(glass, max(1, request.approvals_needed) - len(signers), 0), glass


def state_after(request: Request, votes: Collection[Vote]) -> RequestState:
    """The state that the votes lead to. Only distinct people other than the requester count."""
    if request.state is not RequestState.PENDING:
        return request.state
    if any(vote.verdict is Verdict.REJECT and vote.user_id != request.requester for vote in votes):
        return RequestState.REJECTED
    return RequestState.PENDING if any(missing_signatures(request, votes)) else RequestState.APPROVED
