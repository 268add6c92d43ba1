"""Confirm safe: the alerts were wrong. Source: Microsoft Graph v1.0, riskyUser: confirmSafe."""

from bot.act.actions.facts import (
    RISKY_USERS_IN_A_WRITE,
    CostFamily,
    RiskAction,
    VerifiedBy,
    held_in_the_home_tenant,
)
from bot.decide.action import Action

CONFIRM_SAFE = RiskAction(
    action=Action.CONFIRM_SAFE,
    permission="IdentityRiskyUser.ReadWrite.All",
    batch_size=RISKY_USERS_IN_A_WRITE,
    family=CostFamily.IDENTITY_PROTECTION,
    verified_by=VerifiedBy.RISK_STATE,
    misfit=held_in_the_home_tenant,
    what_it_says="Tells Microsoft that the alerts were wrong. It closes the risk, removes the users' detections at "
    "Microsoft (they stay in the record here) and puts the accounts into a learning mode.",
    changes_for_user="Risk policies no longer block the user or ask for a new password.",
    can_be_undone=True,
    clears_risk=True,
    could_lock_out=False,
    closed_states=frozenset({"confirmedSafe", "none", "dismissed", "remediated"}),
)
