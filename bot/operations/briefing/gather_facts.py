"""Gather from the tables what the evidence of a surge rests on. Nothing is read from Microsoft here."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from bot.operations.briefing.surges_elsewhere import other_tenants
from bot.operations.reading.ask_breaches import leak_by_breaches, told_of_breaches
from bot.operations.reading.keep_directory import DIRECTORY, is_warm
from bot.operations.reading.keep_readings import KnownReading as Kept
from bot.operations.reading.keep_readings import known
from bot.operations.reading.known_networks import known_networks
from bot.operations.reading.read_announcements import ANNOUNCEMENTS
from bot.operations.reading.read_audits import AUDITS, AuditsRead
from bot.operations.reading.read_sign_ins import LOG, USUAL
from bot.operations.reading.tenant_readings import APPS, DOMAINS, HASH_SYNC, REGISTRATION, ROLES
from bot.store.transaction import Transaction
from bot.watch.acts import ActKind, acts_of, compared
from bot.watch.announcements import Announcement, of_service
from bot.watch.comparisons import (
    LEAST_KNOWN,
    passwordless_share,
    privileged_share,
    revocations_of,
    unsynchronised_share,
)
from bot.watch.durations import DAY
from bot.watch.facts import (
    Acts,
    Departments,
    EvidenceFacts,
    Known,
    Missing,
    NewApp,
    Revocations,
    Share,
    Told,
    UsualRate,
)
from bot.watch.profile import Profile, read_or_stated
from bot.watch.rows.credential import LEAKED
from bot.watch.sign_in_count import bad_credentials, risky_sign_ins
from bot.watch.surge import Surge
from bot.watch.tenant_facts import TenantFacts

_NOT_YET = "it is being read"


def gather_facts(
    tx: Transaction,
    surge: Surge,
    users: Collection[str],
    profiles: Mapping[str, Profile],
    tenant_facts: TenantFacts,
    *,
    now: int,
    flagged_at: Mapping[str, int] | None = None,
) -> EvidenceFacts:
    """What is known now (microseconds UTC). flagged_at: as the database counts it, where that was asked already."""
    tenant_users = _tenant_users(tx, surge.tenant_id)
    first_flags = tx.counts.flagged_at(surge) if flagged_at is None else flagged_at
    takeovers, changes, revoked = _acts(tx, surge, users, tenant_users, first_flags)
    risky, bad = _rates(tx, surge)
    return EvidenceFacts(
        flagged=len(users),
        types=tx.counts.users_by_type(surge),
        window_start=surge.window_start,
        window_end=surge.window_end,
        types_read_at=now,
        passwords_are_random=tenant_facts.passwords_are_random,
        passwordless=_passwordless(tx, surge, users),
        newer_passwords=_newer_passwords(tx, surge, users, tenant_facts, now),
        unsynchronised=_unsynchronised(tx, surge, users, profiles, tenant_facts, tenant_users, now),
        risky_sign_ins=risky,
        bad_credentials=bad,
        takeovers=takeovers,
        risky_changes=changes,
        new_apps=_new_apps(tx, surge),
        revocations=revoked,
        announcements=_announcements(tx, surge, tenant_facts),
        other_tenants=other_tenants(tx, surge, users, profiles, tenant_facts, now=now),
        privileged=_privileged(tx, surge, users, tenant_users),
        departments=_departments(tx, surge, users, now),
        breach=told_of_breaches(tx, surge, tenant_facts),
    )


def _tenant_users(tx: Transaction, tenant_id: str) -> int | None:
    return tx.watches.watch_of(tenant_id).tenant_users


def _unread(kept: Kept[Any]) -> Missing:
    return Missing(kept.problem or _NOT_YET)


def _passwordless(tx: Transaction, surge: Surge, users: Collection[str]) -> Told[Share]:
    report = known(tx, surge.tenant_id, REGISTRATION)
    if report.value is None:
        return _unread(report)
    return passwordless_share(users, report.value, read_at=report.read_at)


def _newer_passwords(
    tx: Transaction, surge: Surge, users: Collection[str], tenant_facts: TenantFacts, now: int
) -> Told[Share]:
    """Beside the unflagged, by the whole directory, which the database counts."""
    if not is_warm(tx.readings.reading_named(surge.tenant_id, DIRECTORY)):
        return Missing("the whole directory was not read yet")
    leaked_at = _last_leak(tx, surge, tenant_facts)
    if leaked_at is None:
        return Missing("no leak before this surge is known")
    start = surge.window_start
    mine, of = tx.counts.newer_passwords(surge.tenant_id, than=leaked_at, before=start, surge=surge)
    everybody, of_all = tx.counts.newer_passwords(surge.tenant_id, than=leaked_at, before=start)
    if not of or of < LEAST_KNOWN * len(users) or of_all <= of:
        return Missing("too few of these users have a known date of their password")
    return Known(Share(mine, of, (everybody - mine) / (of_all - of)), now)


def _last_leak(tx: Transaction, surge: Surge, tenant_facts: TenantFacts) -> int | None:
    """The last one known before the surge: what the team states; else the newest that was flagged or is listed."""
    stated = tenant_facts.last_leak_at
    if stated is not None and stated < surge.window_start:
        return stated
    flagged = tx.counts.last_detection(surge.tenant_id, LEAKED, surge.window_start - DAY)
    listed = leak_by_breaches(tx, surge, tenant_facts)
    return max((at for at in (flagged, listed) if at is not None), default=None)


def _unsynchronised(
    tx: Transaction,
    surge: Surge,
    users: Collection[str],
    profiles: Mapping[str, Profile],
    tenant_facts: TenantFacts,
    tenant_users: int | None,
    now: int,
) -> Told[Share]:
    domains = known(tx, surge.tenant_id, DOMAINS)
    federated = None
    if domains.value is not None:
        names = [domain.name for domain in domains.value if domain.is_federated]
        is_whole = is_warm(tx.readings.reading_named(surge.tenant_id, DIRECTORY))
        federated = 0 if not names else tx.counts.users_in_domains(surge.tenant_id, names) if is_whole else None
    kept = known(tx, surge.tenant_id, HASH_SYNC)
    synced = False if kept.read_at and kept.value is None else kept.value
    return unsynchronised_share(
        profiles,
        users,
        tenant_federated=federated,
        tenant_users=tenant_users,
        password_hash_sync=read_or_stated(read=synced, stated=tenant_facts.password_hash_sync).value,
        read_at=domains.read_at or now,
    )


def _rates(tx: Transaction, surge: Surge) -> tuple[Told[UsualRate], Told[UsualRate]]:
    read, before = LOG.get(tx, surge), USUAL.get(tx, surge)
    if read is None or before is None:
        missing = Missing(LOG.problem(tx, surge) or USUAL.problem(tx, surge) or _NOT_YET)
        return missing, missing
    now, usual = read.span.counted(), before.span.counted()
    return risky_sign_ins(now, usual, read_at=now.until), bad_credentials(now, usual, read_at=now.until)


def _acts(
    tx: Transaction, surge: Surge, users: Collection[str], tenant_users: int | None, flagged_at: Mapping[str, int]
) -> tuple[Told[Acts], Told[Acts], Told[Revocations]]:
    read = AUDITS.get(tx, surge)
    if read is None:
        missing = Missing(AUDITS.problem(tx, surge) or _NOT_YET)
        return missing, missing, missing
    flagged = set(users)
    others = _others(tx, surge.tenant_id, read, flagged)
    unflagged = max(
        len(others), (tenant_users or tx.directory_users.count_directory_users(surge.tenant_id)) - len(flagged)
    )
    networks = known_networks(tx, surge)

    def judged(kind: ActKind) -> Acts:
        own = acts_of(
            read.acts,
            kind,
            flagged,
            flagged_at=flagged_at,
            networks=networks[1] if networks else None,
            known_users=networks[0] if networks else frozenset(),
            surge_start=surge.window_start,
        )
        theirs = acts_of(read.acts, kind, others, flagged_at={}, networks=None, surge_start=surge.window_start)
        return compared(own, flagged=len(flagged), others=theirs, unflagged=unflagged)

    apps = known(tx, surge.tenant_id, APPS).value or ()
    revoked = revocations_of(read.revoked, flagged, microsoft_apps={seen.app.app_id for seen in apps})
    return (
        Known(judged(ActKind.TAKEOVER), read.until),
        Known(judged(ActKind.CHANGE), read.until),
        Known(revoked, read.until),
    )


def _others(tx: Transaction, tenant_id: str, read: AuditsRead, flagged: Collection[str]) -> frozenset[str]:
    """Users who acted, or were acted upon, and are not flagged."""
    named = {each for entry in read.acts for each in (*entry.target_ids, entry.by_user_id) if each} - set(flagged)
    acting = {entry.by_user_id for entry in read.acts if entry.by_user_id} - set(flagged)
    return tx.directory_users.known_ids(tenant_id, named) | acting


def _new_apps(tx: Transaction, surge: Surge) -> Told[tuple[NewApp, ...]]:
    kept = known(tx, surge.tenant_id, APPS)
    if kept.value is None:
        return _unread(kept)
    first = min((seen.seen_at for seen in kept.value if seen.missing_at is None), default=None)
    if first is None or first >= surge.window_start:
        return Missing("there is no snapshot of the apps from before the surge")
    elsewhere = _new_elsewhere(tx, surge)
    return Known(
        tuple(
            NewApp(seen.app.app_id, seen.app.name, seen.missing_at, seen.seen_at, 1 + elsewhere[seen.app.app_id])
            for seen in kept.value
            if seen.missing_at is not None
        ),
        kept.read_at,
    )


def _new_elsewhere(tx: Transaction, surge: Surge) -> Counter[str]:
    """By app id, in how many other tenants it came in the days around the surge."""
    found: Counter[str] = Counter()
    for tenant_id in tx.counts.watched_tenants() - {surge.tenant_id}:
        kept = known(tx, tenant_id, APPS)
        found.update(
            seen.app.app_id
            for seen in kept.value or ()
            if seen.missing_at is not None and seen.seen_at > surge.window_start - 3 * DAY
        )
    return found


def _announcements(tx: Transaction, surge: Surge, tenant_facts: TenantFacts) -> Told[tuple[Announcement, ...]]:
    read = ANNOUNCEMENTS.get(tx, surge)
    if read is None:
        return Missing(ANNOUNCEMENTS.problem(tx, surge) or _NOT_YET)
    return Known(of_service(read.found, tenant_facts.entra_service), read.at)


def _privileged(tx: Transaction, surge: Surge, users: Collection[str], tenant_users: int | None) -> Told[Share]:
    kept = known(tx, surge.tenant_id, ROLES)
    if kept.value is None:
        return _unread(kept)
    return privileged_share(users, kept.value, tenant_users=tenant_users, read_at=kept.read_at)


def _departments(tx: Transaction, surge: Surge, users: Collection[str], now: int) -> Told[Departments]:
    if not is_warm(tx.readings.reading_named(surge.tenant_id, DIRECTORY)):
        return Missing("the whole directory was not read yet")
    flagged = _by_department(tx.counts.departments(surge.tenant_id, surge))
    if sum(flagged.values()) < max(1, LEAST_KNOWN * len(users)):
        return Missing("too few of these users have a department")
    return Known(Departments(flagged, _by_department(tx.counts.departments(surge.tenant_id))), now)


def _by_department(counted: Mapping[str, int]) -> dict[str, int]:
    """The same name in any case of letters is one department."""
    found: Counter[str] = Counter()
    for name, number in counted.items():
        found[name.strip().casefold()] += number
    return dict(found)
