"""Whom to call to sign, and when: tier by tier, as long as nobody has signed."""

from collections.abc import Collection, Iterable

import msgspec

from bot.decide.request import Request


class ListedSigner(msgspec.Struct, frozen=True):
    """Somebody on this tenant's lists, with the directory accounts that could be told to be theirs."""

    user_id: str
    """Slack user id."""
    accounts: tuple[str, ...]
    problem: str = ""
    """Why no account could be told, in words; empty where it could."""
    is_unread: bool = False
    """They may well have accounts, which could not be read."""
    is_requester: bool = False
    is_approver: bool = False
    is_break_glass: bool = False
    tier: int = 0
    """Which approvers are called first: 0."""


class SignerList(msgspec.Struct, frozen=True):
    """Everybody on the lists, as they were matched last."""

    people: tuple[ListedSigner, ...] = ()
    matching_required: bool = True
    approvals_needed: int = 1
    """How many must sign at least, whatever is asked for."""

    def signer_accounts(self) -> frozenset[str]:
        """The accounts of whoever may sign."""
        return frozenset(
            account for each in self.people if each.is_approver or each.is_break_glass for account in each.accounts
        )

    @property
    def unmatched(self) -> tuple[ListedSigner, ...]:
        """Signers whose accounts could not be read, so that they may be among the flagged without our knowing."""
        return tuple(each for each in self.people if each.is_unread and (each.is_approver or each.is_break_glass))

    @property
    def tiers(self) -> int:
        """How many tiers there are."""
        return 1 + max((each.tier for each in self.people if each.is_approver), default=0)


def able_signers(
    listed: SignerList,
    *,
    requester: str,
    requester_accounts: Collection[str],
    conflicted: Collection[str],
    under_glass: bool,
    only_glass: bool = False,
) -> tuple[ListedSigner, ...]:
    """Who could sign, as far as the tables know.

    conflicted: directory accounts that are in the plan or at risk. under_glass: break-glass approvers may sign too;
    only_glass: nobody else may.
    """

    def may(each: ListedSigner) -> bool:
        if only_glass:
            return each.is_break_glass
        return each.is_approver or (under_glass and each.is_break_glass)

    def is_clear(each: ListedSigner) -> bool:
        if each.user_id == requester or not frozenset(requester_accounts).isdisjoint(each.accounts):
            return False
        if not each.accounts and listed.matching_required and not each.is_unread:
            return False
        return frozenset(conflicted).isdisjoint(each.accounts)

    return tuple(each for each in listed.people if may(each) and is_clear(each))


def distinct(people: Iterable[ListedSigner]) -> int:
    """How many persons that are: two Slack accounts with one directory account are one."""
    groups: list[set[str]] = []
    for each in people:
        names = {each.user_id, *each.accounts}
        for group in [known for known in groups if not known.isdisjoint(names)]:
            names |= group
            groups.remove(group)
        groups.append(names)
    return len(groups)


def round_at(request: Request, number: int, tiers: int) -> int:
    """When a round of calls is due (microseconds UTC).

    0: at the request, the first tier. 1: at half-time, the same once more. From 2 on: the next tier each, evenly over
    what is left.
    """
    life = request.expires_at - request.created_at
    if number <= 1:
        return request.created_at + number * life // 2
    return request.created_at + life // 2 + (number - 1) * life // (2 * max(2, tiers))


def rounds(tiers: int) -> int:
    """How many rounds there are in all."""
    return 1 + tiers
