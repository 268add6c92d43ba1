"""What stands around a user in the directory: changes, roles, members, account states, apps, synchronisation, plans."""

from dataclasses import dataclass
from typing import Any

import msgspec

from bot.graph.decode import user
from bot.graph.entries import Listing, UnreadableError, each, inside, listing, moment, strictly, text, truth
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


@dataclass(frozen=True, slots=True)
class Account:
    """What an action on an account shows by. Times in microseconds UTC; None for what was not given."""

    user_id: str
    sessions_valid_from: int | None
    must_change_password: bool | None
    password_changed_at: int | None
    account_enabled: bool | None


class _ChangeEntry(msgspec.Struct):
    id: Any = None
    removed: Any = msgspec.field(name="@removed", default=None)


class _DefinitionEntry(msgspec.Struct, rename="camel"):
    id: Any = None
    template_id: Any = None
    display_name: Any = None


class _AssignmentEntry(msgspec.Struct, rename="camel"):
    role_definition_id: Any = None
    principal_id: Any = None
    principal: Any = None


class _MemberEntry(msgspec.Struct):
    id: Any = None
    kind: Any = msgspec.field(name="@odata.type", default=None)


class _AccountEntry(msgspec.Struct, rename="camel"):
    id: Any = None
    sign_in_sessions_valid_from_date_time: Any = None
    password_profile: Any = None
    last_password_change_date_time: Any = None
    account_enabled: Any = None


class _AppEntry(msgspec.Struct, rename="camel"):
    id: Any = None
    app_id: Any = None
    display_name: Any = None


class _SynchronizationEntry(msgspec.Struct):
    features: Any = None


class _RolloutEntry(msgspec.Struct, rename="camel"):
    feature: Any = None
    is_enabled: Any = None
    applies_to: Any = None


class _OrganizationEntry(msgspec.Struct, rename="camel"):
    assigned_plans: Any = None


_CHANGE = msgspec.json.Decoder(_ChangeEntry)
_DEFINITION = msgspec.json.Decoder(_DefinitionEntry)
_ASSIGNMENT = msgspec.json.Decoder(_AssignmentEntry)
_MEMBER = msgspec.json.Decoder(_MemberEntry)
_ACCOUNT = msgspec.json.Decoder(_AccountEntry)
_APP_ENTRY = msgspec.json.Decoder(_AppEntry)
_SYNCHRONIZATION = msgspec.json.Decoder(_SynchronizationEntry)
_ROLLOUT = msgspec.json.Decoder(_RolloutEntry)
_ORGANIZATION = msgspec.json.Decoder(_OrganizationEntry)


def changes(body: bytes) -> Listing[DirectoryUser | Removed]:
    """A page of users/delta. Raises UnreadableError."""
    return listing(body, _change)


def role_definitions(body: bytes) -> Listing[RoleDefinition]:
    """A page of role definitions. Raises UnreadableError."""
    return listing(body, _definition)


def role_assignments(body: bytes) -> Listing[RoleAssignment]:
    """A page of role assignments, their principals expanded. Raises UnreadableError."""
    return listing(body, _assignment)


def user_members(body: bytes) -> Listing[str]:
    """A page of a group's members: the ids of those that are users, "" for the others. Raises UnreadableError."""
    return listing(body, _member)


def accounts(body: bytes) -> Listing[Account]:
    """A page of users with what actions on accounts show by. Raises UnreadableError."""
    return listing(body, _account)


def apps(body: bytes) -> Listing[MicrosoftApp]:
    """A page of service principals. Raises UnreadableError."""
    return listing(body, _app)


def password_hash_syncs(body: bytes) -> Listing[bool]:
    """Whether password hashes are synchronised: one for each synchronisation that the tenant has."""
    return listing(body, _password_hash_sync)


def rollouts(body: bytes) -> Listing[frozenset[str]]:
    """For each staged rollout, the groups whose users it lets sign in at Entra; dropped where that can't be told."""
    return listing(body, _rollout)


def plans(body: bytes) -> Listing[frozenset[str]]:
    """The plans that are enabled, for each organization (there is one); dropped where they are hidden."""
    return listing(body, _plans)


def _change(raw: bytes | msgspec.Raw) -> DirectoryUser | Removed | None:
    entry = strictly(_CHANGE, raw)
    if entry.removed is None:
        return user(raw)
    return Removed(text(entry.id)) if text(entry.id) else None


def _definition(raw: bytes | msgspec.Raw) -> RoleDefinition | None:
    entry = strictly(_DEFINITION, raw)
    identifier = text(entry.id)
    if not identifier:
        return None
    return RoleDefinition(identifier, Role(text(entry.template_id) or identifier, text(entry.display_name)))


def _assignment(raw: bytes | msgspec.Raw) -> RoleAssignment | None:
    entry = strictly(_ASSIGNMENT, raw)
    principal = inside(entry.principal)
    principal_id = text(entry.principal_id) or text(principal.get("id"))
    role_id = text(entry.role_definition_id)
    kind = text(principal.get("@odata.type")).lower()
    return RoleAssignment(role_id, principal_id, kind == _GROUP, kind == _APP) if principal_id and role_id else None


def _member(raw: bytes | msgspec.Raw) -> str | None:
    entry = strictly(_MEMBER, raw)
    identifier = text(entry.id)
    if not identifier:
        return None
    return identifier if text(entry.kind).lower() in {_USER, ""} else ""


def _account(raw: bytes | msgspec.Raw) -> Account | None:
    entry = strictly(_ACCOUNT, raw)
    identifier = text(entry.id)
    if not identifier:
        return None
    profile = inside(entry.password_profile)
    demands = [
        truth(profile.get(name)) for name in ("forceChangePasswordNextSignInWithMfa", "forceChangePasswordNextSignIn")
    ]
    told = [demand for demand in demands if demand is not None]
    return Account(
        user_id=identifier,
        sessions_valid_from=moment(entry.sign_in_sessions_valid_from_date_time),
        must_change_password=any(told) if told else None,
        password_changed_at=moment(entry.last_password_change_date_time),
        account_enabled=truth(entry.account_enabled),
    )


def _app(raw: bytes | msgspec.Raw) -> MicrosoftApp | None:
    entry = strictly(_APP_ENTRY, raw)
    identifier = text(entry.id)
    return MicrosoftApp(identifier, text(entry.app_id), text(entry.display_name)) if identifier else None


def _password_hash_sync(raw: bytes | msgspec.Raw) -> bool | None:
    return truth(inside(strictly(_SYNCHRONIZATION, raw).features).get("passwordSyncEnabled"))


def _rollout(raw: bytes | msgspec.Raw) -> frozenset[str]:
    entry = strictly(_ROLLOUT, raw)
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


def _plans(raw: bytes | msgspec.Raw) -> frozenset[str]:
    assigned = strictly(_ORGANIZATION, raw).assigned_plans
    if not isinstance(assigned, list):  # Graph hides it from an app that may not read it
        raise UnreadableError("an organization without plans")
    found = map(inside, each(assigned))
    return frozenset(
        text(plan.get("servicePlanId")).lower()
        for plan in found
        if text(plan.get("capabilityStatus")).lower() in {"enabled", "warning"}
    )
