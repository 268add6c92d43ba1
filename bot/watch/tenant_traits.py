"""What the tenants with the same surge have in common that could itself be the cause."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.watch.briefing import BY_PROVIDER, Cohort
from bot.watch.profile import IdentityProvider

_PROVIDERS = tuple(cohort for provider, cohort in BY_PROVIDER.items() if provider is not IdentityProvider.NOT_READ)


@dataclass(frozen=True, slots=True)
class TenantTraits:
    """One tenant in a surge."""

    cohorts: Mapping[Cohort, int]
    """Its flagged users by how they sign in."""
    management_tool: str = ""
    """What manages its accounts from outside, where the team states it."""


def what_is_shared(mine: TenantTraits, others: Iterable[TenantTraits]) -> str:
    """What all of them share: a management tool, or an identity provider of more than half of the flagged in each.

    Empty where they share neither, or where there are no others.
    """
    tenants = [mine, *others]
    if len(tenants) == 1:
        return ""
    tools = {each.management_tool.strip().casefold() for each in tenants}
    if len(tools) == 1 and mine.management_tool.strip():
        return f"the management tool {mine.management_tool.strip()}"
    for provider in _PROVIDERS:
        if all(2 * each.cohorts.get(provider, 0) > sum(each.cohorts.values()) for each in tenants):
            return f"the identity provider {provider.value}"
    return ""
