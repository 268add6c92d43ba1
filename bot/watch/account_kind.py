"""Accounts that are not simply a person's, each told by a rule that is said with it.

Names of synchronisation accounts: Microsoft Entra Connect, "Accounts and permissions" (Sync_server_hex@...,
ADToAADSyncServiceAccount@...).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.watch.privilege import DIRECTORY_SYNCHRONIZATION, RoleReport
from bot.watch.profile import Profile


class AccountKind(StrEnum):
    """What an account is. The value is what people read."""

    PERSON = "person"
    EMERGENCY = "emergency account"
    DIRECTORY_SYNC = "directory synchronisation account"
    SERVICE_LIKE = "service-like account"


@dataclass(frozen=True, slots=True)
class ToldKind:
    """What an account is, and by which rule."""

    kind: AccountKind
    why: str


_SYNC = re.compile(r"(sync_[^@]+_[0-9a-f]{8,}|adtoaadsyncserviceaccount[^@]*)@", re.IGNORECASE)
_SERVICE_WORDS = (
    "svc",
    "srv",
    "service",
    "robot",
    "bot",
    "noreply",
    "no-reply",
    "scan",
    "scanner",
    "printer",
    "fax",
    "kiosk",
    "room",
    "shared",
    "automation",
    "serviceaccount",
)
_ANY_SERVICE_WORD = frozenset(_SERVICE_WORDS)
_BETWEEN_WORDS = re.compile(r"[-_.]")
_LONGEST = 320
_PERSON = ToldKind(AccountKind.PERSON, "nothing tells otherwise")


def account_kind(profile: Profile, report: RoleReport | None, emergency: Collection[str]) -> ToldKind:
    """What the account is. emergency: ids and principal names of emergency accounts, in any case of letters."""
    return _told(profile.user_id, profile.user_principal_name, _synchronizing(report), _listed(emergency))


def other_than_people(
    names: Mapping[str, str], report: RoleReport | None, emergency: Collection[str]
) -> dict[str, ToldKind]:
    """By user id: the accounts that are not simply a person's. names: principal names by user id."""
    synchronizing, listed = _synchronizing(report), _listed(emergency)
    told = ((user_id, _told(user_id, name, synchronizing, listed)) for user_id, name in names.items())
    return {user_id: each for user_id, each in told if each is not _PERSON}


def _synchronizing(report: RoleReport | None) -> frozenset[str]:
    return frozenset() if report is None else report.holders(DIRECTORY_SYNCHRONIZATION)


def _listed(emergency: Collection[str]) -> frozenset[str]:
    return frozenset(each.strip().lower() for each in emergency)


def _told(user_id: str, principal_name: str, synchronizing: frozenset[str], listed: frozenset[str]) -> ToldKind:
    name = principal_name[:_LONGEST].lower()
    if user_id.lower() in listed or (name and name in listed):
        return ToldKind(AccountKind.EMERGENCY, "listed as an emergency account")
    if user_id in synchronizing:
        return ToldKind(AccountKind.DIRECTORY_SYNC, "holds the role Directory Synchronization Accounts")
    if _SYNC.match(name):
        return ToldKind(AccountKind.DIRECTORY_SYNC, "is named like Entra Connect's account")
    own, at, _ = name.partition("@")
    words = _BETWEEN_WORDS.split(own)
    found = _ANY_SERVICE_WORD.intersection((words[0], words[-1], own if at else ""))
    if found:
        word = min(found, key=_SERVICE_WORDS.index)
        return ToldKind(AccountKind.SERVICE_LIKE, f'has "{word}" in its name')
    return _PERSON
