"""Conditional Access policies that act on user risk. Source: Microsoft Graph v1.0, conditionalAccessPolicy."""

from dataclasses import dataclass
from enum import StrEnum


class Grant(StrEnum):
    """What a policy demands of a user at risk, by its grantControls. The value is what people read."""

    BLOCK = "block"
    PASSWORD_CHANGE = "password change"  # noqa: S105 - a label
    REMEDIATION = "risk remediation"
    MFA = "multifactor authentication"
    OTHER = "another control"


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """One policy. Its scope is by ids; "All" and "GuestsOrExternalUsers" are words of Microsoft's."""

    id: str
    name: str
    state: str
    """enabled, disabled, enabledForReportingButNotEnforced, as it came."""
    user_risk_levels: tuple[str, ...]
    grants: tuple[Grant, ...]
    include_users: tuple[str, ...]
    exclude_users: tuple[str, ...]
    include_groups: tuple[str, ...]
    exclude_groups: tuple[str, ...]
    include_roles: tuple[str, ...]
    exclude_roles: tuple[str, ...]
    modified_text: str
    """modifiedDateTime as it came."""

    @property
    def is_enforced(self) -> bool:
        """Whether it acts now."""
        return self.state == "enabled"

    @property
    def acts_on_user_risk(self) -> bool:
        """Whether user risk is one of its conditions."""
        return bool(self.user_risk_levels)
