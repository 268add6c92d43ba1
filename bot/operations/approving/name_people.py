"""From ids to the names that people know, and back."""

from collections.abc import Collection

from bot.store.transaction import Transaction
from bot.watch.surge import Surge


def names_of(tx: Transaction, tenant_id: str, user_ids: Collection[str]) -> dict[str, str]:
    """User principal names by id; the id itself where no name was read."""
    names = {user_id: user_id for user_id in user_ids}
    risky = tx.directory.risky_users(tenant_id, user_ids)
    names |= {user_id: user.user_principal_name for user_id, user in risky.items() if user.user_principal_name}
    profiles = tx.directory.profiles_of(tenant_id, user_ids)
    return names | {user_id: each.user_principal_name for user_id, each in profiles.items() if each.user_principal_name}


def find_user(tx: Transaction, surge: Surge, typed: str) -> str | None:
    """The user of a surge whose id or user principal name that is; None where it is nobody's, or more than one's."""
    wanted = typed.strip()
    members = frozenset(tx.surges.users_of_surge(surge.tenant_id, surge.id))
    if wanted in members:
        return wanted
    found = tx.directory.ids_of(surge.tenant_id, [wanted]) & members
    return next(iter(found)) if len(found) == 1 else None
