"""The figures that people are told of a surge, each with its one name: on the card, in the terminal, as a gap."""

from enum import StrEnum


class Figure(StrEnum):
    """A figure of a briefing. The value is what people read. How they sign in has a figure for each cohort besides."""

    FLAGGED = "flagged"
    AT_RISK = "still at risk"
    AT_RISK_BEFORE = "at risk before the clean-up"
    RISK_UNREAD = "whose risk was not read"
    BLOCKED = "blocked"
    STUCK = "stuck at a prompt"
    BLOCKED_AFTER = "blocked again after the clean-up"
    SIGNED_IN_AFTER = "signed in since the clean-up"
    PRIVILEGED = "privileged"
    PASSWORDLESS = "passwordless"
    REPORT_LACKS = "whom the registration report lacks"
    METHODS = "passwordless methods"
    WITHOUT_MFA = "without a second factor"
    KINDS = "how they sign in"
    PROVIDERS = "identity providers"
    POLICY_EFFECTS = "what the policies do"
    ACCOUNTS = "accounts that are not a person's"
    DISABLED = "disabled"
    DELETED = "deleted"
    ELIGIBLE = "could be cleaned up"
    HELD_BACK = "held back"
    SUSPECTS = "to look at one by one"
    FLAGGED_AGAIN = "re-flagged after clean-up"
    OTHER_DETECTIONS = "another open detection"

    @property
    def at_the_start(self) -> str:
        """The name with which a sentence begins."""
        return self.value[0].upper() + self.value[1:]
