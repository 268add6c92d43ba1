"""What the team says of its tenant, because Microsoft Graph does not tell it or tells it too late."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.watch.profile import IdentityProvider
from bot.watch.weights import Weights


@dataclass(frozen=True, slots=True)
class TenantFacts:
    """None: the team did not say."""

    name: str = ""
    """What people call the tenant."""
    identity_providers: Mapping[str, IdentityProvider] = field(default_factory=dict)
    """By domain, in lower case: who checks its users' passwords, whatever its federation looks like."""
    password_hash_sync: bool | None = None
    """Whether password hashes come from on-premises."""
    staged_rollout: frozenset[str] = frozenset()
    """Object ids of the groups that staged rollout lets sign in at Entra, where that can't be read."""
    password_writeback: bool | None = None
    """Whether a password changed in Entra is written back on-premises."""
    time_zone: str = "UTC"
    """IANA name: whose nights and mornings count."""
    entra_service: str = ""
    """What Microsoft's service announcements call the service that matters: others count for nothing. Empty: all do."""
    passwords_are_random: bool = False
    """The passwords of passwordless users are random or disabled: nobody has one that could leak."""
    last_leak_at: int | None = None
    """When the last leak that the team knows of happened (microseconds UTC)."""
    management_tools: Mapping[str, str] = field(default_factory=dict)
    """By tenant id, of every tenant that is served: what manages its accounts from outside, where that is stated."""
    asks_breach_service: bool = False
    """The team brought a key for a breach service."""
    weights: Weights = field(default_factory=Weights)
    """The numbers by which the evidence is judged."""
