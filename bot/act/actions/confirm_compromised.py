"""Confirm compromised: the accounts were taken over. Source: Microsoft Graph v1.0, riskyUser: confirmCompromised."""

from bot.act.actions.facts import (
    RISKY_USERS_IN_A_WRITE,
    CostFamily,
    RiskAction,
    VerifiedBy,
    held_in_the_home_tenant,
)
from bot.decide.action import Action

CONFIRM_COMPROMISED = RiskAction(
    action=Action.CONFIRM_COMPROMISED,
    permission="IdentityRiskyUser.ReadWrite.All",
    batch_size=RISKY_USERS_IN_A_WRITE,
    family=CostFamily.IDENTITY_PROTECTION,
    verified_by=VerifiedBy.RISK_STATE,
    misfit=held_in_the_home_tenant,
    what_it_says="Tells Microsoft that the accounts were taken over: risk goes to high, and risk policies block them.",
    changes_for_user="Where a risk policy applies, the user is blocked or must change the password.",
    can_be_undone=True,
    clears_risk=False,
    could_lock_out=True,
    closed_states=frozenset({"confirmedCompromised"}),
)
