"""Who is who: the people whose Slack and directory accounts were written down, and what an e-mail address tells."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bot.decide.refusal import Refusal
from bot.watch.profile import DirectoryUser


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """One entry of the people file."""

    slack: tuple[str, ...]
    """Slack user ids, mostly one."""
    name: str
    accounts: tuple[str, ...]
    """Directory accounts, a separate admin account among them: object ids or user principal names."""

    def has(self, account: DirectoryUser) -> bool:
        """Whether a directory account is one of this person's."""
        listed = {each.casefold() for each in self.accounts}
        return not listed.isdisjoint({account.user_id.casefold(), account.user_principal_name.casefold()})


def entry_of(
    people: Iterable[ListedPerson], user_id: str, by_address: Collection[DirectoryUser]
) -> ListedPerson | Refusal | None:
    """The entry that a Slack user belongs to, by their id or by the account that bears their address; None: no entry.

    An account that is another entry's makes two people of one Slack user: refused.
    """
    found = [entry for entry in people if user_id in entry.slack or any(entry.has(account) for account in by_address)]
    if len(found) > 1:
        return Refusal.ACCOUNT_AMBIGUOUS
    return found[0] if found else None


def refuse_accounts(accounts: Collection[DirectoryUser]) -> Refusal | None:
    """Refuse whoever has accounts none of which is enabled: somebody who left."""
    if accounts and all(account.account_enabled is False for account in accounts):
        return Refusal.ACCOUNT_DISABLED
    return None
