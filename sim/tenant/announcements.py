"""Service announcements: what Microsoft says of its services, in health issues and in messages.

Source: learn.microsoft.com, "serviceHealthIssue resource type", "serviceUpdateMessage resource type".
"""

from dataclasses import dataclass

from sim.tenant.directory import Getters
from sim.tenant.graph_time import optional, written

ENTRA = "Microsoft Entra"


@dataclass(slots=True)
class HealthIssue:
    """One issue of a service's health."""

    id: str
    title: str
    description: str
    """impactDescription, and the text of its one post."""
    started_at: int
    updated_at: int
    service: str = ENTRA
    feature: str = "Sign-in"
    classification: str = "advisory"
    """advisory or incident."""
    status: str = "serviceDegradation"
    ended_at: int | None = None


@dataclass(slots=True)
class ServiceMessage:
    """One message of the message centre."""

    id: str
    title: str
    body: str
    """HTML."""
    started_at: int
    updated_at: int
    services: tuple[str, ...] = (ENTRA,)
    category: str = "stayInformed"
    severity: str = "normal"
    tags: tuple[str, ...] = ()
    ends_at: int | None = None


_BASE: Getters = {
    "id": lambda announcement: announcement.id,
    "title": lambda announcement: announcement.title,
    "startDateTime": lambda announcement: written(announcement.started_at),
    "lastModifiedDateTime": lambda announcement: written(announcement.updated_at),
    "details": lambda _: [],
}

HEALTH_ISSUE: Getters = {
    **_BASE,
    "endDateTime": lambda issue: optional(issue.ended_at),
    "impactDescription": lambda issue: issue.description,
    "classification": lambda issue: issue.classification,
    "origin": lambda _: "microsoft",
    "status": lambda issue: "serviceRestored" if issue.ended_at is not None else issue.status,
    "service": lambda issue: issue.service,
    "feature": lambda issue: issue.feature,
    "featureGroup": lambda issue: issue.feature,
    "isResolved": lambda issue: issue.ended_at is not None,
    "posts": lambda issue: [
        {
            "createdDateTime": written(issue.updated_at),
            "postType": "regular",
            "description": {"contentType": "html", "content": issue.description},
        }
    ],
}

SERVICE_MESSAGE: Getters = {
    **_BASE,
    "endDateTime": lambda message: optional(message.ends_at),
    "category": lambda message: message.category,
    "severity": lambda message: message.severity,
    "tags": lambda message: list(message.tags),
    "isMajorChange": lambda _: False,
    "actionRequiredByDateTime": lambda _: None,
    "services": lambda message: list(message.services),
    "hasAttachments": lambda _: False,
    "viewPoint": lambda _: None,
    "body": lambda message: {"contentType": "html", "content": message.body},
}
"""Without attachmentsArchive, which is a stream of its own address."""
