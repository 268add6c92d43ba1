"""Call those who could sign: at the request, again at half-time, then the next tier. The tables say when."""

from collections.abc import Iterable
from hashlib import blake2b

from bot.decide.calling import ListedSigner, SignerList, able_signers, distinct, round_at, rounds
from bot.decide.plan import Plan, read_plan
from bot.decide.request import Request, missing_signatures
from bot.operations.planning.known_signers import known_signers
from bot.operations.tenant import Tenant
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.store.transaction import Transaction


def card_id_of(subject: CardSubject, subject_id: str, channel: str) -> str:
    """The id of a card that follows from what it is: the same wherever and however often it is asked for."""
    return blake2b(f"{subject.value}:{subject_id}:{channel}".encode(), digest_size=16).hexdigest()


async def call_signers(tenant: Tenant) -> None:
    """Send out every round that is due."""
    now = tenant.world.now()

    def call(tx: Transaction) -> bool:
        listed = known_signers(tx, tenant.id)
        called = [_call_if_due(tx, listed, request, now) for request in tx.requests.pending_requests(tenant.id)]
        return any(called)

    if await tenant.store.look(lambda tx: _any_due(tx, tenant.id, now)) and await tenant.transact_as_holder(call):
        tenant.bells.cards.set()


def _any_due(tx: Transaction, tenant_id: str, now: int) -> bool:
    listed = known_signers(tx, tenant_id)
    return any(_due(request, listed, now) is not None for request in tx.requests.pending_requests(tenant_id))


def _due(request: Request, listed: SignerList, now: int) -> int | None:
    """The newest round whose time has come and that did not go out; earlier ones that were missed are in it."""
    if now >= request.expires_at:
        return None
    due = [
        number
        for number in range(request.calls, rounds(listed.tiers))
        if now >= round_at(request, number, listed.tiers)
    ]
    return due[-1] if due else None


def _call_if_due(tx: Transaction, listed: SignerList, request: Request, now: int) -> bool:
    number = _due(request, listed, now)
    if number is None:
        return False
    plan = read_plan(tx.requests.plan_body(request.tenant_id, request.plan_hash))
    return call_round(tx, request, plan, number, now)


def call_round(tx: Transaction, request: Request, plan: Plan, number: int, now: int) -> bool:
    """One round: cards for whom it calls, a ledger row, and the request knows of it. number from 0."""
    if not tx.requests.set_called(request, calls=number + 1, at=now):
        return False
    listed = known_signers(tx, request.tenant_id)
    able = who_could_sign(tx, listed, request, plan)
    called = _of_tier(able, request, number, missing=_missing(tx, request))
    known = {card.channel for card in tx.cards.cards_of(request.tenant_id, CardSubject.CALL, request.id)}
    told = {each.user_id for each in called}
    if number == 0 and request.kind.rules.tells_everybody:
        told |= {each.user_id for each in listed.people if each.user_id != request.requester}
    for user_id in sorted(told):
        subject = CardSubject.REMINDER if user_id in known else CardSubject.CALL
        _ensure(tx, request, subject, user_id)
    tx.ledger.append_entry(
        tenant_id=request.tenant_id,
        at=now,
        event=Event.REQUEST_CALLED,
        subject=request.id,
        actor="countersign",
        facts={"round": number + 1, "called": sorted(told), "couldSign": len(able)},
    )
    tx.cards.want_update(request.tenant_id, CardSubject.REQUEST, request.id)
    return True


def who_could_sign(tx: Transaction, listed: SignerList, request: Request, plan: Plan) -> tuple[ListedSigner, ...]:
    """Who could sign this request and has not voted, as the tables know it: on the list, matched, not in conflict."""
    accounts = {account for each in listed.people for account in each.accounts}
    risky = tx.directory.risky_users(request.tenant_id, accounts, named=False)
    conflicted = (accounts & set(plan.user_ids)) | {user_id for user_id, user in risky.items() if user.is_open}
    able = able_signers(
        listed,
        requester=request.requester,
        requester_accounts=request.requester_accounts,
        conflicted=conflicted,
        under_glass=request.break_glass_needed > 0,
        only_glass=request.kind.rules.only_break_glass,
    )
    voted = {vote.user_id for vote in tx.requests.votes_on(request.tenant_id, request.id)}
    return tuple(each for each in able if each.user_id not in voted)


def _missing(tx: Transaction, request: Request) -> int:
    people, _ = missing_signatures(request, tx.requests.votes_on(request.tenant_id, request.id))
    return people


def _of_tier(able: Iterable[ListedSigner], request: Request, number: int, *, missing: int) -> list[ListedSigner]:
    """Whom a round calls: every tier up to its own, and further ones where these are too few to sign at all.

    Break-glass approvers whose signature is needed are of the first tier.
    """
    people = list(able)
    highest = max(0, number - 1)
    last = max((each.tier for each in people), default=0)

    def reached(up_to: int) -> list[ListedSigner]:
        needs_glass = request.break_glass_needed > 0
        return [
            each
            for each in people
            if (each.is_break_glass and needs_glass) or (each.is_approver and each.tier <= up_to)
        ]

    while distinct(reached(highest)) < missing and highest < last:
        highest += 1
    return reached(highest)


def _ensure(tx: Transaction, request: Request, subject: CardSubject, user_id: str) -> None:
    """A direct message of its own: a call, or the reminder of one."""
    parents = tx.cards.cards_of(request.tenant_id, CardSubject.REQUEST, request.id)
    tx.cards.ensure_card(
        card_id=card_id_of(subject, request.id, user_id),
        tenant_id=request.tenant_id,
        subject=subject,
        subject_id=request.id,
        channel=user_id,
        parent_id=parents[0].id if parents else None,
    )
