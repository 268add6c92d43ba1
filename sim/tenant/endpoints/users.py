"""/users, one user, /users/$count, getByIds, and the two writes to a user.

Source: learn.microsoft.com, "List users", "Get a user", "directoryObject: getByIds",
"user: revokeSignInSessions", "Update user".
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from sim.tenant import deeds, odata
from sim.tenant.audits import REVOCATION
from sim.tenant.call import GUID, Call, Listing, Route, page, resume
from sim.tenant.directory import USER, USER_DEFAULT, User, shown
from sim.tenant.odata import Comparison, Field
from sim.tenant.permissions import READ_USERS, REVOKE_SESSIONS, WRITE_PASSWORDS
from sim.tenant.refusal import Answer, GraphError, bad_request, not_found, unsupported_query

PAGE, MAXIMUM = 100, 999
MAXIMUM_OBJECTS = 1000
_FIELDS = {
    "id": Field("string", frozenset({"eq", "in"})),
    "userPrincipalName": Field("string", frozenset({"eq"}), fold=True),
    "mail": Field("string", frozenset({"eq"}), fold=True),
}


def list_users(call: Call) -> Answer:
    """A page of users."""
    options = call.options("$filter", "$select", "$top", "$skiptoken")
    selected = odata.select(options.get("$select"), known=USER, type_name="user", default=USER_DEFAULT)
    size = odata.top(options.get("$top"), default=PAGE, maximum=MAXIMUM)
    after = resume(call, options)
    found: Iterable[User] = call.tenant.users.after(after)
    if "$filter" in options:
        found = (user for user in _filtered(call, options["$filter"]) if user.id > after)
    context = call.context("users", selected if "$select" in options else None)
    return page(call, found, Listing(context, size, options, partial(_shown, selected)))


def get_user(call: Call) -> Answer:
    """One user, by id or userPrincipalName."""
    options = call.options("$select")
    selected = odata.select(options.get("$select"), known=USER, type_name="user", default=USER_DEFAULT)
    context = call.context("users", selected if "$select" in options else None) + "/$entity"
    return Answer(200, {"@odata.context": context, **_shown(selected, _user(call))})


def count_users(call: Call) -> Answer:
    """How many users there are, as plain text; an advanced query."""
    call.options()
    if call.headers.get("consistencylevel", "").lower() != "eventual":
        raise GraphError(400, "Request_BadRequest", "$count is not currently supported.")
    return Answer(200, str(len(call.tenant.users)))


def get_by_ids(call: Call) -> Answer:
    """Up to 1,000 objects, with few properties each; unknown ids are left out."""
    call.options()
    body = call.json_object("ids", optional=("types",))
    identifiers, types = body["ids"], body.get("types", ["directoryObject"])
    if not isinstance(identifiers, list) or not 1 <= len(identifiers) <= MAXIMUM_OBJECTS:
        raise bad_request(f"The 'ids' parameter must contain 1 to {MAXIMUM_OBJECTS} ids.", "Request_BadRequest")
    if not all(isinstance(item, str) and GUID.fullmatch(item) for item in identifiers):
        raise bad_request("Invalid GUID specified in 'ids'.", "Request_BadRequest")
    if not isinstance(types, list) or not set(types) <= {"user", "group", "device", "directoryObject"}:
        raise bad_request("Invalid value specified for 'types'.", "Request_BadRequest")
    found = [call.tenant.users.get(item) for item in dict.fromkeys(identifiers)]
    wanted = not {"user", "directoryObject"}.isdisjoint(types)
    value = [
        {"@odata.type": "#microsoft.graph.user", **_shown(USER_DEFAULT, user)}
        for user in found
        if user is not None and wanted
    ]
    return Answer(200, {"@odata.context": call.context("directoryObjects"), "value": value})


def revoke_sessions(call: Call) -> Answer:
    """Make all of a user's refresh tokens invalid."""
    return _written(call, "revokeSignInSessions", _revoke)


def update_user(call: Call) -> Answer:
    """Write a user's passwordProfile; nothing else can be written here."""
    return _written(call, "passwordProfile", _update)


def _revoke(call: Call, user: User) -> Answer:
    call.options()
    call.tenant.revoke_sessions(user.id)
    deeds.audit(call.tenant, call.tenant.now(), REVOCATION, deeds.CALLER, [deeds.target(user)])
    return Answer(200, {"@odata.context": call.context("Edm.Boolean"), "value": True})


def _update(call: Call, user: User) -> Answer:
    call.options()
    profile = call.json_object("passwordProfile")["passwordProfile"]
    _check_password_profile(profile)
    if not call.tenant.roles.may_write_password_profile(call.tenant.directory_roles, user.id):
        raise GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    domain = call.tenant.domains.get(user.domain)
    if user.synced or user.is_external or (domain is not None and domain.federation is not None):
        raise bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects "
            "or objects currently undergoing migration.",
            "Request_BadRequest",
        )
    call.tenant.set_password_profile(user.id, profile)
    return Answer(204)


def _check_password_profile(profile: object) -> None:
    kinds = {"forceChangePasswordNextSignIn": bool, "forceChangePasswordNextSignInWithMfa": bool, "password": str}
    if not isinstance(profile, dict) or not profile:
        raise bad_request("Invalid value specified for property 'passwordProfile'.", "Request_BadRequest")
    for name, value in profile.items():
        if name not in kinds or not isinstance(value, kinds[name]):
            raise bad_request(f"Invalid value specified for property '{name}'.", "Request_BadRequest")


def _written(call: Call, action: str, do: Callable[[Call, User], Answer]) -> Answer:
    identifier, status = call.parameters["id"], 500
    try:
        user = _user(call)
        identifier = user.id
        answer = do(call, user)
        status = answer.status
    except GraphError as refusal:
        status = refusal.status
        raise
    finally:
        call.tenant.log_write(action, (identifier,), status)
    return answer


def _filtered(call: Call, text: str) -> list[User]:
    clauses = odata.comparisons(text, _FIELDS, joined_by="or", type_name="user")
    if any(clause.property == "id" for clause in clauses) and len(clauses) > 1:
        raise unsupported_query()
    found = {user.id: user for clause in clauses for user in _meeting(call, clause)}
    return [found[identifier] for identifier in sorted(found)]


def _meeting(call: Call, clause: Comparison) -> list[User]:
    if clause.property == "mail":
        return call.tenant.users_with_mail(clause.value)
    if clause.property == "userPrincipalName":
        named = call.tenant.user_named(clause.value)
        return [named] if named and named.id != clause.value else []
    identifiers = clause.value if clause.operator == "in" else (clause.value,)
    if not all(GUID.fullmatch(identifier) for identifier in identifiers):
        raise bad_request(f"Invalid filter clause: a value of '{clause.property}' is no GUID.", "Request_BadRequest")
    return [user for user in map(call.tenant.users.get, identifiers) if user is not None]


def _user(call: Call) -> User:
    user = call.tenant.user_named(call.parameters["id"])
    if user is None:
        raise not_found(call.parameters["id"])
    return user


def _shown(selected: tuple[str, ...], user: User) -> dict[str, Any]:
    return shown(user, selected, USER)


ROUTES = (
    Route("GET", "users", "directory", READ_USERS, list_users, units=2),
    Route("GET", "users/$count", "directory", READ_USERS, count_users),
    Route("GET", "users/{id}", "directory", READ_USERS, get_user),
    Route("PATCH", "users/{id}", "directory", WRITE_PASSWORDS, update_user, writes="passwordProfile"),
    Route(
        "POST",
        "users/{id}/revokeSignInSessions",
        "directory",
        REVOKE_SESSIONS,
        revoke_sessions,
        writes="revokeSignInSessions",
    ),
    Route("POST", "directoryObjects/getByIds", "directory", READ_USERS, get_by_ids, units=3),
)
