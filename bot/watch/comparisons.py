"""Facts that are counted from what the directory, the roles, snapshots and other surges say."""

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import pairwise

from bot.watch.announcements import MicrosoftApp
from bot.watch.audits import Audit
from bot.watch.facts import Known, Missing, NewApp, Revocations, Share, Told, Unasked
from bot.watch.privilege import RoleReport, is_privileged
from bot.watch.profile import Profile, SignInKind
from bot.watch.registration import Registered, RegistrationReport

REVOKED = "update stsrefreshtokenvalidfrom timestamp"
"""activityDisplayName in lower case."""
LEAST_KNOWN = 0.5
"""A comparison rests on at least half of the flagged users."""


def passwordless_share(flagged: Collection[str], report: RegistrationReport, *, read_at: int) -> Told[Share]:
    """Of the flagged whom the report has, how many registered a passwordless method, beside the whole report."""
    base = report.share(Registered.PASSWORDLESS)
    told = [each for each in (report.get(user_id) for user_id in set(flagged)) if each is not None]
    if base is None or not told:
        return Missing("the registration report has none of these users")
    return Known(Share(sum(1 for each in told if Registered.PASSWORDLESS in each), len(told), base), read_at)


def unsynchronised_share(
    profiles: Mapping[str, Profile],
    flagged: Collection[str],
    *,
    tenant_federated: int | None,
    tenant_users: int | None,
    password_hash_sync: bool | None,
    read_at: int,
) -> Told[Share]:
    """How many of the flagged are federated in a tenant that does not synchronise password hashes."""
    kinds = [profiles[user_id].kind for user_id in set(flagged) if user_id in profiles]
    known = [kind for kind in kinds if kind not in {SignInKind.UNKNOWN, SignInKind.GUEST}]
    if tenant_federated == 0:
        return Unasked("no domain is federated")
    if tenant_federated is None or not tenant_users or not known:
        return Missing("how users sign in was not read")
    if password_hash_sync is None:
        return Missing("whether password hashes are synchronised is not known: state it in the settings")
    if password_hash_sync:
        return Unasked("password hashes are synchronised: a federated user's can match")
    count = sum(1 for kind in known if kind is SignInKind.FEDERATED)
    return Known(Share(count, len(known), tenant_federated / tenant_users), read_at)


def privileged_share(
    flagged: Collection[str], report: RoleReport, *, tenant_users: int | None, read_at: int
) -> Told[Share]:
    """How many of the flagged hold a privileged role, beside the tenant's share."""
    if not tenant_users:
        return Missing("the size of the tenant is not known")
    holders = {user_id for user_id, roles in report.roles.items() if any(is_privileged(role) for role in roles)}
    hit = set(flagged)
    return Known(Share(len(hit & holders), len(hit), len(holders) / tenant_users), read_at)


def new_apps(
    snapshots: Iterable[tuple[int, Iterable[MicrosoftApp]]],
    *,
    window_start: int,
    in_tenants: Callable[[str], int] = lambda _: 1,
) -> Told[tuple[NewApp, ...]]:
    """Compare snapshots of Microsoft's own apps, each with when it was read (microseconds UTC).

    in_tenants: by app id, in how many of the watched tenants it came anew.
    """
    ordered = sorted(((at, {app.id: app for app in apps}) for at, apps in snapshots), key=lambda each: each[0])
    if not any(at < window_start for at, _ in ordered):
        return Missing("there is no snapshot of the apps from before the surge")
    if len(ordered) < 2:  # noqa: PLR2004 - two make a comparison
        return Missing("there is one snapshot of the apps only")
    found: dict[str, NewApp] = {}
    for (after, old), (before, new) in pairwise(ordered):
        for key in sorted(new.keys() - old.keys()):
            app = new[key]
            found.setdefault(key, NewApp(app.app_id, app.name, after, before, max(1, in_tenants(app.app_id))))
    return Known(tuple(found.values()), ordered[-1][0])


def revocations_of(
    audits: Iterable[Audit], flagged: Collection[str], *, microsoft_apps: Collection[str] = frozenset()
) -> Revocations:
    """Whose tokens Microsoft's own apps revoked, by the audit log of the day before and of the surge.

    microsoft_apps: app ids known to be Microsoft's, for entries that don't tell. What a person or the team's own app
    revoked is not counted.
    """
    hit = set(flagged)
    by_app: dict[str, set[str]] = {}
    undecided: set[str] = set()
    for entry in audits:
        if entry.activity.lower() != REVOKED or entry.by_user_id or entry.result.lower() not in {"success", ""}:
            continue
        if entry.is_by_microsoft or (entry.by_app_id and entry.by_app_id in microsoft_apps):
            by_app.setdefault(entry.by_app or "an app", set()).update(entry.target_ids)
        elif entry.is_by_microsoft is None:
            undecided.update(entry.target_ids)
    users = set().union(*by_app.values())
    app = max(by_app, key=lambda name: (len(by_app[name]), name), default="")
    return Revocations(len(users), len(users & hit), app, len(undecided - users))
