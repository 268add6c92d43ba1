"""Find out whether a clean-up could be signed at all: those who could sign may be flagged themselves."""

from collections.abc import Sequence

from bot.decide.calling import able_signers, distinct
from bot.decide.request import RequestState
from bot.decide.request_kind import RequestKind
from bot.operations.planning.known_signers import known_signers
from bot.record.account import RequestAccount, Shortage
from bot.store.transaction import Transaction
from bot.watch.surge import Surge, SurgeState


def flagged_signers(tx: Transaction, surge: Surge) -> tuple[str, ...]:
    """Accounts of signers that this surge flagged and that are still at risk."""
    accounts = known_signers(tx, surge.tenant_id).signer_accounts()
    risky = tx.directory.risky_users(surge.tenant_id, accounts, named=False)
    open_ = {each for each, user in risky.items() if user.is_open}
    return tuple(sorted(open_.intersection(tx.surges.users_of_surge(surge.tenant_id, surge.id)))) if open_ else ()


def shortage_of(tx: Transaction, surge: Surge, requests: Sequence[RequestAccount]) -> Shortage | None:
    """The shortage of a surge that is not closed; None where there are enough, or no signer is flagged by it."""
    if surge.state is SurgeState.CLOSED:
        return None
    flagged = flagged_signers(tx, surge)
    if not flagged:
        return None
    able, needed = _able_and_needed(tx, surge, requests)
    if able >= needed:
        return None
    recoveries = [each for each in requests if each.request.kind is RequestKind.RECOVERY]
    under_way = [
        each
        for each in recoveries
        if each.request.state is RequestState.PENDING or (each.run is not None and not each.run.run.state.is_over)
    ]
    glass = distinct(each for each in known_signers(tx, surge.tenant_id).people if each.is_break_glass)
    return Shortage(able, needed, len(flagged), glass, bool(under_way))


def _able_and_needed(tx: Transaction, surge: Surge, requests: Sequence[RequestAccount]) -> tuple[int, int]:
    """For the request that waits, those who could still sign it; else those whom the best requester would find."""
    waiting = [
        each
        for each in requests
        if each.request.state is RequestState.PENDING and not each.request.kind.rules.only_break_glass
    ]
    if waiting:
        short = min(waiting, key=lambda each: (each.could_sign or 0) - each.missing)
        return short.could_sign or 0, short.missing
    listed = known_signers(tx, surge.tenant_id)
    accounts = {account for each in listed.people for account in each.accounts}
    risky = tx.directory.risky_users(surge.tenant_id, accounts, named=False)
    conflicted = {user_id for user_id, user in risky.items() if user.is_open}
    found = [
        distinct(
            able_signers(
                listed,
                requester=each.user_id,
                requester_accounts=each.accounts,
                conflicted=conflicted,
                under_glass=False,
            )
        )
        for each in listed.people
        if each.is_requester
    ]
    return max(found, default=0), listed.approvals_needed
