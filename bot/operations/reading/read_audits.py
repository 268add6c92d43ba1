"""Read from the directory's audit log what flagged users did, who revoked tokens, and who changed a policy.

The log is read whole, since the names of activities are Microsoft's and may move; only what matters is kept.
"""

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from bot.operations.reading.known_networks import SeenSources, keep_seen_sources, known_networks
from bot.operations.reading.surge_readings import SurgeReading
from bot.operations.tenant import Tenant
from bot.store.transaction import Transaction
from bot.watch import acts, policy_changes
from bot.watch.audits import Audit
from bot.watch.comparisons import REVOKED
from bot.watch.durations import DAY, MINUTE
from bot.watch.surge import Surge

OVERLAP = 15 * MINUTE
BEFORE = DAY
"""How long before a surge a mass revocation of tokens still belongs to it (microseconds)."""
EARLIER = 14 * DAY
MOST_LOOKED_UP = 20
"""Users of one briefing whose earlier sign-ins are asked for one by one."""


class AuditsRead(msgspec.Struct, frozen=True):
    """What of the audit log matters for a surge. until in microseconds UTC."""

    until: int = 0
    acts: tuple[Audit, ...] = ()
    """Of the kinds that follow a takeover, by anybody."""
    policies: tuple[Audit, ...] = ()
    revoked: tuple[Audit, ...] = ()
    """Revocations of tokens, those by the same app joined into one entry with all its users."""


class SourceNetworksRead(msgspec.Struct, frozen=True):
    """Whose earlier sign-ins were asked for one by one. Who had none stays unknown: no place is new to them."""

    users: tuple[str, ...] = ()


AUDITS = SurgeReading("audits", AuditsRead)
SOURCE_NETWORKS = SurgeReading("earlier sign-ins", SourceNetworksRead)


async def read_audits(tenant: Tenant, surge: Surge) -> None:
    """What came into the log since the last time. Raises GraphError; what was kept before stands."""
    started = tenant.world.now()
    read = await tenant.store.look(lambda tx: AUDITS.get(tx, surge)) or AuditsRead()
    since = max(surge.window_start - BEFORE, read.until - OVERLAP) if read.until else surge.window_start - BEFORE
    found = {entry.id: entry for entry in (*read.acts, *read.policies)}
    revoked = _Revoked(read.revoked)
    async for page in tenant.graph.audits(since=since):
        for entry in page.items:
            activity = entry.activity.lower()
            if activity == REVOKED:
                revoked.take(entry)
            elif activity in policy_changes.ACTIVITIES or (
                activity in acts.ACTIVITIES and entry.at >= surge.window_start
            ):
                found[entry.id] = entry
    done = AuditsRead(
        until=started,
        acts=tuple(entry for entry in found.values() if entry.activity.lower() in acts.ACTIVITIES),
        policies=tuple(entry for entry in found.values() if entry.activity.lower() in policy_changes.ACTIVITIES),
        revoked=revoked.joined(),
    )
    await tenant.transact_as_holder(lambda tx: AUDITS.keep(tx, surge, done, started))


class _Revoked:
    """Tens of thousands of revocations by a handful of apps."""

    def __init__(self, known: Iterable[Audit]) -> None:
        self._of: dict[tuple[str, ...], tuple[Audit, set[str]]] = {}
        for entry in known:
            self.take(entry)

    def take(self, entry: Audit) -> None:
        key = (entry.by_app_id, entry.by_app, entry.by_user_id, str(entry.is_by_microsoft), entry.result.lower())
        first, users = self._of.get(key, (entry, set()))
        users.update(entry.target_ids)
        self._of[key] = (min(first, entry, key=lambda each: each.at), users)

    def joined(self) -> tuple[Audit, ...]:
        return tuple(
            replace(first, target_ids=tuple(sorted(users)), target_names=()) for first, users in self._of.values()
        )


async def read_source_networks(tenant: Tenant, surge: Surge) -> None:
    """Where those who acted signed in before: asked one by one, since they are few. Raises GraphError."""

    def load(tx: Transaction) -> tuple[list[str], tuple[str, ...]]:
        known = known_networks(tx, surge)
        asked = (SOURCE_NETWORKS.get(tx, surge) or SourceNetworksRead()).users
        users = set(tx.surges.users_of_surge(tenant.id, surge.id))
        acting = {
            entry.by_user_id: acts.ACTIVITIES[entry.activity.lower()]
            for entry in sorted((AUDITS.get(tx, surge) or AuditsRead()).acts, key=_weighs_least_first)
            if entry.by_user_id in users and (known is None or entry.by_user_id not in known[0])
        }
        by_weight = sorted(acting, key=lambda user_id: (acting[user_id] is not acts.ActKind.TAKEOVER, user_id))
        return [user_id for user_id in by_weight if user_id not in asked], asked

    started = tenant.world.now()
    wanted, asked = await tenant.store.look(load)
    for user_id in wanted[:MOST_LOOKED_UP]:
        seen = SeenSources()
        since, until = surge.window_start - EARLIER, surge.window_start
        async for page in tenant.graph.sign_ins(since=since, until=until, user_id=user_id):
            seen.take(page.items)
        await keep_seen_sources(tenant, surge, seen)
    read = SourceNetworksRead((*asked, *wanted[:MOST_LOOKED_UP]))
    await tenant.transact_as_holder(lambda tx: SOURCE_NETWORKS.keep(tx, surge, read, started))


def _weighs_least_first(entry: Audit) -> bool:
    return acts.ACTIVITIES[entry.activity.lower()] is acts.ActKind.TAKEOVER
