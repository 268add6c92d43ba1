"""GET /reports/authenticationMethods/userRegistrationDetails: without disabled and deleted users; needs P1.

The report lags: who was created within the lag isn't in it, and what was registered within it doesn't show.

Source: learn.microsoft.com, "List userRegistrationDetails", "userRegistrationDetails resource type".
"""

from collections.abc import Callable
from functools import partial

from sim.tenant import odata
from sim.tenant.call import Call, Listing, Route, page, resume
from sim.tenant.directory import REGISTRATION, Getters, User, shown
from sim.tenant.graph_time import SECOND
from sim.tenant.odata import Comparison, Field
from sim.tenant.permissions import READ_REPORTS, require_p1
from sim.tenant.refusal import Answer, not_found

PAGE, MAXIMUM = 100, 999
_EQUAL = frozenset({"eq"})
_FIELDS = {
    name: Field("boolean", _EQUAL)
    for name in (
        "isAdmin",
        "isMfaCapable",
        "isMfaRegistered",
        "isPasswordlessCapable",
        "isSsprCapable",
        "isSsprEnabled",
        "isSsprRegistered",
    )
} | {"userPrincipalName": Field("string", _EQUAL, fold=True)}


def list_details(call: Call) -> Answer:
    """A page of the report."""
    require_p1(call.tenant.licence)
    options = call.options("$filter", "$select", "$top", "$skiptoken")
    selected = _selected(options)
    clauses: tuple[Comparison, ...] = ()
    if "$filter" in options:
        clauses = odata.comparisons(options["$filter"], _FIELDS, joined_by="and", type_name="userRegistrationDetails")
    size = odata.top(options.get("$top"), default=PAGE, maximum=MAXIMUM)
    after = resume(call, options)
    getters = _getters(call)
    raw: Getters = {**getters, "userPrincipalName": lambda user: user.user_principal_name.casefold()}
    is_reported = _reported(call)
    found = (
        user
        for user in call.tenant.users.after(after)
        if is_reported(user) and all(odata.holds(clause, raw[clause.property](user)) for clause in clauses)
    )
    context = call.context("reports/authenticationMethods/userRegistrationDetails")
    return page(call, found, Listing(context, size, options, partial(shown, properties=selected, getters=getters)))


def get_details(call: Call) -> Answer:
    """One user's line of the report."""
    require_p1(call.tenant.licence)
    selected = _selected(call.options("$select"))
    user = call.tenant.users.get(call.parameters["id"])
    if user is None or not _reported(call)(user):
        raise not_found(call.parameters["id"])
    context = call.context("reports/authenticationMethods/userRegistrationDetails/$entity")
    return Answer(200, {"@odata.context": context, **shown(user, selected, _getters(call))})


def _selected(options: dict[str, str]) -> tuple[str, ...]:
    return odata.select(
        options.get("$select"), known=REGISTRATION, type_name="userRegistrationDetails", default=tuple(REGISTRATION)
    )


def _getters(call: Call) -> Getters:
    admins = call.tenant.roles.holder_ids
    return {**REGISTRATION, "isAdmin": lambda user: user.id in admins}


def _reported(call: Call) -> Callable[[User], bool]:
    """Whether a user is in the report."""
    newest = call.tenant.now() - int(call.tenant.registration_lag_seconds * SECOND)
    return lambda user: user.account_enabled and user.created_at <= newest


_PATH = "reports/authenticationMethods/userRegistrationDetails"
ROUTES = (
    Route("GET", _PATH, "reports", READ_REPORTS, list_details),
    Route("GET", f"{_PATH}/{{id}}", "reports", READ_REPORTS, get_details),
)
