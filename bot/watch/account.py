"""A directory account at one moment, as far as the actions on it show there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountState:
    """What an action on the account itself shows by. Times in microseconds UTC.

    Source: Microsoft Graph v1.0, user: signInSessionsValidFromDateTime, passwordProfile, lastPasswordChangeDateTime.
    """

    user_id: str
    sessions_valid_from: int | None
    must_change_password: bool | None
    """forceChangePasswordNextSignInWithMfa or forceChangePasswordNextSignIn; None where it is not given."""
    password_changed_at: int | None
    account_enabled: bool | None
    read_at: int
    """Taken before the request was sent."""
