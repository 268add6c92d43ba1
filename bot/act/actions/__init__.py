"""The catalogue: every action that this version carries out, each declared in a file of its own.

Adding one is one file here, a line below, and one test; CONTRIBUTING.md says how.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bot.act.actions.confirm_compromised import CONFIRM_COMPROMISED
from bot.act.actions.confirm_safe import CONFIRM_SAFE
from bot.act.actions.dismiss_risk import DISMISS_RISK
from bot.act.actions.facts import AccountAction, ActionFacts, RiskAction
from bot.act.actions.require_password_change import REQUIRE_PASSWORD_CHANGE
from bot.act.actions.revoke_sessions import REVOKE_SESSIONS
from bot.decide.action import Action
from bot.watch.profile import Profile

_DECLARED: tuple[RiskAction | AccountAction, ...] = (
    CONFIRM_SAFE,
    DISMISS_RISK,
    CONFIRM_COMPROMISED,
    REVOKE_SESSIONS,
    REQUIRE_PASSWORD_CHANGE,
)

CATALOGUE: Mapping[Action, RiskAction | AccountAction] = MappingProxyType({facts.action: facts for facts in _DECLARED})
"""By action, in the order in which the dialog offers them."""


def misfit(action: Action, profile: Profile | None) -> str | None:
    """Why this action does not fit this user, in a sentence that says where it must be done instead; None: it fits."""
    return CATALOGUE[action].misfit(profile)


__all__ = ["CATALOGUE", "AccountAction", "ActionFacts", "RiskAction", "misfit"]
