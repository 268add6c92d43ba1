"""GET /auditLogs/signIns: `$filter`, `$top` up to 1,000 (and 1,000 unless asked otherwise), newest first; needs P1.

Filters: createdDateTime ge and le, status/errorCode eq, userId eq, joined by `and`. Neither `$select` nor `$orderby`
stands on the page, nor does `or`: a caller reads one error code at a time. Interactive sign-ins only.
Source: learn.microsoft.com, "List signIns", "signIn resource type".
"""

from collections.abc import Iterator
from typing import Any

from sim.tenant import odata
from sim.tenant.call import Call, Listing, Route, page, resume
from sim.tenant.odata import Comparison, Field
from sim.tenant.permissions import READ_POLICIES, READ_REPORTS, require_p1
from sim.tenant.refusal import Answer, GraphError
from sim.tenant.sign_ins import SignIn, shown_sign_in
from sim.tenant.timeline import BEGINNING, END, Key

MAXIMUM = 1000
_BETWEEN = frozenset({"ge", "le"})
_FIELDS = {
    "createdDateTime": Field("time", _BETWEEN),
    "status/errorCode": Field("number", frozenset({"eq"})),
    "userId": Field("string", frozenset({"eq"})),
}


def list_sign_ins(call: Call) -> Answer:
    """A page of sign-ins, newest first."""
    require_p1(call.tenant.licence)
    options = call.options("$filter", "$top", "$skiptoken")
    clauses: tuple[Comparison, ...] = ()
    if "$filter" in options:
        clauses = odata.comparisons(options["$filter"], _FIELDS, joined_by="and", type_name="signIn")
    size = odata.top(options.get("$top"), default=MAXIMUM, maximum=MAXIMUM)
    found = _found(call, clauses, place_of(resume(call, options)))
    listing = Listing(call.context("auditLogs/signIns"), size, options, lambda sign_in: _shown(call, sign_in))
    return page(call, found, listing, mark_of)


def get_sign_in(call: Call) -> Answer:
    """One sign-in."""
    require_p1(call.tenant.licence)
    call.options()
    found = next((each for each in call.tenant.sign_ins.newest() if each.id == call.parameters["id"]), None)
    if found is None:
        raise GraphError(404, "NotFound", f"Sign-in '{call.parameters['id']}' was not found.")
    return Answer(200, {"@odata.context": call.context("auditLogs/signIns/$entity"), **_shown(call, found)})


def mark_of(entry: Any) -> str:  # noqa: ANN401 - of either log
    """Where a line of a log stands, as paging remembers it."""
    return f"{entry.at}|{entry.number}"


def place_of(mark: str) -> Key:
    """The place that a mark names; the log's end for none."""
    at, _, number = mark.partition("|")
    return (int(at), int(number)) if mark else END


def bounds(clauses: tuple[Comparison, ...], property_name: str) -> tuple[int, int]:
    """The first and last instant (ticks) that clauses on a time allow."""
    first, last = BEGINNING[0], END[0]
    for clause in clauses:
        if clause.property == property_name:
            first = max(first, clause.value) if clause.operator in {"ge", "eq"} else first
            last = min(last, clause.value) if clause.operator in {"le", "eq"} else last
    return first, last


def _found(call: Call, clauses: tuple[Comparison, ...], before: Key) -> Iterator[SignIn]:
    first, last = bounds(clauses, "createdDateTime")
    codes = {clause.value for clause in clauses if clause.property == "status/errorCode"}
    users = {clause.value for clause in clauses if clause.property == "userId"}
    if len(codes) > 1 or len(users) > 1:
        return iter(())
    return call.tenant.sign_ins.newest(
        first, last, before, error_code=next(iter(codes), None), user_id=next(iter(users), None)
    )


def _shown(call: Call, sign_in: SignIn) -> dict[str, Any]:
    tenant = call.tenant
    user, risky = tenant.users.get(sign_in.user_id), tenant.risky_users.get(sign_in.user_id)
    name, principal_name = "", ""
    if user is not None:
        name, principal_name = user.display_name, user.user_principal_name
    elif risky is not None:
        name, principal_name = risky.user_display_name, risky.user_principal_name
    return shown_sign_in(
        sign_in,
        name,
        principal_name,
        licensed=tenant.licence == "P2",
        policies=not READ_POLICIES.isdisjoint(tenant.granted),
    )


ROUTES = (
    Route("GET", "auditLogs/signIns", "reports", READ_REPORTS, list_sign_ins),
    Route("GET", "auditLogs/signIns/{id}", "reports", READ_REPORTS, get_sign_in),
)
