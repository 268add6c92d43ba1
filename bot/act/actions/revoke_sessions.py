"""Revoke sessions: everybody signs in anew. Source: Microsoft Graph v1.0, user: revokeSignInSessions.

That page also says that external users' sessions are not revoked by it.
"""

from bot.act.actions.facts import (
    CLOCKS_APART,
    REQUESTS_IN_A_BATCH,
    AccountAction,
    CostFamily,
    VerifiedBy,
    held_in_the_home_tenant,
)
from bot.decide.action import Action
from bot.watch.account import AccountState


def _shows(account: AccountState, accepted_at: int) -> bool:
    return account.sessions_valid_from is not None and account.sessions_valid_from >= accepted_at - CLOCKS_APART


REVOKE_SESSIONS = AccountAction(
    action=Action.REVOKE_SESSIONS,
    permission="User.RevokeSessions.All",
    batch_size=REQUESTS_IN_A_BATCH,
    family=CostFamily.DIRECTORY,
    verified_by=VerifiedBy.SESSIONS_VALID_FROM,
    misfit=held_in_the_home_tenant,
    what_it_says="Ends the users' sessions at Microsoft: refresh tokens and browser sessions stop working within "
    "minutes. It leaves the risk as it is. A session at AD FS, Okta or Ping must be ended there.",
    changes_for_user="The user has to sign in again on every device.",
    can_be_undone=False,
    clears_risk=False,
    could_lock_out=False,
    is_needed=lambda _account: True,
    shows=_shows,
)
