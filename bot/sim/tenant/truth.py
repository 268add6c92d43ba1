"""What really happened in a story: the tests' answer sheet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Truth:
    """What a story holds, its late tail included. Times are aware UTC datetimes."""

    surge_user_ids: frozenset[str]
    """Everyone whom the wave flagged; eligible_user_ids and held_back together are the same people."""
    window_start: datetime
    window_end: datetime
    """detectedDateTime of the wave's first and last detection, cut to microseconds."""
    eligible_user_ids: frozenset[str]
    """Those whom confirm safe may clear."""
    held_back: Mapping[str, str]
    """Who must not be cleared in bulk, and why: suspicious (a second open detection), guest (the risk lives in
    another tenant), deleted, disabled, closed (somebody closed the risk before), privileged (holds a role that
    Microsoft marks as privileged)."""
    late_user_ids: frozenset[str]
    """Whose detection becomes visible only after the story's start."""
    kind_of: Mapping[str, str]
    """Sign-in kind of each flagged user: cloud-only, hybrid, federated, guest, or unknown (deleted: no profile)."""
    provider_of: Mapping[str, str]
    """Identity provider of each flagged federated user: AD FS, Okta, Ping."""
    passwordless_user_ids: frozenset[str]
    """Flagged users whom the registration report calls passwordless capable."""
    privileged_user_ids: frozenset[str] = frozenset()
    """Everybody, flagged or not, who holds a role that Microsoft marks as privileged, directly or by a group."""
    emergency_user_ids: frozenset[str] = frozenset()
    """Accounts kept for the day when nobody else can sign in; privileged, not flagged."""
    synchronization_user_ids: frozenset[str] = frozenset()
    """Accounts of the synchronization with the directory on premises; not flagged."""
    service_user_ids: frozenset[str] = frozenset()
    """Accounts that are nobody's, flagged or not."""

    @property
    def kinds(self) -> dict[str, int]:
        """How many flagged users there are of each sign-in kind."""
        return _counted(self.kind_of)

    @property
    def providers(self) -> dict[str, int]:
        """How many flagged federated users there are of each identity provider."""
        return _counted(self.provider_of)

    @property
    def passwordless(self) -> int:
        """How many flagged users are passwordless capable."""
        return len(self.passwordless_user_ids)


def _counted(words: Mapping[str, str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words.values():
        counts[word] = counts.get(word, 0) + 1
    return counts
