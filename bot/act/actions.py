"""The catalogue: how each action is carried out, and what shows that it took effect.

What is decided on before that (whom it fits, whether it clears risk or could lock somebody out) stands in
bot.decide.action. Source: Microsoft Graph v1.0, riskyUser: confirmSafe, dismiss, confirmCompromised; user:
revokeSignInSessions; passwordProfile.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from bot.decide.action import Action
from bot.watch.account import AccountState
from bot.watch.permission import Permission
from bot.watch.risk import CLOSED_STATES, COMPROMISED, RiskyUser

CLOCKS_APART = 60_000_000
"""Microsoft's clock may be so far behind ours (microseconds), and its times are whole seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAction:
    """A write on riskyUsers, one for a whole batch, from Identity Protection's budget. Its effect is a risk state."""

    batch_size: ClassVar[int] = 60
    """Users in one call. Source: riskyUser: dismiss ("up to 60 at a time"). Taken for its siblings too."""
    permission: ClassVar[Permission] = Permission.RISKY_USER_WRITE
    closed_states: frozenset[str]
    """riskState values that show the effect."""

    def is_needed(self, user: RiskyUser) -> bool:
        """Whether a user, as just read, still needs it."""
        return user.risk_state not in self.closed_states

    def shows(self, user: RiskyUser) -> bool:
        """Whether a reading begun after the write shows that it took effect."""
        return not user.is_processing and not self.is_needed(user)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAction:
    """A write on the account itself, from the directory's budget: a request a user, each with an answer of its own."""

    batch_size: ClassVar[int] = 20
    """Users in one $batch. Source: Microsoft Graph, JSON batching: at most 20 requests, each judged alone."""
    permission: Permission
    is_needed: Callable[[AccountState], bool]
    """Whether an account, as just read, still needs it."""
    shows: Callable[[AccountState, int], bool]
    """Whether an account read after the write shows that it took effect. The second is when the write was accepted
    (microseconds UTC)."""


def _sessions_are_revoked(account: AccountState, accepted_at: int) -> bool:
    return account.sessions_valid_from is not None and account.sessions_valid_from >= accepted_at - CLOCKS_APART


def _password_is_changed(account: AccountState, accepted_at: int) -> bool:
    """The change is demanded, or was made already."""
    if account.must_change_password:
        return True
    return account.password_changed_at is not None and account.password_changed_at >= accepted_at - CLOCKS_APART


CATALOGUE: Mapping[Action, RiskAction | AccountAction] = MappingProxyType(
    {
        Action.CONFIRM_SAFE: RiskAction(closed_states=CLOSED_STATES),
        Action.DISMISS_RISK: RiskAction(closed_states=CLOSED_STATES),
        Action.CONFIRM_COMPROMISED: RiskAction(closed_states=frozenset({COMPROMISED})),
        Action.REVOKE_SESSIONS: AccountAction(
            permission=Permission.SESSIONS_REVOKE,
            is_needed=lambda _account: True,
            shows=_sessions_are_revoked,
        ),
        # forceChangePasswordNextSignInWithMfa: without MFA whoever holds a leaked password would choose the next one.
        Action.REQUIRE_PASSWORD_CHANGE: AccountAction(
            permission=Permission.PASSWORD_WRITE,
            is_needed=lambda account: account.must_change_password is not True,
            shows=_password_is_changed,
        ),
    }
)
"""By action."""
