"""What Microsoft says of its own service, and the apps it puts into the tenant.

Sources: Microsoft Graph v1.0, serviceHealthIssue, serviceUpdateMessage, servicePrincipal.
"""

from collections.abc import Iterable
from dataclasses import dataclass

MICROSOFT_TENANT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
"""appOwnerOrganizationId of Microsoft's own apps."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A health issue or a message of the message center. Times in microseconds UTC."""

    id: str
    title: str
    services: tuple[str, ...]
    text: str
    """What it says, as plain as it came, cut to some thousand characters."""
    started_at: int
    is_resolved: bool


def of_service(announcements: Iterable[Announcement], service: str) -> tuple[Announcement, ...]:
    """Those that name this service (in any case of letters), or none at all; all of them where it is empty."""
    wanted = service.strip().casefold()
    return tuple(
        each
        for each in announcements
        if not wanted or not each.services or wanted in {name.strip().casefold() for name in each.services}
    )


@dataclass(frozen=True, slots=True)
class MicrosoftApp:
    """A service principal of an app that Microsoft owns. v1.0 does not tell when it came: keep a snapshot."""

    id: str
    app_id: str
    name: str
