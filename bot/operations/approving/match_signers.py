"""Match everybody on the lists with their directory accounts, so that plans leave signers alone and calls find them."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.decide.calling import ListedSigner, SignerList
from bot.decide.policy import groups_among, refuse_person
from bot.decide.refusal import Refusal, Refused
from bot.operations.approving.match_accounts import match_accounts
from bot.operations.planning.known_signers import SIGNERS, keep_signers, known_signers
from bot.operations.tenant import Tenant
from bot.ports.slack import SlackError
from bot.store.cards import CardSubject
from bot.store.transaction import Transaction
from bot.watch.durations import HOUR, MINUTE
from bot.watch.surge import SurgeState

FOR_A_REQUEST = 5 * MINUTE
"""A match this old is made anew before a request."""
IN_QUIET = HOUR

log = structlog.get_logger()


async def match_signers(tenant: Tenant, *, older_than: int = IN_QUIET) -> None:
    """Match anew if the last match is older than this (microseconds), or if the lists have changed since.

    Whoever Slack or Graph does not tell of keeps what was known of them.
    """
    now = tenant.world.now()
    before, reading = await tenant.store.look(
        lambda tx: (known_signers(tx, tenant.id), tx.readings.reading_named(tenant.id, SIGNERS))
    )
    known = {each.user_id: each for each in before.people}
    lists = await _read_lists(tenant)
    if lists is None:
        return
    if reading is not None and now - reading.read_at < older_than and set(known) == set(lists.everyone):
        return
    people = [await _match(tenant, lists, user_id, known.get(user_id)) for user_id in lists.everyone]
    listed = SignerList(tuple(people), tenant.policy.matching_required, tenant.policy.approvals_needed)

    def keep(tx: Transaction) -> None:
        keep_signers(tx, tenant.id, listed, now)
        for surge in tx.surges.all_surges(tenant.id) if listed != before else ():
            if surge.state is not SurgeState.CLOSED:
                tx.cards.want_update(tenant.id, CardSubject.SURGE, surge.id)

    await tenant.store.transact(keep)


@dataclass(frozen=True, slots=True)
class _Lists:
    """The lists with their groups' members, as Slack tells them now."""

    requesters: frozenset[str]
    approvers: frozenset[str]
    break_glass: frozenset[str]
    tiers: tuple[frozenset[str], ...]
    everyone: tuple[str, ...]


async def _read_lists(tenant: Tenant) -> _Lists | None:
    """None where Slack does not tell who is in a group: the last match stands."""
    try:
        return await _expanded(tenant)
    except SlackError as problem:
        log.warning("lists_not_read", tenant=tenant.id, code=problem.code)
        return None


async def _expanded(tenant: Tenant) -> _Lists:
    async def expand(listed: Sequence[str]) -> tuple[str, ...]:
        groups = groups_among(listed)
        members = sorted(await tenant.slack.members(groups)) if groups else []
        return tuple(dict.fromkeys([*(each for each in listed if each not in groups), *members]))

    policy = tenant.policy
    found = [await expand(each) for each in (policy.approvers, policy.break_glass, policy.requesters)]
    tiers = tuple([frozenset(await expand(tier)) for tier in policy.tiers])
    approvers, break_glass, requesters = found
    everyone = tuple(dict.fromkeys(approvers + break_glass + requesters))
    return _Lists(frozenset(requesters), frozenset(approvers), frozenset(break_glass), tiers, everyone)


async def _match(tenant: Tenant, lists: _Lists, user_id: str, before: ListedSigner | None) -> ListedSigner:
    accounts, problem, is_unread = await _accounts(tenant, user_id, before)
    is_approver = user_id in lists.approvers
    tier = next((number for number, tier in enumerate(lists.tiers) if user_id in tier), max(0, len(lists.tiers) - 1))
    return ListedSigner(
        user_id=user_id,
        accounts=accounts,
        problem=problem,
        is_unread=is_unread,
        is_requester=user_id in lists.requesters,
        is_approver=is_approver,
        is_break_glass=user_id in lists.break_glass,
        tier=tier if is_approver else 0,
    )


async def _accounts(tenant: Tenant, user_id: str, before: ListedSigner | None) -> tuple[tuple[str, ...], str, bool]:
    """The accounts, why there are none, and whether that is only because they could not be read."""
    known = before.accounts if before else ()
    try:
        person = await tenant.slack.person(user_id)
    except SlackError as problem:
        return known, f"Slack did not tell who that is ({problem.code})", not known
    refused = refuse_person(person, team_id=tenant.team_id)
    if person is None or refused is Refusal.PERSON_UNREADABLE:
        return known, "Slack did not tell who that is", not known
    if refused is not None:
        return (), refused.value, False
    found = await match_accounts(tenant, person)
    if not isinstance(found, Refused):
        return tuple(account.user_id for account in found), "", False
    if found.refusal is Refusal.RISK_UNREADABLE:
        return known, found.detail, not known
    return (), found.refusal.value, False
