"""Accounts that are not simply a person's, each told by a rule that is said with it.

Names of synchronisation accounts: Microsoft Entra Connect, "Accounts and permissions" (Sync_server_hex@...,
ADToAADSyncServiceAccount@...).
"""

import re
from collections.abc import Collection, Iterable
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
_LONGEST = 320


def account_kind(profile: Profile, report: RoleReport | None, emergency: Collection[str]) -> ToldKind:
    """What the account is. emergency: ids and principal names of emergency accounts, in any case of letters."""
    listed = {each.strip().lower() for each in emergency}
    name = profile.user_principal_name[:_LONGEST].lower()
    if profile.user_id.lower() in listed or (name and name in listed):
        return ToldKind(AccountKind.EMERGENCY, "listed as an emergency account")
    if report is not None and profile.user_id in report.holders(DIRECTORY_SYNCHRONIZATION):
        return ToldKind(AccountKind.DIRECTORY_SYNC, "holds the role Directory Synchronization Accounts")
    if _SYNC.match(name):
        return ToldKind(AccountKind.DIRECTORY_SYNC, "is named like Entra Connect's account")
    words = re.split(r"[-_.]", name.partition("@")[0])
    for word in _SERVICE_WORDS:
        if word in (words[0], words[-1]) or name.startswith(f"{word}@"):
            return ToldKind(AccountKind.SERVICE_LIKE, f'has "{word}" in its name')
    return ToldKind(AccountKind.PERSON, "nothing tells otherwise")


def other_than_people(
    profiles: Iterable[Profile], report: RoleReport | None, emergency: Collection[str]
) -> dict[str, ToldKind]:
    """By user id: the accounts that are not simply a person's."""
    told = {profile.user_id: account_kind(profile, report, emergency) for profile in profiles}
    return {user_id: each for user_id, each in told.items() if each.kind is not AccountKind.PERSON}
