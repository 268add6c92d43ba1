"""Match a Slack user with that person's directory accounts: by the people file, and by exact and unique address."""

import re
from collections.abc import Collection, Iterable
from typing import Protocol

from bot.decide.people import ListedPerson, entry_of, refuse_accounts
from bot.decide.policy import Person, Policy
from bot.decide.refusal import Refusal, Refused
from bot.ports.graph import Graph, GraphError
from bot.watch.profile import DirectoryUser

_OBJECT_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Matching(Protocol):
    """What a match rests on; a Tenant is one."""

    @property
    def policy(self) -> Policy:
        """Whom the people file names, and whether a match is insisted on."""

    @property
    def graph(self) -> Graph:
        """The directory."""


async def match_accounts(
    tenant: Matching, person: Person, *, known: Collection[str] = ()
) -> tuple[DirectoryUser, ...] | Refused:
    """Every directory account of a person, read now. None are found only where the policy does not insist on any.

    known: ids of the accounts that were theirs when Slack last told their address, for when it can't.
    """
    try:
        by_address = await tenant.graph.users_by_address(person.email) if person.email else ()
        entry = entry_of(tenant.policy.people, person.user_id, by_address)
        if isinstance(entry, Refusal):
            return Refused(entry)
        if len(by_address) > 1 and (entry is None or not all(entry.has(account) for account in by_address)):
            return Refused(Refusal.ACCOUNT_AMBIGUOUS)
        listed = await _listed_accounts(tenant, entry) if entry is not None else ()
        once = await tenant.graph.users(known, tenant_users=None) if known else {}
    except GraphError as problem:
        return Refused(Refusal.RISK_UNREADABLE, problem.why)
    if isinstance(listed, Refused):
        return listed
    found = tuple({account.user_id: account for account in (*by_address, *listed, *once.values())}.values())
    if not found and tenant.policy.matching_required:
        return Refused(
            Refusal.ACCOUNT_UNKNOWN, "none bears your e-mail address" if person.email else "Slack shows none"
        )
    refusal = refuse_accounts(found)
    return Refused(refusal) if refusal is not None else found


async def _listed_accounts(tenant: Matching, entry: ListedPerson) -> tuple[DirectoryUser, ...] | Refused:
    """The accounts that the people file names; every one must be found, or a conflict could hide behind it."""
    ids = [each for each in entry.accounts if _OBJECT_ID.fullmatch(each)]
    by_id = await tenant.graph.users(ids, tenant_users=None) if ids else {}
    missing = [each for each in ids if each.casefold() not in {found.casefold() for found in by_id}]
    found: list[DirectoryUser] = list(by_id.values())
    for address in (each for each in entry.accounts if each not in ids):
        named = _with_name(await tenant.graph.users_by_address(address), address)
        found += named
        missing += [] if named else [address]
    if missing and tenant.policy.matching_required:
        return Refused(Refusal.ACCOUNT_UNKNOWN, f"{missing[0]} of the people file is not in the directory")
    return tuple(found)


def _with_name(found: Iterable[DirectoryUser], address: str) -> list[DirectoryUser]:
    """Only the account whose user principal name it is, not another one that has it as its mail address."""
    return [account for account in found if account.user_principal_name.casefold() == address.casefold()]
