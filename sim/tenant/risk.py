"""Risk detections and risky users, and what each shows through Graph v1.0."""

from dataclasses import dataclass, field
from typing import Any

from sim.tenant.directory import Getters
from sim.tenant.graph_time import written

NEWER_MEMBERS = {
    "riskDetail": frozenset(
        {
            "m365DAdminDismissedDetection",
            "adminConfirmedServicePrincipalCompromised",
            "adminDismissedAllRiskForServicePrincipal",
            "userChangedPasswordOnPremises",
            "adminDismissedRiskForSignIn",
            "adminConfirmedAccountSafe",
            "microsoftRevokedSessions",
        }
    ),
    "activity": frozenset({"servicePrincipal"}),
    "tokenIssuerType": frozenset({"AzureADBackupAuth", "ADFederationServicesMFAAdapter", "NPSExtension"}),
}
"""Members that stand after unknownFutureValue in the metadata: Graph names them only to a caller that sends
`Prefer: include-unknown-enum-members`."""

FREE_TYPES = frozenset(
    {
        "leakedCredentials",
        "anonymizedIPAddress",
        "adminConfirmedUserCompromised",
        "investigationsThreatIntelligence",
        "generic",
    }
)
"""Detection types that a tenant without P2 sees by their name; the others read `generic`."""


@dataclass(slots=True)
class Detection:
    """One riskDetection. `visible_at` is when Graph begins to show it, which may be hours after `detected_at`."""

    id: str
    user_id: str
    user_principal_name: str
    user_display_name: str
    risk_event_type: str
    risk_level: str
    detected_at: int
    visible_at: int
    updated_at: int
    activity_at: int
    risk_state: str = "atRisk"
    risk_detail: str = "none"
    timing: str = "offline"
    activity: str = "user"
    ip_address: str | None = None
    location: dict[str, Any] | None = None
    correlation_id: str | None = None
    request_id: str | None = None
    additional_info: str | None = None


@dataclass(slots=True)
class HistoryItem:
    """One line of a risky user's history."""

    id: str
    at: int
    level: str
    state: str
    detail: str
    risk_event_types: tuple[str, ...]
    initiated_by: str | None


@dataclass(slots=True)
class RiskyUser:
    """One riskyUser, and its history, oldest first."""

    id: str
    user_principal_name: str
    user_display_name: str
    risk_level: str
    risk_state: str
    risk_detail: str
    updated_at: int
    is_deleted: bool = False
    is_processing: bool = False
    history: list[HistoryItem] = field(default_factory=list)


DETECTION: Getters = {
    "id": lambda detection: detection.id,
    "requestId": lambda detection: detection.request_id,
    "correlationId": lambda detection: detection.correlation_id,
    "riskEventType": lambda detection: detection.risk_event_type,
    "riskState": lambda detection: detection.risk_state,
    "riskLevel": lambda detection: detection.risk_level,
    "riskDetail": lambda detection: detection.risk_detail,
    "source": lambda _: "IdentityProtection",
    "detectionTimingType": lambda detection: detection.timing,
    "activity": lambda detection: detection.activity,
    "tokenIssuerType": lambda _: "AzureAD",
    "ipAddress": lambda detection: detection.ip_address,
    "location": lambda detection: detection.location,
    "activityDateTime": lambda detection: written(detection.activity_at),
    "detectedDateTime": lambda detection: written(detection.detected_at),
    "lastUpdatedDateTime": lambda detection: written(detection.updated_at),
    "userId": lambda detection: detection.user_id,
    "userDisplayName": lambda detection: detection.user_display_name,
    "userPrincipalName": lambda detection: detection.user_principal_name,
    "additionalInfo": lambda detection: detection.additional_info,
}

DETECTION_UNLICENSED: Getters = {
    **DETECTION,
    "riskEventType": lambda detection: (
        detection.risk_event_type if detection.risk_event_type in FREE_TYPES else "generic"
    ),
    "riskLevel": lambda _: "hidden",
    "riskDetail": lambda _: "hidden",
}
"""What a tenant without P2 sees of a detection."""

RISKY_USER: Getters = {
    "id": lambda user: user.id,
    "isDeleted": lambda user: user.is_deleted,
    "isProcessing": lambda user: user.is_processing,
    "riskDetail": lambda user: user.risk_detail,
    "riskLastUpdatedDateTime": lambda user: written(user.updated_at),
    "riskLevel": lambda user: user.risk_level,
    "riskState": lambda user: user.risk_state,
    "userDisplayName": lambda user: user.user_display_name,
    "userPrincipalName": lambda user: user.user_principal_name,
}


def hide_newer_members(value: dict[str, Any]) -> dict[str, Any]:
    """The same object as a caller sees it who didn't ask for unknown enum members."""
    for name, members in NEWER_MEMBERS.items():
        if value.get(name) in members:
            value[name] = "unknownFutureValue"
    return value
