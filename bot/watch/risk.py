"""A detection and a risky user, as Graph states them.

Source: Microsoft Graph v1.0, resource types riskDetection and riskyUser. Enumerations are kept as the raw strings
that came: vendors have seen members outside the documented ones, and an unknown one must not be lost.
"""

from dataclasses import dataclass

COMPROMISED = "confirmedCompromised"
"""The riskState of a user whom a person confirmed compromised."""
CLOSED_STATES = frozenset({"none", "confirmedSafe", "remediated", "dismissed"})


def is_open(risk_state: str) -> bool:
    """True unless the state is one that is known to be closed: what is unknown is never waved through."""
    return risk_state not in CLOSED_STATES


@dataclass(frozen=True, slots=True)
class Detection:
    """One Graph riskDetection that names a user."""

    id: str
    user_id: str
    user_principal_name: str
    user_display_name: str
    risk_event_type: str
    risk_level: str
    risk_state: str
    risk_detail: str
    detected_at: int
    """detectedDateTime in microseconds since 1970 UTC."""
    last_updated_text: str
    """lastUpdatedDateTime as it came. It moves by our own remediation: never count surges on it."""
    raw: bytes
    """The JSON object as it came; empty when read from the store to be judged. Confirm safe removes detections at
    Microsoft, so the record keeps them."""

    @property
    def is_open(self) -> bool:
        """Whether this detection still holds a risk."""
        return is_open(self.risk_state)


@dataclass(frozen=True, slots=True)
class RiskyUser:
    """One Graph riskyUser at one moment."""

    user_id: str
    user_principal_name: str
    user_display_name: str
    risk_level: str
    risk_state: str
    risk_detail: str
    last_updated_text: str
    """riskLastUpdatedDateTime as it came; compared as text."""
    is_processing: bool
    is_deleted: bool

    @property
    def is_open(self) -> bool:
        """Whether this user still counts as at risk."""
        return is_open(self.risk_state)
