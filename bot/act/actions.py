"""The catalogue: how each action is carried out and how its effect is told from a reading."""

from dataclasses import dataclass

from bot.decide.action import Action
from bot.watch.risk import RiskyUser


@dataclass(frozen=True, slots=True)
class ActionFacts:
    """What the run and the card must know of an action.

    Source: Microsoft Graph v1.0, riskyUser: confirmSafe, dismiss, confirmCompromised.
    """

    action: Action
    permission: str
    batch_size: int
    closed_states: frozenset[str]
    """riskState values that show the effect."""
    what_it_says: str
    """One sentence for the dialog, before the press."""
    can_be_undone: bool


CATALOGUE: dict[Action, ActionFacts] = {
    facts.action: facts
    for facts in (
        ActionFacts(
            action=Action.CONFIRM_SAFE,
            permission="IdentityRiskyUser.ReadWrite.All",
            batch_size=60,
            closed_states=frozenset({"confirmedSafe", "none", "dismissed", "remediated"}),
            what_it_says="Tells Microsoft that the alerts were wrong. It closes the risk, removes the users' "
            "detections at Microsoft (they stay in the record here) and puts the accounts into a learning mode.",
            can_be_undone=True,
        ),
        ActionFacts(
            action=Action.DISMISS_RISK,
            permission="IdentityRiskyUser.ReadWrite.All",
            batch_size=60,
            closed_states=frozenset({"dismissed", "none", "confirmedSafe", "remediated"}),
            what_it_says="Tells Microsoft that the alerts were right but harmless. It closes the risk for good: "
            "this can't be undone.",
            can_be_undone=False,
        ),
        ActionFacts(
            action=Action.CONFIRM_COMPROMISED,
            permission="IdentityRiskyUser.ReadWrite.All",
            batch_size=60,
            closed_states=frozenset({"confirmedCompromised"}),
            what_it_says="Tells Microsoft that the accounts were taken over: risk goes to high, and risk policies "
            "block them.",
            can_be_undone=True,
        ),
    )
}
"""The actions that this version carries out. The dialog offers these and no others."""


def shows_effect(action: Action, user: RiskyUser) -> bool:
    """Whether a reading begun after the write shows that it took effect."""
    return not user.is_processing and user.risk_state in CATALOGUE[action].closed_states


def is_fit(action: Action, user: RiskyUser) -> bool:
    """Whether a user, as just read, still needs this action."""
    if action is Action.CONFIRM_COMPROMISED:
        return user.risk_state != "confirmedCompromised"
    return user.risk_state not in CATALOGUE[action].closed_states
