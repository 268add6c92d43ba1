"""What really happened in a story: the tests' answer sheet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    Microsoft marks as privileged), taken over, attacked."""
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

    blocked_user_ids: frozenset[str] = frozenset()
    """Flagged users whom a sign-in by now told 53003, 53011 or 530032 after they were flagged."""
    blocked_sign_ins: int = 0
    """How many such sign-ins of theirs there were by now."""
    blocked_since: datetime | None = None
    """The first of them."""
    usually_blocked_user_ids: frozenset[str] = frozenset()
    """Flagged users whom another policy blocked (53003) in the week before the window; never in the hours that are the
    window's hours a week earlier."""
    stuck_user_ids: frozenset[str] = frozenset()
    """Flagged users whom a sign-in by now told 50142 or 53004, and who did not get in since."""
    remediated_user_ids: frozenset[str] = frozenset()
    """Flagged users who changed their password because a policy forced them to, and closed their risk by it."""
    helped_user_ids: frozenset[str] = frozenset()
    """Flagged users whose password the help desk set anew after the flag; their risk stays."""
    reach_of: Mapping[str, str] = field(default_factory=dict)
    """What the user-risk policies do to each flagged user who is at risk here and enabled: blocked, can self-remediate
    (a password change is demanded, and they have MFA, self-service, and a password that the cloud may change), stuck
    (it is demanded and they can't), untouched."""
    worker_ids: frozenset[str] = frozenset()
    """Flagged users who signed in on a working day of the week before the window."""
    forecast_user_ids: frozenset[str] = frozenset()
    """Flagged users whom the policies block or leave stuck, who were not stopped by now, and who signed in a week
    before the day of the next working morning (Monday to Friday, 08:00 UTC)."""
    takeover_user_ids: frozenset[str] = frozenset()
    """Users whose account somebody else used, flagged or not."""
    takeover_acts: int = 0
    """Lines of the directory audit log that they left: methods registered, apps consented to."""
    new_phone_user_ids: frozenset[str] = frozenset()
    """Flagged users who registered a new method themselves, after the flag, from their usual address."""
    new_app_ids: frozenset[str] = frozenset()
    """appIds of Microsoft's apps that came within 72 hours before the window."""
    revoked_user_ids: frozenset[str] = frozenset()
    """Users whose refresh tokens a Microsoft app made invalid just before the window."""
    advisory_ids: frozenset[str] = frozenset()
    """Announcements that name risk detections."""
    bad_credentials: int = 0
    """Sign-ins of flagged users that failed with 50126 or 50053 between the window's start and now."""
    bad_credentials_before: int = 0
    """The same in the seven days before the window."""
    risky_sign_ins: int = 0
    """Sign-ins of flagged users with a riskLevelDuringSignIn of low or higher between the window's start and now."""
    risky_sign_ins_before: int = 0
    """The same in the seven days before the window."""
    expected_bands: frozenset[str] = frozenset()
    """Where the evidence should lead, in the words that people read: strongly a false alarm, leans to a false alarm,
    inconclusive, conflicting, leans to an attack, strongly an attack, insufficient. For tenants of 300 users and more:
    among forty flagged users a few of another type weigh too much."""

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
