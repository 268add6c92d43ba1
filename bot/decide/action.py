"""What can be asked for, and what must be known to decide on it. How it is carried out stands in bot.act.actions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from bot.decide.misfit import Misfit, held_in_the_home_tenant, without_password_and_mfa


class Action(StrEnum):
    """A remediation, in the words of the Entra portal and in the order in which dialogs offer them."""

    CONFIRM_SAFE = "Confirm safe"
    DISMISS_RISK = "Dismiss risk"
    CONFIRM_COMPROMISED = "Confirm compromised"
    REVOKE_SESSIONS = "Revoke sessions"
    REQUIRE_PASSWORD_CHANGE = "Require password change"  # noqa: S105 - a label


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRules:
    """What the plan, those who sign it and the dialogs must know of an action."""

    what_it_says: str
    """For whoever asks or signs."""
    misfit: Misfit
    is_on_risk: bool = False
    """It is on the riskyUser, and needs one in this tenant. The others are on the account."""
    clears_risk: bool = False
    """It waves a risk through: the larger quorums, the tripwires and the evidence stand guard over it."""
    could_lock_out: bool = False
    """Somebody may not get in again after it: the last Global Administrators are left alone."""
    can_be_undone: bool = True


RULES: Mapping[Action, ActionRules] = MappingProxyType(
    {
        Action.CONFIRM_SAFE: ActionRules(
            what_it_says="Tells Microsoft that the alerts were wrong. It closes the risk, removes the users' "
            "detections at Microsoft (they stay in the record here) and puts the accounts into a learning mode.",
            misfit=held_in_the_home_tenant,
            is_on_risk=True,
            clears_risk=True,
        ),
        Action.DISMISS_RISK: ActionRules(
            what_it_says="Tells Microsoft that the alerts were right but harmless. It closes the risk for good: this "
            "can't be undone.",
            misfit=held_in_the_home_tenant,
            is_on_risk=True,
            clears_risk=True,
            can_be_undone=False,
        ),
        Action.CONFIRM_COMPROMISED: ActionRules(
            what_it_says="Tells Microsoft that the accounts were taken over: risk goes to high, and risk policies "
            "block them.",
            misfit=held_in_the_home_tenant,
            is_on_risk=True,
            could_lock_out=True,
        ),
        Action.REVOKE_SESSIONS: ActionRules(
            what_it_says="Ends the users' sessions at Microsoft: refresh tokens and browser sessions stop working "
            "within minutes. It leaves the risk as it is. A session at AD FS, Okta or Ping must be ended there.",
            misfit=held_in_the_home_tenant,
            could_lock_out=True,
            can_be_undone=False,
        ),
        Action.REQUIRE_PASSWORD_CHANGE: ActionRules(
            what_it_says="Makes the users choose a new password at their next sign-in, after MFA. It leaves the risk "
            "and running sessions as they are. The app needs a directory role too, and a higher one for "
            "administrators.",
            misfit=without_password_and_mfa,
            could_lock_out=True,
        ),
    }
)
