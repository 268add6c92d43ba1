"""The directory audit log: who changed what.

Source: learn.microsoft.com, "directoryAudit resource type", "Microsoft Entra audit log categories and activities".
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from sim.tenant.directory import Getters
from sim.tenant.graph_time import written

REVOCATION = "Update StsRefreshTokenValidFrom Timestamp"
ADD_SERVICE_PRINCIPAL = "Add service principal"
REGISTERED_METHOD = "User registered security info"
DELETED_METHOD = "User deleted security info"
CONSENT = "Consent to application"
CHANGED_PASSWORD = "Change password (self-service)"  # noqa: S105 - an activity's name
RESET_PASSWORD = "Reset password (self-service)"  # noqa: S105 - an activity's name
RESET_BY_ADMIN = "Reset password (by admin)"
UPDATED_POLICY = "Update conditional access policy"

_KINDS = {  # activity: category, loggedByService, operationType
    REVOCATION: ("UserManagement", "Core Directory", "Update"),
    ADD_SERVICE_PRINCIPAL: ("ApplicationManagement", "Core Directory", "Add"),
    REGISTERED_METHOD: ("UserManagement", "Authentication Methods", "Update"),
    DELETED_METHOD: ("UserManagement", "Authentication Methods", "Delete"),
    CONSENT: ("ApplicationManagement", "Core Directory", "Assign"),
    CHANGED_PASSWORD: ("UserManagement", "Self-service Password Management", "Update"),
    RESET_PASSWORD: ("UserManagement", "Self-service Password Management", "Update"),
    RESET_BY_ADMIN: ("UserManagement", "Self-service Password Management", "Update"),
    UPDATED_POLICY: ("Policy", "Conditional Access", "Update"),
}


class Actor(NamedTuple):
    """Who did it: a person with an address, or an app."""

    id: str
    name: str | None
    principal_name: str | None = None
    address: str | None = None
    app_id: str | None = None
    """Of an app; its `id` is then the service principal's."""


class Target(NamedTuple):
    """What it was done to."""

    id: str
    type: str
    """User, Device, Directory, App, Role, Group, Policy, ServicePrincipal or Other."""
    name: str | None = None
    principal_name: str | None = None
    modified: tuple[tuple[str, str | None, str | None], ...] = ()
    """Property, old value, new value."""


@dataclass(frozen=True, slots=True)
class Audit:
    """One line of the directory audit log."""

    number: int
    id: str
    at: int
    activity: str
    by: Actor
    targets: tuple[Target, ...]
    result: str = "success"
    reason: str = ""
    details: tuple[tuple[str, str], ...] = ()


def _initiator(actor: Actor) -> dict[str, Any]:
    if actor.app_id is not None:
        app = {
            "appId": actor.app_id,
            "displayName": actor.name,
            "servicePrincipalId": actor.id,
            "servicePrincipalName": None,
        }
        return {"user": None, "app": app}
    user = {
        "id": actor.id,
        "displayName": actor.name,
        "userPrincipalName": actor.principal_name,
        "ipAddress": actor.address,
    }
    return {"user": user, "app": None}


def _target(target: Target) -> dict[str, Any]:
    return {
        "id": target.id,
        "displayName": target.name,
        "type": target.type,
        "userPrincipalName": target.principal_name,
        "groupType": None,
        "modifiedProperties": [
            {"displayName": name, "oldValue": old, "newValue": new} for name, old, new in target.modified
        ],
    }


def _kind(audit: Audit) -> tuple[str, str, str]:
    return _KINDS.get(audit.activity, ("DirectoryManagement", "Core Directory", "Update"))


AUDIT: Getters = {
    "id": lambda audit: audit.id,
    "category": lambda audit: _kind(audit)[0],
    "correlationId": lambda audit: audit.id.rpartition("_")[2],
    "result": lambda audit: audit.result,
    "resultReason": lambda audit: audit.reason,
    "activityDisplayName": lambda audit: audit.activity,
    "activityDateTime": lambda audit: written(audit.at),
    "loggedByService": lambda audit: _kind(audit)[1],
    "operationType": lambda audit: _kind(audit)[2],
    "initiatedBy": lambda audit: _initiator(audit.by),
    "targetResources": lambda audit: [_target(target) for target in audit.targets],
    "additionalDetails": lambda audit: [{"key": key, "value": value} for key, value in audit.details],
}
