"""GET /roleManagement/directory/{roleDefinitions,roleAssignments} and /groups/{id}/transitiveMembers.

Source: learn.microsoft.com, "List roleDefinitions", "List unifiedRoleAssignments" ($filter, $expand and $select; no
$top), "List group transitive members" (a cast needs ConsistencyLevel: eventual and $count=true).
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

from sim.tenant import odata
from sim.tenant.call import Call, Listing, Route, page, resume
from sim.tenant.directory import USER, USER_DEFAULT, Getters, User, shown
from sim.tenant.odata import Comparison, Field
from sim.tenant.permissions import READ_MEMBERS, READ_ROLES
from sim.tenant.refusal import Answer, bad_request, not_found, unsupported_query
from sim.tenant.roles import ROLE_ASSIGNMENT, ROLE_DEFINITION, RoleAssignment

PAGE, MEMBER_PAGE, MAXIMUM_MEMBERS = 100, 100, 999
_EQUAL, _EQUAL_OR_IN = frozenset({"eq"}), frozenset({"eq", "in"})
_DEFINITION_FIELDS = {
    "id": Field("string", _EQUAL_OR_IN),
    "displayName": Field("string", _EQUAL_OR_IN, fold=True),
    "isBuiltIn": Field("boolean", _EQUAL),
}
_ASSIGNMENT_FIELDS = {"principalId": Field("string", _EQUAL), "roleDefinitionId": Field("string", _EQUAL)}


def list_definitions(call: Call) -> Answer:
    """A page of the role definitions."""
    options = call.options("$filter", "$select", "$skiptoken")
    selected = odata.select(
        options.get("$select"), known=ROLE_DEFINITION, type_name="unifiedRoleDefinition", default=tuple(ROLE_DEFINITION)
    )
    raw: Getters = {**ROLE_DEFINITION, "displayName": lambda role: role.name.casefold()}
    found = _filtered(call.tenant.roles.definitions.after(resume(call, options)), options, _DEFINITION_FIELDS, raw)
    context = call.context("roleManagement/directory/roleDefinitions", selected if "$select" in options else None)
    show = partial(shown, properties=selected, getters=ROLE_DEFINITION)
    return page(call, found, Listing(context, PAGE, options, show))


def get_definition(call: Call) -> Answer:
    """One role definition."""
    options = call.options("$select")
    selected = odata.select(
        options.get("$select"), known=ROLE_DEFINITION, type_name="unifiedRoleDefinition", default=tuple(ROLE_DEFINITION)
    )
    role = call.tenant.roles.definitions.get(call.parameters["id"])
    if role is None:
        raise not_found(call.parameters["id"])
    context = call.context("roleManagement/directory/roleDefinitions/$entity")
    return Answer(200, {"@odata.context": context, **shown(role, selected, ROLE_DEFINITION)})


def list_assignments(call: Call) -> Answer:
    """A page of the role assignments; with `$expand=principal`, who that is."""
    options = call.options("$filter", "$select", "$expand", "$skiptoken")
    expand = options.get("$expand", "")
    if expand not in {"", "principal"}:
        raise bad_request(f"Could not expand '{expand}' on type 'microsoft.graph.unifiedRoleAssignment'.")
    selected = odata.select(
        options.get("$select"), known=ROLE_ASSIGNMENT, type_name="unifiedRoleAssignment", default=tuple(ROLE_ASSIGNMENT)
    )
    assignments = call.tenant.roles.assignments.after(resume(call, options))
    found = _filtered(assignments, options, _ASSIGNMENT_FIELDS, ROLE_ASSIGNMENT)
    context = call.context("roleManagement/directory/roleAssignments" + ("(principal())" if expand else ""))
    show = partial(_assignment, call, selected, bool(expand))
    return page(call, found, Listing(context, PAGE, options, show))


def list_members(call: Call, *, is_cast: bool = False) -> Answer:
    """A page of a group's members; flat: role-assignable groups can't be nested, and here no other group is."""
    options = call.options("$select", "$top", "$count", "$skiptoken")
    advanced = call.headers.get("consistencylevel", "").lower() == "eventual" and options.get("$count") == "true"
    if (is_cast or "$count" in options) and not advanced:
        raise unsupported_query(
            "Request with OData casting and $count need ConsistencyLevel: eventual and $count=true on this resource."
        )
    selected = odata.select(options.get("$select"), known=USER, type_name="user", default=USER_DEFAULT)
    size = odata.top(options.get("$top"), default=MEMBER_PAGE, maximum=MAXIMUM_MEMBERS)
    identifier = call.parameters["id"]
    group = call.tenant.roles.groups.get(identifier) or call.tenant.groups.get(identifier)
    if group is None:
        raise not_found(call.parameters["id"])
    members = [call.tenant.users[one] for one in sorted(group.member_ids) if one in call.tenant.users]
    after = resume(call, options)
    context = call.context("users" if is_cast else "directoryObjects", selected if "$select" in options else None)
    show = partial(_member, selected, is_cast)
    answer = page(call, (user for user in members if user.id > after), Listing(context, size, options, show))
    if "$count" in options:
        answer.body["@odata.count"] = len(members)
    return answer


def _filtered(things: Iterable[Any], options: dict[str, str], fields: dict[str, Field], raw: Getters) -> Iterable[Any]:
    if "$filter" not in options:
        return things
    clauses: tuple[Comparison, ...] = odata.comparisons(
        options["$filter"], fields, joined_by="and", type_name="unifiedRole"
    )
    return (thing for thing in things if all(odata.holds(clause, raw[clause.property](thing)) for clause in clauses))


def _assignment(call: Call, selected: tuple[str, ...], expand: bool, found: RoleAssignment) -> dict[str, Any]:  # noqa: FBT001 - bound by partial
    value = shown(found, selected, ROLE_ASSIGNMENT)
    if expand:
        value["principal"] = _principal(call, found.principal_id)
    return value


def _principal(call: Call, principal_id: str) -> dict[str, Any]:
    """A user with what a user shows by default; a group or an app with what every directory object has."""
    user = call.tenant.users.get(principal_id)
    if user is not None:
        return {"@odata.type": "#microsoft.graph.user", **shown(user, USER_DEFAULT, USER)}
    kind = "group" if principal_id in call.tenant.roles.groups else "servicePrincipal"
    return {"@odata.type": f"#microsoft.graph.{kind}", "id": principal_id, "deletedDateTime": None}


def _member(selected: tuple[str, ...], is_cast: bool, user: User) -> dict[str, Any]:  # noqa: FBT001 - bound by partial
    kind = {} if is_cast else {"@odata.type": "#microsoft.graph.user"}
    return {**kind, **shown(user, selected, USER)}


_ROLES = "roleManagement/directory"
ROUTES = (
    Route("GET", f"{_ROLES}/roleDefinitions", "directory", READ_ROLES, list_definitions),
    Route("GET", f"{_ROLES}/roleDefinitions/{{id}}", "directory", READ_ROLES, get_definition),
    Route("GET", f"{_ROLES}/roleAssignments", "directory", READ_ROLES, list_assignments),
    Route("GET", "groups/{id}/transitiveMembers", "directory", READ_MEMBERS, list_members, units=5),
    Route(
        "GET",
        "groups/{id}/transitiveMembers/microsoft.graph.user",
        "directory",
        READ_MEMBERS,
        partial(list_members, is_cast=True),
        units=5,
    ),
)
