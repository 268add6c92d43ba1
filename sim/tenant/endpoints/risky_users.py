"""/identityProtection/riskyUsers: reading, history, and the three writes of at most 60 users.

Source: learn.microsoft.com, "List riskyUsers", "riskyUser: confirmSafe, confirmCompromised, dismiss".
"""

from functools import partial
from typing import Any

from sim.tenant import odata
from sim.tenant.call import GUID, Call, Listing, Route, page, resume
from sim.tenant.directory import Getters
from sim.tenant.endpoints.risk_detections import MAXIMUM, PAGE, RISK_LEVELS, RISK_STATES, shower
from sim.tenant.graph_time import written
from sim.tenant.odata import TIME_OPERATORS, Comparison, Field
from sim.tenant.permissions import READ_RISKY_USERS, WRITE_RISKY_USERS
from sim.tenant.refusal import Answer, GraphError, bad_request
from sim.tenant.risk import RISKY_USER, HistoryItem, RiskyUser, hide_newer_members
from sim.tenant.tenant import RiskAction

MAXIMUM_IDS = 60
_EQUAL = frozenset({"eq"})
_FIELDS = {
    "id": Field("string", _EQUAL),
    "riskState": Field("enum", _EQUAL, RISK_STATES),
    "riskLevel": Field("enum", _EQUAL, RISK_LEVELS),
    "riskLastUpdatedDateTime": Field("time", TIME_OPERATORS),
}


def list_risky_users(call: Call) -> Answer:
    """A page of risky users."""
    _need_p2(call)
    options = call.options("$filter", "$select", "$top", "$skiptoken")
    selected = odata.select(options.get("$select"), known=RISKY_USER, type_name="riskyUser", default=tuple(RISKY_USER))
    clauses: tuple[Comparison, ...] = ()
    if "$filter" in options:
        clauses = odata.comparisons(options["$filter"], _FIELDS, joined_by="and", type_name="riskyUser")
    size = odata.top(options.get("$top"), default=PAGE, maximum=MAXIMUM)
    after = resume(call, options)
    raw: Getters = {**RISKY_USER, "riskLastUpdatedDateTime": lambda user: user.updated_at}
    found = (
        user
        for user in call.tenant.risky_users.after(after)
        if all(odata.holds(clause, raw[clause.property](user)) for clause in clauses)
    )
    context = call.context("identityProtection/riskyUsers", selected if "$select" in options else None)
    return page(call, found, Listing(context, size, options, shower(call, selected, RISKY_USER)))


def get_risky_user(call: Call) -> Answer:
    """One risky user."""
    _need_p2(call)
    options = call.options("$select")
    selected = odata.select(options.get("$select"), known=RISKY_USER, type_name="riskyUser", default=tuple(RISKY_USER))
    shown = shower(call, selected, RISKY_USER)(_risky_user(call))
    return Answer(200, {"@odata.context": call.context("identityProtection/riskyUsers/$entity"), **shown})


def list_history(call: Call) -> Answer:
    """A page of one risky user's history, oldest first."""
    _need_p2(call)
    options = call.options("$top", "$skiptoken")
    size = odata.top(options.get("$top"), default=PAGE, maximum=MAXIMUM)
    user = _risky_user(call)
    after = resume(call, options)
    known = call.prefers("include-unknown-enum-members")
    items = (item for item in user.history if item.id > after)
    context = call.context(f"identityProtection/riskyUsers('{user.id}')/history")
    return page(call, items, Listing(context, size, options, partial(_history_item, user, known)))


def write(action: RiskAction, call: Call) -> Answer:
    """Accept a write for all its users, or refuse it for all: 204 means accepted, not done."""
    identifiers: tuple[str, ...] = ()
    status = 204
    try:
        _need_p2(call)
        call.options()
        identifiers = _user_ids(call.json_object("userIds")["userIds"])
        _must_all_exist(call, action, identifiers)
        call.tenant.act(action, identifiers)
    except GraphError as refusal:
        status = refusal.status
        raise
    finally:
        call.tenant.log_write(action, identifiers, status)
    return Answer(204)


def _user_ids(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise bad_request("The parameter 'userIds' must be a collection of strings.")
    if not 1 <= len(value) <= MAXIMUM_IDS:
        raise bad_request(f"The number of user ids must be between 1 and {MAXIMUM_IDS}, but is {len(value)}.")
    for item in value:
        if not GUID.fullmatch(item):
            raise bad_request(f"'{item}' is not a valid user id.")
    if len(set(value)) < len(value):
        raise bad_request("The user ids must be distinct.")
    return tuple(value)


def _must_all_exist(call: Call, action: RiskAction, identifiers: tuple[str, ...]) -> None:
    for identifier in identifiers:
        if identifier in call.tenant.risky_users:
            continue
        user = call.tenant.users.get(identifier)
        if action != "confirmCompromised" or user is None or user.is_external:
            raise bad_request(f"User '{identifier}' was not found.")


def _risky_user(call: Call) -> RiskyUser:
    user = call.tenant.risky_users.get(call.parameters["id"])
    if user is None:
        raise GraphError(404, "NotFound", f"Risky user '{call.parameters['id']}' was not found.")
    return user


def _history_item(user: RiskyUser, known: bool, item: HistoryItem) -> dict[str, Any]:  # noqa: FBT001 - bound by partial
    value: dict[str, Any] = {
        "id": item.id,
        "isDeleted": user.is_deleted,
        "isProcessing": False,
        "riskLastUpdatedDateTime": written(item.at),
        "riskLevel": item.level,
        "riskState": item.state,
        "riskDetail": item.detail,
        "userDisplayName": user.user_display_name,
        "userPrincipalName": user.user_principal_name,
        "userId": user.id,
        "initiatedBy": item.initiated_by,
    }
    if not known:
        hide_newer_members(value)
    return value | {"activity": {"riskEventTypes": list(item.risk_event_types), "detail": value["riskDetail"]}}


def _need_p2(call: Call) -> None:
    if call.tenant.licence != "P2":
        raise GraphError(403, "Forbidden", "Your tenant is not licensed for this feature.")


_FAMILY = "identityProtection"
_ACTIONS: tuple[RiskAction, ...] = ("confirmSafe", "confirmCompromised", "dismiss")
ROUTES = (
    Route("GET", "identityProtection/riskyUsers", _FAMILY, READ_RISKY_USERS, list_risky_users),
    *(
        Route(
            "POST",
            f"identityProtection/riskyUsers/{name}",
            _FAMILY,
            WRITE_RISKY_USERS,
            partial(write, action),
            writes=action,
        )
        for action in _ACTIONS
        for name in (action, f"microsoft.graph.{action}")
    ),
    Route("GET", "identityProtection/riskyUsers/{id}", _FAMILY, READ_RISKY_USERS, get_risky_user),
    Route("GET", "identityProtection/riskyUsers/{id}/history", _FAMILY, READ_RISKY_USERS, list_history),
)
