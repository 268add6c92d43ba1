"""Join the directory, its domains and the registration report into profiles of a surge's users."""

from collections.abc import Collection
from dataclasses import replace

from bot.operations.reading.keep_readings import known
from bot.operations.reading.tenant_readings import DOMAINS, REGISTRATION, ROLLOUT
from bot.operations.tenant import Tenant
from bot.store.transaction import Transaction
from bot.watch.profile import Profile, profiles
from bot.watch.surge import Surge

PROFILES_AT_A_TIME = 1_000


async def keep_profiles(tenant: Tenant, surge: Surge) -> None:
    """Keep those that differ from what was known, some hundred at a time."""
    users = await tenant.store.look(lambda tx: tx.surges.users_of_surge(tenant.id, surge.id))
    for start in range(0, len(users), PROFILES_AT_A_TIME):
        chunk = users[start : start + PROFILES_AT_A_TIME]
        made = await tenant.store.look(lambda tx: _changed_profiles(tx, tenant, chunk))  # noqa: B023
        if made:
            now = tenant.world.now()
            await tenant.transact_as_holder(lambda tx: tx.directory.keep_profiles(tenant.id, made, now))  # noqa: B023


def _changed_profiles(tx: Transaction, tenant: Tenant, users: Collection[str]) -> list[Profile]:
    domains, report = known(tx, tenant.id, DOMAINS).value, known(tx, tenant.id, REGISTRATION).value
    if domains is None:
        return []
    listed = tx.directory_users.directory_users_by_id(tenant.id, users)
    before = tx.directory.profiles_of(tenant.id, users)
    told, rollout = tenant.tenant_facts, known(tx, tenant.id, ROLLOUT).value
    made = profiles(
        listed.values(),
        domains,
        report,
        providers=told.identity_providers,
        rolled_out=frozenset() if rollout is None else rollout.users(told.staged_rollout),
    )
    if report is None:
        made = {
            user_id: replace(each, registered=old.registered, is_passwordless=old.is_passwordless)
            if (old := before.get(user_id))
            else each
            for user_id, each in made.items()
        }
    return [each for user_id, each in made.items() if before.get(user_id) != each]
