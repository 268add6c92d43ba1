"""One entry of the directory's audit log. Source: Microsoft Graph v1.0, resource type directoryAudit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Audit:
    """Who did what to whom. at in microseconds UTC."""

    id: str
    at: int
    activity: str
    """activityDisplayName as it came."""
    category: str
    result: str
    by_user_id: str
    """Empty where an app did it."""
    by_app: str
    """The app's displayName; empty where a user did it."""
    by_app_id: str
    ip_address: str
    target_ids: tuple[str, ...]
    """Object ids of what it was done to."""
    target_names: tuple[str, ...]
    is_by_microsoft: bool | None = None
    """Whether the app belongs to Microsoft; None where that can't be told from the entry."""
