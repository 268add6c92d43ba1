"""Which flagged users are privileged: for a person to look at, one by one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from bot.watch.privilege import RoleReport, is_privileged


@dataclass(frozen=True, slots=True)
class Privileged:
    """A flagged user with a privileged role, by this account or by another of the same person."""

    user_id: str
    roles: tuple[str, ...]
    """Names, sorted."""
    through: str = ""
    """The id of the other account that holds them; empty where this one does."""


def privileged_users(
    report: RoleReport | None, users: Iterable[str], people: Mapping[str, Collection[str]]
) -> tuple[Privileged, ...] | None:
    """Who of these users is privileged, sorted by id; None where roles could not be read.

    people: by person, all directory account ids of that person (the people file): whoever holds the ordinary account
    of an administrator may reach the other.
    """
    if report is None:
        return None
    others: dict[str, set[str]] = {}
    for accounts in people.values():
        for account in accounts:
            others.setdefault(account, set()).update(each for each in accounts if each != account)
    found = []
    for user_id in sorted(set(users)):
        for account in (user_id, *sorted(others.get(user_id, ()))):
            roles = tuple(sorted({role.name for role in report.of(account) if is_privileged(role)}))
            if roles:
                found.append(Privileged(user_id, roles, "" if account == user_id else account))
                break
    return tuple(found)
