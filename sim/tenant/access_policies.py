"""Conditional Access policies: whom they cover, and what they do to a user at risk.

Source: learn.microsoft.com, "conditionalAccessPolicy resource type", "conditionalAccessConditionSet",
"conditionalAccessUsers", "conditionalAccessGrantControls" (passwordChange stands beside mfa, joined by AND).
"""

from dataclasses import dataclass
from typing import Any

from sim.tenant.directory import Getters
from sim.tenant.graph_time import optional, written

ENABLED, DISABLED, REPORT_ONLY = "enabled", "disabled", "enabledForReportingButNotEnforced"
NEWER_CONTROLS = frozenset({"riskRemediation"})
"""Controls that stand after unknownFutureValue in the metadata."""


@dataclass(slots=True)
class AccessPolicy:
    """One Conditional Access policy."""

    id: str
    display_name: str
    created_at: int
    modified_at: int | None = None
    state: str = ENABLED
    user_risk_levels: tuple[str, ...] = ()
    sign_in_risk_levels: tuple[str, ...] = ()
    controls: tuple[str, ...] = ("block",)
    """builtInControls: block, mfa, passwordChange, riskRemediation, ..."""
    operator: str = "OR"
    include_users: tuple[str, ...] = ("All",)
    """Ids, or All, None, GuestsOrExternalUsers."""
    exclude_users: tuple[str, ...] = ()
    include_groups: tuple[str, ...] = ()
    exclude_groups: tuple[str, ...] = ()
    include_roles: tuple[str, ...] = ()
    """Role template ids."""
    exclude_roles: tuple[str, ...] = ()
    include_applications: tuple[str, ...] = ("All",)


def _conditions(policy: AccessPolicy) -> dict[str, Any]:
    return {
        "userRiskLevels": list(policy.user_risk_levels),
        "signInRiskLevels": list(policy.sign_in_risk_levels),
        "servicePrincipalRiskLevels": [],
        "clientAppTypes": ["all"],
        "platforms": None,
        "locations": None,
        "devices": None,
        "clientApplications": None,
        "applications": {
            "includeApplications": list(policy.include_applications),
            "excludeApplications": [],
            "includeUserActions": [],
            "includeAuthenticationContextClassReferences": [],
            "applicationFilter": None,
        },
        "users": {
            "includeUsers": list(policy.include_users),
            "excludeUsers": list(policy.exclude_users),
            "includeGroups": list(policy.include_groups),
            "excludeGroups": list(policy.exclude_groups),
            "includeRoles": list(policy.include_roles),
            "excludeRoles": list(policy.exclude_roles),
            "includeGuestsOrExternalUsers": None,
            "excludeGuestsOrExternalUsers": None,
        },
    }


def _grant(policy: AccessPolicy) -> dict[str, Any]:
    return {
        "operator": policy.operator,
        "builtInControls": list(policy.controls),
        "customAuthenticationFactors": [],
        "termsOfUse": [],
        "authenticationStrength": None,
    }


ACCESS_POLICY: Getters = {
    "id": lambda policy: policy.id,
    "templateId": lambda _: None,
    "displayName": lambda policy: policy.display_name,
    "createdDateTime": lambda policy: written(policy.created_at),
    "modifiedDateTime": lambda policy: optional(policy.modified_at),
    "state": lambda policy: policy.state,
    "sessionControls": lambda _: None,
    "conditions": _conditions,
    "grantControls": _grant,
}


def hide_newer_controls(value: dict[str, Any]) -> dict[str, Any]:
    """The same object as a caller sees it who didn't ask for unknown enum members."""
    grant = value.get("grantControls")
    if grant is not None:
        grant["builtInControls"] = [
            "unknownFutureValue" if control in NEWER_CONTROLS else control for control in grant["builtInControls"]
        ]
    return value
