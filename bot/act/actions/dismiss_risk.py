"""Dismiss risk: the alerts were right but harmless. Source: Microsoft Graph v1.0, riskyUser: dismiss."""

from bot.act.actions.facts import (
    RISKY_USERS_IN_A_WRITE,
    CostFamily,
    RiskAction,
    VerifiedBy,
    held_in_the_home_tenant,
)
from bot.decide.action import Action

DISMISS_RISK = RiskAction(
    action=Action.DISMISS_RISK,
    permission="IdentityRiskyUser.ReadWrite.All",
    batch_size=RISKY_USERS_IN_A_WRITE,
    family=CostFamily.IDENTITY_PROTECTION,
    verified_by=VerifiedBy.RISK_STATE,
    misfit=held_in_the_home_tenant,
    what_it_says="Tells Microsoft that the alerts were right but harmless. It closes the risk for good: this can't be "
    "undone.",
    changes_for_user="Risk policies no longer block the user or ask for a new password.",
    can_be_undone=False,
    clears_risk=True,
    could_lock_out=False,
    closed_states=frozenset({"dismissed", "none", "confirmedSafe", "remediated"}),
)
