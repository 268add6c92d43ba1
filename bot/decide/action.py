"""What can be asked for, by name. How each is carried out stands in bot.act.actions."""

from enum import StrEnum


class Action(StrEnum):
    """A remediation, in the words of the Entra portal."""

    CONFIRM_SAFE = "Confirm safe"
    DISMISS_RISK = "Dismiss risk"
    CONFIRM_COMPROMISED = "Confirm compromised"
    REVOKE_SESSIONS = "Revoke sessions"
    REQUIRE_PASSWORD_CHANGE = "Require password change"  # noqa: S105 - a label
