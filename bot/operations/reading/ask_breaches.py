"""Ask a breach service about a sample of a surge's users, in the background and at the lowest pace.

Addresses leave the house here, so only those are asked about whose answer can be judged, and only where the team
brought a key. What is kept names users by their ids alone.
"""

import msgspec
import structlog

from bot.operations.reading.surge_readings import SurgeReading
from bot.operations.tenant import Tenant
from bot.ports.breaches import BreachError, Breaches, BreachProblem
from bot.store.leases import Hold
from bot.store.transaction import Transaction
from bot.watch.breach import Leak, breach_of, newest_leak, sample
from bot.watch.durations import MINUTE
from bot.watch.facts import Breach, Missing, Told, Unasked
from bot.watch.profile import Profile, SignInKind
from bot.watch.surge import Surge, SurgeState
from bot.watch.tenant_facts import TenantFacts

SAMPLE_SIZE = 60
"""Enough to tell a tenth from none, and six minutes' work at ten a minute."""
LEAST_ASKED = 20
"""Fewer answers are not told of, unless the whole sample is smaller."""
SETTLED_FOR = 5 * MINUTE
"""So long (microseconds) nobody looks for more users to ask about, unless the surge has more."""
_WITH_A_PASSWORD_HERE = frozenset({SignInKind.CLOUD_ONLY, SignInKind.HYBRID})

log = structlog.get_logger()


class AskedUser(msgspec.Struct, frozen=True):
    """The answer about one user."""

    password_changed_at: int
    """As it was when they were asked about (microseconds UTC)."""
    leaks: tuple[Leak, ...] | None
    """None: the service would not look for the address."""


class BreachesRead(msgspec.Struct, frozen=True):
    """The answers so far."""

    users: dict[str, AskedUser]
    """By user id."""
    sample: tuple[str, ...] = ()
    """User ids of those who are asked about, the answered among them."""

    @property
    def told(self) -> dict[str, AskedUser]:
        """Those of the sample of whom the service told something."""
        return {
            user_id: self.users[user_id]
            for user_id in self.sample
            if user_id in self.users and self.users[user_id].leaks is not None
        }

    @property
    def is_enough(self) -> bool:
        """Whether so many are answered that it may be spoken of."""
        return sum(1 for user_id in self.sample if user_id in self.users) >= min(LEAST_ASKED, len(self.sample))


BREACHES = SurgeReading("breaches", BreachesRead)


async def ask_breaches(tenant: Tenant, hold: Hold) -> None:
    """Ask about whoever is to be asked about in the tenant's surges. May take minutes; nobody waits for it.

    hold: the lease on the service, which one process asks for all tenants, since its rate limit is one for all.
    Raises LeaseLostError.
    """
    if tenant.breaches is None:
        return
    surges = await tenant.store.look(lambda tx: tx.surges.all_surges(tenant.id))
    for surge in surges:
        is_over = surge.state is SurgeState.CLOSED
        if not is_over and not _failed_a_moment_ago(tenant, surge) and not _is_settled(tenant, surge):
            await _ask_about(tenant, tenant.breaches, surge, hold)


def _is_settled(tenant: Tenant, surge: Surge) -> bool:
    users, settled_at = tenant.work.readings.sampled.get(surge.id, (-1, 0))
    return users == surge.users and tenant.world.now() - settled_at < SETTLED_FOR


def _failed_a_moment_ago(tenant: Tenant, surge: Surge) -> bool:
    return tenant.work.readings.failed_lately(f"{BREACHES.name} of {surge.id}", tenant.world.now())


async def _ask_about(tenant: Tenant, service: Breaches, surge: Surge, hold: Hold) -> None:
    before = await tenant.store.look(lambda tx: BREACHES.get(tx, surge))
    read, profiles, are_known = await tenant.store.look(lambda tx: _planned(tx, surge))
    if read != before:
        await _keep(tenant, surge, hold, read)
    try:
        for user_id in read.sample:
            profile = profiles.get(user_id)
            if user_id not in read.users and profile is not None:
                asked = AskedUser(profile.password_changed_at or 0, await _leaks_of(service, _address(profile)))
                read = msgspec.structs.replace(read, users=read.users | {user_id: asked})
                await _keep(tenant, surge, hold, read)
    except BreachError as problem:
        await _fail(tenant, surge, hold, problem)
    else:
        if are_known:
            tenant.work.readings.sampled[surge.id] = (surge.users, tenant.world.now())
    if read != before:
        now = tenant.world.now()
        await tenant.store.transact(lambda tx: tx.surges.ask_briefing(tenant.id, surge.id, now))
        tenant.bells.brief.set()


async def _leaks_of(service: Breaches, address: str) -> tuple[Leak, ...] | None:
    try:
        return await service.leaks_of(address)
    except BreachError as problem:
        if problem.problem is BreachProblem.ADDRESS_REFUSED:
            return None
        raise


async def _keep(tenant: Tenant, surge: Surge, hold: Hold, read: BreachesRead) -> None:
    def keep(tx: Transaction) -> None:
        tx.leases.require_lease(hold)
        BREACHES.keep(tx, surge, read, tenant.world.now())

    await tenant.store.transact(keep)


async def _fail(tenant: Tenant, surge: Surge, hold: Hold, problem: BreachError) -> None:
    def fail(tx: Transaction) -> None:
        tx.leases.require_lease(hold)
        BREACHES.fail(tx, surge, problem.why)

    tenant.work.readings.failed_at[f"{BREACHES.name} of {surge.id}"] = tenant.world.now()
    log.warning("breach_service_failed", tenant=tenant.id, problem=problem.problem.name.lower())
    await tenant.store.transact(fail)


def _planned(tx: Transaction, surge: Surge) -> tuple[BreachesRead, dict[str, Profile], bool]:
    """Whom to ask about, the profiles of those who were not yet, and whether most profiles were read at all."""
    before = BREACHES.get(tx, surge) or BreachesRead({})
    users = tx.surges.users_of_surge(surge.tenant_id, surge.id)
    found = tx.directory.profiles_of(surge.tenant_id, users, named=False)
    could = {user_id for user_id, profile in found.items() if _can_be_judged(profile, surge)}
    chosen = sample(could | (before.users.keys() & set(users)), SAMPLE_SIZE)
    named = tx.directory.profiles_of(surge.tenant_id, [each for each in chosen if each not in before.users])
    whole = {user_id: profile for user_id, profile in named.items() if "@" in _address(profile)}
    kept = tuple(each for each in chosen if each in before.users or each in whole)
    return BreachesRead(before.users, kept), whole, len(found) > len(users) // 2


def _can_be_judged(profile: Profile, surge: Surge) -> bool:
    """Whether a breach could be newer than their password of before the surge: the lock-out forces people to change it.

    A federated user's date is that of an old hash, and a guest's password is elsewhere.
    """
    changed = profile.password_changed_at
    return (
        profile.kind in _WITH_A_PASSWORD_HERE
        and profile.is_enabled is not False
        and changed is not None
        and changed < surge.window_start
    )


def _address(profile: Profile) -> str:
    return profile.mail or profile.user_principal_name


def told_of_breaches(tx: Transaction, surge: Surge, tenant_facts: TenantFacts) -> Told[Breach]:
    """What the answers come to."""
    if not tenant_facts.asks_breach_service:
        return Unasked("no breach service is set up")
    read, problem = BREACHES.get(tx, surge), BREACHES.problem(tx, surge)
    if read is None or not read.is_enough:
        return Missing(problem or "it is being read")
    told = read.told
    if not told:
        return Missing("no user asked about has a password here that is known to be older than the surge")
    return breach_of(
        {user_id: [leak.at for leak in asked.leaks or ()] for user_id, asked in told.items()},
        {user_id: asked.password_changed_at for user_id, asked in told.items()},
        read_at=BREACHES.read_at(tx, surge),
    )


def leak_by_breaches(tx: Transaction, surge: Surge, tenant_facts: TenantFacts) -> int | None:
    """When the newest leak that the service knows of this tenant happened before the surge (microseconds UTC)."""
    read = BREACHES.get(tx, surge) if tenant_facts.asks_breach_service else None
    if read is None or not read.is_enough:
        return None
    return newest_leak({user_id: asked.leaks or () for user_id, asked in read.told.items()}, before=surge.window_start)
