"""What an action declares of itself. An action is one file beside this one."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.decide.action import Action
from bot.watch.account import AccountState
from bot.watch.profile import Profile, SignInKind
from bot.watch.risk import RiskyUser

RISKY_USERS_IN_A_WRITE = 60
"""Source: Microsoft Graph v1.0, riskyUser: dismiss ("up to 60 at a time"). Taken for its siblings too."""
REQUESTS_IN_A_BATCH = 20
"""Source: Microsoft Graph, JSON batching: at most 20 requests, each judged alone."""
CLOCKS_APART = 60_000_000
"""Microsoft's clock may be so far behind ours (microseconds), and its times are whole seconds."""


class CostFamily(StrEnum):
    """Whose budget a write takes from. The value is what people read."""

    IDENTITY_PROTECTION = "Identity Protection"
    DIRECTORY = "the directory"


class VerifiedBy(StrEnum):
    """What a reading begun after the write must show. The value is what people read."""

    RISK_STATE = "the risk state that Microsoft lists"
    SESSIONS_VALID_FROM = "the moment from which Microsoft accepts sessions"
    MUST_CHANGE_PASSWORD = "the demand to change the password, or a newer password"  # noqa: S105 - a sentence


Misfit = Callable[[Profile | None], str | None]
"""Why an action does not fit a user, in a sentence that says where it must be done instead; None where it fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFacts:
    """What the plan, the dialog, the run and the card must know of an action."""

    action: Action
    permission: str
    """The app role that it needs."""
    batch_size: int
    """Users in one call."""
    family: CostFamily
    verified_by: VerifiedBy
    misfit: Misfit
    """profile None: the directory did not tell."""
    what_it_says: str
    """For the dialog, before the press."""
    changes_for_user: str
    """What the user will notice."""
    can_be_undone: bool
    clears_risk: bool
    """It waves a risk through: tripwires and the evidence stand guard over it."""
    could_lock_out: bool
    """A user may not be able to sign in after it without help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAction(ActionFacts):
    """A write on riskyUsers, one for a whole batch. Its effect is a risk state."""

    closed_states: frozenset[str]
    """riskState values that show the effect."""

    def is_needed(self, user: RiskyUser) -> bool:
        """Whether a user, as just read, still needs it."""
        return user.risk_state not in self.closed_states

    def shows(self, user: RiskyUser) -> bool:
        """Whether a reading begun after the write shows that it took effect."""
        return not user.is_processing and not self.is_needed(user)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAction(ActionFacts):
    """A write on the account itself: one request a user, sent together in a $batch, each with an answer of its own."""

    is_needed: Callable[[AccountState], bool]
    """Whether an account, as just read, still needs it."""
    shows: Callable[[AccountState, int], bool]
    """Whether an account read after the write shows that it took effect. The second is when the write was accepted
    (microseconds UTC)."""


def held_in_the_home_tenant(profile: Profile | None) -> str | None:
    """An external identity's risk, sessions and password are its home tenant's."""
    if profile is not None and profile.kind is SignInKind.GUEST:
        return "an external guest: it must be done in the home tenant"
    return None
