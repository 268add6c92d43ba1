"""What stands around a user in the directory: changes, roles, members, account states, apps, synchronisation, plans."""

from dataclasses import dataclass

import msgspec

from bot.graph.decode import user
from bot.graph.entries import (
    Entry,
    Listing,
    UnreadableError,
    each,
    inside,
    listing,
    moment,
    page_of,
    reader,
    strictly,
    text,
    truth,
)
from bot.watch.account import AccountState
from bot.watch.announcements import MicrosoftApp
from bot.watch.privilege import Role
from bot.watch.profile import DirectoryUser

_GROUP, _USER, _APP = "#microsoft.graph.group", "#microsoft.graph.user", "#microsoft.graph.serviceprincipal"

_AWAY_FROM_FEDERATION = {"passwordhashsync", "passthroughauthentication", "certificatebasedauthentication"}
"""Features that take a user's sign-in from the federation to Entra, lower case. Source: stagedFeatureName values."""


@dataclass(frozen=True, slots=True)
class Removed:
    """Somebody who is no longer in the directory."""

    user_id: str


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """One directory role. Assignments name it by `id`, which is the template's for the built-in ones."""

    id: str
    role: Role


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """Who holds which role."""

    role_id: str
    principal_id: str
    is_group: bool
    is_app: bool


_CHANGE = reader("id", removed="@removed")


def changes(body: bytes) -> Listing[DirectoryUser | Removed]:
    """A page of users/delta. Raises UnreadableError."""
    return listing(body, _change)


def _change(raw: bytes | msgspec.Raw) -> DirectoryUser | Removed | None:
    entry = strictly(_CHANGE, raw)
    if entry.removed is None:
        return user(raw)
    return Removed(text(entry.id)) if text(entry.id) else None


@page_of("id template_id display_name")
def role_definitions(entry: Entry) -> RoleDefinition | None:
    """A page of role definitions."""
    identifier = text(entry.id)
    if not identifier:
        return None
    return RoleDefinition(identifier, Role(text(entry.template_id) or identifier, text(entry.display_name)))


@page_of("role_definition_id principal_id principal")
def role_assignments(entry: Entry) -> RoleAssignment | None:
    """A page of role assignments, their principals expanded."""
    principal = inside(entry.principal)
    principal_id = text(entry.principal_id) or text(principal.get("id"))
    role_id = text(entry.role_definition_id)
    kind = text(principal.get("@odata.type")).lower()
    return RoleAssignment(role_id, principal_id, kind == _GROUP, kind == _APP) if principal_id and role_id else None


@page_of("id", kind="@odata.type")
def user_members(entry: Entry) -> str | None:
    """A page of a group's members: the ids of those that are users, "" for the others."""
    identifier = text(entry.id)
    if not identifier:
        return None
    return identifier if text(entry.kind).lower() in {_USER, ""} else ""


@page_of("id sign_in_sessions_valid_from_date_time password_profile last_password_change_date_time account_enabled")
def accounts(entry: Entry) -> AccountState | None:
    """A page of users with what actions on accounts show by, without when it was read."""
    identifier = text(entry.id)
    if not identifier:
        return None
    profile = inside(entry.password_profile)
    demands = [
        truth(profile.get(name)) for name in ("forceChangePasswordNextSignInWithMfa", "forceChangePasswordNextSignIn")
    ]
    told = [demand for demand in demands if demand is not None]
    return AccountState(
        user_id=identifier,
        sessions_valid_from=moment(entry.sign_in_sessions_valid_from_date_time),
        must_change_password=any(told) if told else None,
        password_changed_at=moment(entry.last_password_change_date_time),
        account_enabled=truth(entry.account_enabled),
        read_at=0,
    )


@page_of("id app_id display_name")
def apps(entry: Entry) -> MicrosoftApp | None:
    """A page of service principals."""
    identifier = text(entry.id)
    return MicrosoftApp(identifier, text(entry.app_id), text(entry.display_name)) if identifier else None


@page_of("features")
def password_hash_syncs(entry: Entry) -> bool | None:
    """Whether password hashes are synchronised: one for each synchronisation that the tenant has."""
    return truth(inside(entry.features).get("passwordSyncEnabled"))


@page_of("feature is_enabled applies_to")
def rollouts(entry: Entry) -> frozenset[str]:
    """For each staged rollout, the groups whose users it lets sign in at Entra; dropped where that can't be told."""
    is_enabled = truth(entry.is_enabled)
    if is_enabled is None:
        raise UnreadableError("a rollout that is neither enabled nor disabled")
    if not is_enabled or text(entry.feature).lower() not in _AWAY_FROM_FEDERATION:
        return frozenset()
    if not isinstance(entry.applies_to, list):
        raise UnreadableError("a rollout that does not say to whom it applies")
    found = map(inside, each(entry.applies_to))
    return frozenset(
        filter(None, (text(one.get("id")) for one in found if text(one.get("@odata.type")).lower() in {_GROUP, ""}))
    )


@page_of("assigned_plans")
def plans(entry: Entry) -> frozenset[str]:
    """The plans that are enabled, for each organization (there is one); dropped where they are hidden."""
    assigned = entry.assigned_plans
    if not isinstance(assigned, list):  # Graph hides it from an app that may not read it
        raise UnreadableError("an organization without plans")
    found = map(inside, each(assigned))
    return frozenset(
        text(plan.get("servicePlanId")).lower()
        for plan in found
        if text(plan.get("capabilityStatus")).lower() in {"enabled", "warning"}
    )
