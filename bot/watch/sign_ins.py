"""One sign-in, as the sign-in log states it: interactive ones only, since v1.0 leaves the others out.

Source: Microsoft Graph v1.0, resource type signIn; Microsoft Entra authentication and authorization error codes.
"""

from dataclasses import dataclass

BLOCKED = frozenset({53003, 53011, 530032})
"""53003: blocked by a Conditional Access policy, whichever. 53011, 530032: blocked for risk (in the home tenant)."""
BAD_CREDENTIALS = frozenset({50126, 50053})
"""A wrong password; locked out after too many of them."""
STUCK = {50142: "a password change is demanded", 53004: "a proof of identity is demanded"}
"""Unsure codes: what stops a user at a prompt. Marked as unsure wherever they are counted."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in. at in microseconds UTC."""

    id: str
    user_id: str
    at: int
    error_code: int
    """0: it succeeded."""
    ip_address: str
    app: str
    risk_level: str
    """riskLevelDuringSignIn as it came."""
