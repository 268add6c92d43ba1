"""What the sign-in log says of flagged users as a group, beside what is usual for them.

riskLevelDuringSignIn reads "hidden" without Microsoft Entra ID P2 (Microsoft Graph v1.0, signIn).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from bot.watch.facts import Known, Missing, Told, UsualRate
from bot.watch.sign_ins import BAD_CREDENTIALS, SignIn

_RISKY = frozenset({"low", "medium", "high"})


@dataclass(frozen=True, slots=True)
class SignInCount:
    """Counts of one span. since, until in microseconds UTC."""

    since: int
    until: int
    sign_ins: int = 0
    risky: int = 0
    hidden: int = 0
    """Sign-ins whose risk level the licence hides."""
    bad_credentials: int = 0
    networks: frozenset[tuple[str, str]] = frozenset()
    """(user id, network) of every success: see `network_of`."""
    users: frozenset[str] = frozenset()
    """Who signed in with success."""


class SignInReading:
    """One reading of the sign-in log, folded page by page in any order. Seen twice is counted once."""

    def __init__(
        self, users: Collection[str], *, since: int, until: int, changed_at: Mapping[str, int] | None = None
    ) -> None:
        """users: who counts. since and until (microseconds UTC): the first counts still, the last no more.

        changed_at: when a user's password was changed by force: the bad passwords after it are those of devices that
        still send the old one, and count no more.
        """
        self._of = users
        self._changed_at = changed_at or {}
        self._since, self._until = since, until
        self._seen: set[str] = set()
        self._risky = self._hidden = self._bad = 0
        self._networks: set[tuple[str, str]] = set()
        self._users: set[str] = set()

    def take(self, page: Iterable[SignIn]) -> None:
        """One page."""
        for one in page:
            if not self._since <= one.at < self._until or one.user_id not in self._of or one.id in self._seen:
                continue
            self._seen.add(one.id)
            self._risky += one.risk_level in _RISKY
            self._hidden += one.risk_level == "hidden"
            self._bad += one.error_code in BAD_CREDENTIALS and one.at < self._changed_at.get(one.user_id, self._until)
            if one.error_code == 0:
                self._users.add(one.user_id)
                self._networks.add((one.user_id, network_of(one.ip_address)))

    def count(self) -> SignInCount:
        """What was counted so far."""
        return SignInCount(
            self._since,
            self._until,
            len(self._seen),
            self._risky,
            self._hidden,
            self._bad,
            frozenset(self._networks),
            frozenset(self._users),
        )


def risky_sign_ins(now: SignInCount, usual: SignInCount, *, read_at: int) -> Told[UsualRate]:
    """Risky sign-ins beside those of an earlier span, scaled to the same length."""
    if now.hidden and not now.risky:
        return Missing("the risk of sign-ins is hidden: needs Microsoft Entra ID P2")
    return Known(UsualRate(now.risky, _scaled(usual.risky, usual, now)), read_at)


def bad_credentials(now: SignInCount, usual: SignInCount, *, read_at: int) -> Known[UsualRate]:
    """Wrong passwords and lock-outs after them, beside an earlier span. What policies stop is not among them."""
    return Known(UsualRate(now.bad_credentials, _scaled(usual.bad_credentials, usual, now)), read_at)


def _scaled(count: int, usual: SignInCount, now: SignInCount) -> float:
    span = usual.until - usual.since
    return count * (now.until - now.since) / span if span > 0 else 0.0


def network_of(address: str) -> str:
    """The network an address is in, as far as the address itself tells: its /24, or its /48 for IPv6."""
    if ":" in address:
        head = address.partition("%")[0].lower().partition("::")[0].split(":")
        return ":".join(part.lstrip("0") or "0" for part in [*head, "0", "0", "0"][:3])
    return address.rpartition(".")[0] or address
