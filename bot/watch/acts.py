"""What the audit log says that flagged users did, or had done to them, of the kinds that follow a takeover.

Activity names: Microsoft Entra audit log activities (Authentication Methods, Self-service Password Management, Core
Directory). Rules of a mailbox are in Exchange's own log and can't be seen here.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from bot.watch.audits import Audit
from bot.watch.facts import Act, Acts, Cause
from bot.watch.sign_in_count import network_of


class ActKind(StrEnum):
    """Which row of the evidence an act belongs to."""

    TAKEOVER = "takeover"
    CHANGE = "change"


ACTIVITIES: Mapping[str, ActKind] = {
    "user registered security info": ActKind.TAKEOVER,
    "user registered all required security info": ActKind.TAKEOVER,
    "consent to application": ActKind.TAKEOVER,
    "add delegated permission grant": ActKind.TAKEOVER,
    "add app role assignment grant to user": ActKind.TAKEOVER,
    "register device": ActKind.TAKEOVER,
    "add registered owner to device": ActKind.TAKEOVER,
    "new-inboxrule": ActKind.TAKEOVER,
    "set-inboxrule": ActKind.TAKEOVER,
    "user deleted security info": ActKind.CHANGE,
    "user changed default security info": ActKind.CHANGE,
    "change password (self-service)": ActKind.CHANGE,
    "reset password (self-service)": ActKind.CHANGE,
    "reset password (by admin)": ActKind.CHANGE,
    "change user password": ActKind.CHANGE,
    "reset user password": ActKind.CHANGE,
    "admin deleted security info": ActKind.CHANGE,
    "admin registered security info": ActKind.CHANGE,
}
"""activityDisplayName in lower case. The exact texts are Microsoft's and may move: unsure."""


def acts_of(
    audits: Iterable[Audit],
    kind: ActKind,
    users: Collection[str],
    *,
    flagged_at: Mapping[str, int],
    networks: Collection[tuple[str, str]] | None,
    known_users: Collection[str] = frozenset(),
    surge_start: int | None = None,
) -> tuple[Act, ...]:
    """The acts of one kind by or upon these users, oldest first; an entry that comes twice counts once.

    flagged_at: the first flag of each, microseconds UTC; empty for unflagged users. networks: (user id, network) of
    earlier sign-ins, or None where none were read; known_users: whose earlier sign-ins were read, when not all.
    surge_start: what was done before it counts only from a network that is new to the user, since people change phones
    and passwords every day, while a takeover may be older than the detection that tells of it.
    """
    found: dict[str, Act] = {}
    for entry in audits:
        if ACTIVITIES.get(entry.activity.lower()) is not kind or entry.result.lower() not in {"success", ""}:
            continue
        user_id = next((each for each in (*entry.target_ids, entry.by_user_id) if each in users), None)
        if user_id is None:
            continue
        is_new = _is_new(user_id, entry.ip_address, networks, known_users)
        if surge_start is not None and entry.at < surge_start and not is_new:
            continue
        cause = _cause(entry, user_id, kind, flagged_at.get(user_id), is_new=is_new)
        found[entry.id] = Act(user_id, entry.at, entry.activity, entry.ip_address, is_new, cause)
    return tuple(sorted(found.values(), key=lambda act: (act.at, act.user_id, act.activity)))


def compared(acts: Iterable[Act], *, flagged: int, others: Iterable[Act], unflagged: int) -> Acts:
    """The acts of the flagged beside those of the unflagged like them in the same span."""
    own = [act for act in others if act.cause is Cause.OWN]
    is_told = any(act.is_new is not None for act in own)
    return Acts(
        acts=tuple(acts),
        flagged=flagged,
        unflagged=unflagged,
        unflagged_users=len({act.user_id for act in own}),
        unflagged_new=len({act.user_id for act in own if act.is_new}) if is_told else None,
    )


def _is_new(
    user_id: str, address: str, networks: Collection[tuple[str, str]] | None, known_users: Collection[str]
) -> bool | None:
    if networks is None or not address or (known_users and user_id not in known_users):
        return None
    return (user_id, network_of(address)) not in networks


def _cause(entry: Audit, user_id: str, kind: ActKind, flagged_at: int | None, *, is_new: bool | None) -> Cause:
    """Another's act is a help desk's; the user's own after the flag and from a usual place is what the lock-out forces.

    Where the place is not known, a change of password after the flag is taken as forced, a new method is not. (A forced
    new method proves nothing, but its user is looked at all the same: see bot.watch.evidence.)
    """
    if entry.by_user_id != user_id:
        return Cause.HELP_DESK
    if flagged_at is None or entry.at < flagged_at or is_new:
        return Cause.OWN
    return Cause.OWN if is_new is None and kind is ActKind.TAKEOVER else Cause.FORCED
