"""The people with keys: who holds a directory role, and the accounts that are nobody's.

They are members of the invented directory under other names, so a tenant has as many users with them as without.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sim.tenant.directory import User
from sim.tenant.people import INITIAL, MANAGED
from sim.tenant.roles import Roles

HELPDESK_GROUP = "Helpdesk, tier 1"
APP_ID = "5b1f8f0e-5d0c-4f6e-9a53-0c1d2e3f4a5b"
"""The service principal of some automation: a principal that is no user."""
REGIONAL = "/administrativeUnits/1c2d7b1e-63a5-4e2f-8e0b-7a8b9c0d1e2f"

_FLAGGED_ROLES = ("Global Administrator", "User Administrator", "Conditional Access Administrator", HELPDESK_GROUP)
_QUIET_ROLES = (
    "Global Administrator",
    "Privileged Role Administrator",
    "Authentication Administrator",
    "Security Reader",
    "Global Reader",
    HELPDESK_GROUP,
)
_EMERGENCY = ("Emergency access 1", f"emergency-access-01@{INITIAL}")
_SYNCHRONIZATION = (
    "On-Premises Directory Synchronization Service Account",
    f"Sync_DC01_3f2a9c1b7d4e@{INITIAL}",
)
_FLAGGED_SERVICES = (("Scan to mail, floor 3", f"svc-scan-f3@{MANAGED}"), ("Backup service", f"svc-backup@{MANAGED}"))
_QUIET_SERVICES = (("Invoice robot", f"svc-invoices@{MANAGED}"), ("Lobby display", f"kiosk-lobby@{MANAGED}"))
FLAGGED = len(_FLAGGED_ROLES) + len(_FLAGGED_SERVICES)
QUIET = len(_QUIET_ROLES) + len(_QUIET_SERVICES) + 4
"""How many flagged, and other, users the cast takes."""


@dataclass(slots=True)
class Cast:
    """Who plays what."""

    roles: list[tuple[User, str]] = field(default_factory=list)
    """Each with a role or, by its name, the helpdesk's group."""
    flagged: list[User] = field(default_factory=list)
    """Those with a role whom the wave flags."""
    emergency: list[User] = field(default_factory=list)
    synchronization: list[User] = field(default_factory=list)
    services: list[User] = field(default_factory=list)

    def assign(self, roles: Roles) -> None:
        """Give everybody their role."""
        group = roles.add_group(HELPDESK_GROUP)
        roles.assign(group.id, "Helpdesk Administrator")
        roles.assign(APP_ID, "User Administrator")
        for user, role in self.roles:
            if role == HELPDESK_GROUP:
                group.member_ids.add(user.id)
            else:
                scope = REGIONAL if role == "Password Administrator" else "/"
                roles.assign(user.id, role, scope=scope)


def cast(*, flagged: Sequence[User], quiet: Sequence[User], admins: Sequence[User]) -> Cast:
    """Give the parts away.

    `flagged` (at least FLAGGED) are users whom the wave flags, `quiet` (at least QUIET) are others; both lose names
    where a part asks for one. `admins` are the people of the demo who hold a role: the first is Security
    Administrator, the others are User Administrators.
    """
    hit, rest, found = iter(flagged), iter(quiet), Cast()
    found.flagged = [next(hit) for _ in _FLAGGED_ROLES]
    found.roles = list(zip(found.flagged, _FLAGGED_ROLES, strict=True))
    found.roles += [(next(rest), role) for role in _QUIET_ROLES]
    found.roles += [(next(rest), "Password Administrator"), (next(rest), "Reports Reader")]
    for number, admin in enumerate(admins):
        found.roles.append((admin, "User Administrator" if number else "Security Administrator"))
    found.emergency = [_recast(next(rest), *_EMERGENCY, methods=("fido2SecurityKey",))]
    found.synchronization = [_recast(next(rest), *_SYNCHRONIZATION)]
    found.roles.append((found.emergency[0], "Global Administrator"))
    found.roles.append((found.synchronization[0], "Directory Synchronization Accounts"))
    found.services = [_recast(next(hit), *part) for part in _FLAGGED_SERVICES]
    found.services += [_recast(next(rest), *part) for part in _QUIET_SERVICES]
    return found


def _recast(user: User, name: str, principal_name: str, *, methods: tuple[str, ...] = ()) -> User:
    """The same account under another name: a cloud-only one that is nobody's."""
    user.display_name, user.user_principal_name, user.methods = name, principal_name, methods
    user.mail = None
    user.synced = None
    user.department = user.job_title = user.company_name = None
    return user
