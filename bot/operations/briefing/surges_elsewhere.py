"""The same surge in the other tenants that are watched, and what those tenants share with this one."""

from collections import Counter
from collections.abc import Collection, Mapping

from bot.store.transaction import Transaction
from bot.watch.briefing import cohort_of
from bot.watch.facts import Known, Missing, OtherTenants, Told, Unasked
from bot.watch.profile import Profile
from bot.watch.surge import Surge
from bot.watch.tenant_facts import TenantFacts
from bot.watch.tenant_traits import TenantTraits, what_is_shared


def other_tenants(
    tx: Transaction,
    surge: Surge,
    users: Collection[str],
    profiles: Mapping[str, Profile],
    tenant_facts: TenantFacts,
    *,
    now: int,
) -> Told[OtherTenants]:
    """How many of them have it: a type in common, windows that overlap. users, profiles: the flagged of this one."""
    others = tx.counts.watched_tenants() - {surge.tenant_id}
    if not others:
        return Unasked("only one tenant is watched")
    hit: dict[str, Surge] = {}
    for other in tx.surges.all_surges():
        if other.tenant_id in others and _is_the_same(surge, other):
            largest = hit.get(other.tenant_id, other)
            hit[other.tenant_id] = max(largest, other, key=lambda each: each.users)
    theirs = [_traits(tx, other, tenant_facts) for other in hit.values()]
    known = [traits for traits in theirs if traits is not None]
    if len(known) < len(theirs):
        return Missing("who is hit in the other tenants is being read")
    cohorts = Counter(cohort_of(profiles.get(user_id)) for user_id in users)
    mine = TenantTraits(cohorts, tenant_facts.management_tools.get(surge.tenant_id, ""))
    return Known(OtherTenants(len(hit), len(others), what_is_shared(mine, known)), now)


def _is_the_same(surge: Surge, other: Surge) -> bool:
    return (
        not set(other.risk_event_types).isdisjoint(surge.risk_event_types)
        and other.window_start <= surge.window_end
        and surge.window_start <= other.window_end
    )


def _traits(tx: Transaction, surge: Surge, tenant_facts: TenantFacts) -> TenantTraits | None:
    """None while its first briefing is not made."""
    briefing = tx.briefings.latest_briefing(surge.tenant_id, surge.id)
    if briefing is None:
        return None
    return TenantTraits(briefing.cohorts or {}, tenant_facts.management_tools.get(surge.tenant_id, ""))
