"""Directory roles: the built-in definitions, who holds them, and which app may write whose password profile.

Sources: learn.microsoft.com, "Microsoft Entra built-in roles" (template ids, privileged label), "Use Microsoft Entra
groups to manage role assignments" (role-assignable groups, which can't be nested), "Privileged roles and permissions"
(who can perform sensitive actions).
"""

import base64
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sim.tenant.directory import Getters
from sim.tenant.shelf import Shelf

WHOLE_TENANT = "/"


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """One built-in role; its id is its template id."""

    id: str
    name: str
    description: str
    is_privileged: bool = False
    """Whether Microsoft's page marks it as privileged; v1.0 doesn't serve that (isPrivileged is beta)."""


@dataclass(frozen=True, slots=True)
class Group:
    """A role-assignable group: principal of a role, with its members' ids."""

    id: str
    name: str
    member_ids: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A role held by a user, a role-assignable group or an application's service principal."""

    id: str
    role_id: str
    principal_id: str
    scope: str = WHOLE_TENANT
    """`/`, or an administrative unit: `/administrativeUnits/{id}`."""


_PRIVILEGED = (
    (
        "62e90394-69f5-4237-9190-012177145e10",
        "Global Administrator",
        "Can manage all aspects of Microsoft Entra ID and Microsoft services that use Microsoft Entra identities.",
    ),
    (
        "e8611ab8-c189-46e8-94e1-60213ab1f814",
        "Privileged Role Administrator",
        "Can manage role assignments in Microsoft Entra ID, and all aspects of Privileged Identity Management.",
    ),
    (
        "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
        "Privileged Authentication Administrator",
        "Can access to view, set and reset authentication method information for any user (admin or non-admin).",
    ),
    (
        "fe930be7-5e62-47db-91af-98c3a49a38b1",
        "User Administrator",
        "Can manage all aspects of users and groups, including resetting passwords for limited admins.",
    ),
    (
        "194ae4cb-b126-40b2-bd5b-6091b380977d",
        "Security Administrator",
        "Can read security information and reports, and manage configuration in Microsoft Entra ID and Office 365.",
    ),
    (
        "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
        "Conditional Access Administrator",
        "Can manage Conditional Access capabilities.",
    ),
    (
        "c4e39bd9-1100-46d3-8c65-fb160da0071f",
        "Authentication Administrator",
        "Can access to view, set and reset authentication method information for any non-admin user.",
    ),
    (
        "729827e3-9c14-49f7-bb1b-9608f156bbb8",
        "Helpdesk Administrator",
        "Can reset passwords for non-administrators and Helpdesk Administrators.",
    ),
    (
        "966707d0-3269-4727-9be2-8c3a10f19b9d",
        "Password Administrator",
        "Can reset passwords for non-administrators and Password Administrators.",
    ),
    (
        "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2",
        "Hybrid Identity Administrator",
        "Manage Microsoft Entra Connect, password hash synchronization, seamless SSO and federation settings.",
    ),
    (
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        "Application Administrator",
        "Can create and manage all aspects of app registrations and enterprise apps.",
    ),
    ("5f2222b1-57c3-48ba-8ad5-d4759f1fde6f", "Security Operator", "Creates and manages security events."),
    (
        "5d6b6bb7-de71-4623-b4af-96380a352509",
        "Security Reader",
        "Can read security information and reports in Microsoft Entra ID and Office 365.",
    ),
    (
        "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
        "Global Reader",
        "Can read everything that a Global Administrator can, but not update anything.",
    ),
)
_ORDINARY = (
    (
        "d29b2b05-8046-44ba-8758-1e26182fcf32",
        "Directory Synchronization Accounts",
        "Only used by Microsoft Entra Connect service.",
    ),
    (
        "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
        "Directory Readers",
        "Can read basic directory information. Commonly used to grant read access to applications and guests.",
    ),
    (
        "fdd7a751-b60b-444a-984c-02652fe8fa1c",
        "Groups Administrator",
        "Members of this role can create and manage groups and their settings, and view activity and audit reports.",
    ),
    (
        "95e79109-95c0-4d8e-aee3-d01accf2d47b",
        "Guest Inviter",
        "Can invite guest users independent of the 'members can invite guests' setting.",
    ),
    (
        "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b",
        "Message Center Reader",
        "Can read messages and updates for their organization in Office 365 Message Center only.",
    ),
    ("4a5d8f65-41da-4de4-8968-e035b65339cf", "Reports Reader", "Can read sign-in and audit reports."),
    (
        "29232cdf-9323-42fd-ade2-1d097af3e4de",
        "Exchange Administrator",
        "Can manage all aspects of the Exchange product.",
    ),
)
BUILT_IN = tuple(RoleDefinition(*row, is_privileged=True) for row in _PRIVILEGED) + tuple(
    RoleDefinition(*row) for row in _ORDINARY
)
"""Some of Microsoft's built-in roles: those that matter here, and a few that don't."""

_HIGHEST = frozenset({"Privileged Authentication Administrator", "Global Administrator"})
_NEVER_MORE_THAN_READ = frozenset({"Directory Readers", "Guest Inviter", "Message Center Reader", "Reports Reader"})
_MAY_WRITE = {
    "Authentication Administrator": _NEVER_MORE_THAN_READ | {"Authentication Administrator", "Password Administrator"},
    "User Administrator": _NEVER_MORE_THAN_READ
    | {"Groups Administrator", "Helpdesk Administrator", "Password Administrator", "User Administrator"},
}
"""Whose password profile a role may write, by the roles which that user holds."""


class Roles:
    """Who holds which role. `holders_of` and `roles_of` look through role-assignable groups."""

    def __init__(self) -> None:
        self.definitions: Shelf[RoleDefinition] = Shelf(BUILT_IN)
        self.assignments: Shelf[RoleAssignment] = Shelf()
        self.groups: Shelf[Group] = Shelf()

    def add_group(self, name: str, member_ids: Iterable[str] = ()) -> Group:
        """A role-assignable group; its id follows from its name."""
        group = Group(str(uuid.uuid5(uuid.NAMESPACE_DNS, name)), name, set(member_ids))
        self.groups.put(group)
        return group

    def named(self, role: str) -> RoleDefinition:
        """The definition of this name or id. KeyError where there is none."""
        for definition in self.definitions:
            if role in {definition.name, definition.id}:
                return definition
        raise KeyError(role)

    def assign(self, principal_id: str, role: str, *, scope: str = WHOLE_TENANT) -> RoleAssignment:
        """Give a role, by its name, to a user, a group or a service principal, by its id."""
        definition = self.named(role)
        assignment = RoleAssignment(
            _assignment_id(definition.id, principal_id, scope), definition.id, principal_id, scope
        )
        self.assignments.put(assignment)
        return assignment

    def unassign(self, principal_id: str, role: str) -> None:
        """Take a role away, in whatever scope; one that isn't held is no error."""
        role_id = self.named(role).id
        for found in list(self.assignments):
            if (found.principal_id, found.role_id) == (principal_id, role_id):
                self.assignments.discard(found.id)

    def forget(self, user_id: str) -> None:
        """A deleted user holds nothing and is in no group."""
        for found in list(self.assignments):
            if found.principal_id == user_id:
                self.assignments.discard(found.id)
        for group in self.groups:
            group.member_ids.discard(user_id)

    def roles_of(self, user_id: str) -> frozenset[str]:
        """The names of the roles that a user holds, directly or by a group."""
        return frozenset(role.name for role, holder in self._held() if holder == user_id)

    def holders_of(self, role: str) -> frozenset[str]:
        """The ids of the users, and service principals, who hold a role, directly or by a group."""
        wanted = self.named(role)
        return frozenset(holder for found, holder in self._held() if found == wanted)

    @property
    def holder_ids(self) -> frozenset[str]:
        """Everybody who holds any role."""
        return frozenset(holder for _, holder in self._held())

    @property
    def privileged_ids(self) -> frozenset[str]:
        """Everybody who holds a role that Microsoft marks as privileged."""
        return frozenset(holder for role, holder in self._held() if role.is_privileged)

    def may_write_password_profile(self, app_roles: Iterable[str], user_id: str) -> bool:
        """Whether an app that holds these directory roles may update this user's passwordProfile."""
        held = set(app_roles)
        if held & _HIGHEST:
            return True
        if any(user_id in group.member_ids for group in self.groups):
            return False
        roles = self.roles_of(user_id)
        return any(roles <= _MAY_WRITE[role] for role in held & _MAY_WRITE.keys())

    def _held(self) -> Iterator[tuple[RoleDefinition, str]]:
        for assignment in self.assignments:
            definition = self.definitions[assignment.role_id]
            group = self.groups.get(assignment.principal_id)
            for holder in group.member_ids if group else (assignment.principal_id,):
                yield definition, holder


ROLE_DEFINITION: Getters = {
    "id": lambda role: role.id,
    "description": lambda role: role.description,
    "displayName": lambda role: role.name,
    "isBuiltIn": lambda _: True,
    "isEnabled": lambda _: True,
    "resourceScopes": lambda _: [WHOLE_TENANT],
    "rolePermissions": lambda _: [
        {"allowedResourceActions": ["microsoft.directory/users/standard/read"], "condition": None}
    ],
    "templateId": lambda role: role.id,
    "version": lambda _: "1",
}

ROLE_ASSIGNMENT: Getters = {
    "id": lambda assignment: assignment.id,
    "appScopeId": lambda _: None,
    "condition": lambda _: None,
    "directoryScopeId": lambda assignment: assignment.scope,
    "principalId": lambda assignment: assignment.principal_id,
    "principalOrganizationId": lambda _: None,
    "roleDefinitionId": lambda assignment: assignment.role_id,
}


def _assignment_id(role_id: str, principal_id: str, scope: str) -> str:
    """As Microsoft's look: role and principal in base64, and a word for the scope."""
    key = base64.urlsafe_b64encode(uuid.UUID(role_id).bytes_le + uuid.UUID(principal_id).bytes_le).decode().rstrip("=")
    return f"{key}-{1 if scope == WHOLE_TENANT else uuid.uuid5(uuid.NAMESPACE_URL, scope).hex[:8]}"
