"""GET /admin/serviceAnnouncement/issues and /messages: `$filter`, `$select`, `$top`; 100 a page unless
`Prefer: odata.maxpagesize` asks for up to 1,000.

Filters: startDateTime and lastModifiedDateTime ge and le, issues also service eq and isResolved eq; joined by `and`.
Source: learn.microsoft.com, "List issues", "List serviceAnnouncement messages".
"""

import re
from collections.abc import Mapping

from sim.tenant import odata
from sim.tenant.announcements import HEALTH_ISSUE, SERVICE_MESSAGE
from sim.tenant.call import Call, Listing, Route, page, resume
from sim.tenant.directory import Getters, shown
from sim.tenant.odata import Comparison, Field
from sim.tenant.permissions import READ_HEALTH, READ_MESSAGES
from sim.tenant.refusal import Answer
from sim.tenant.shelf import Shelf

PAGE, MAXIMUM = 100, 1000
_BETWEEN, _EQUAL = frozenset({"ge", "le"}), frozenset({"eq"})
_DATES = {"startDateTime": Field("time", _BETWEEN), "lastModifiedDateTime": Field("time", _BETWEEN)}
_ISSUE_FIELDS = {**_DATES, "service": Field("string", _EQUAL), "isResolved": Field("boolean", _EQUAL)}
_RAW: Getters = {
    "startDateTime": lambda announcement: announcement.started_at,
    "lastModifiedDateTime": lambda announcement: announcement.updated_at,
    "service": HEALTH_ISSUE["service"],
    "isResolved": HEALTH_ISSUE["isResolved"],
}


def list_issues(call: Call) -> Answer:
    """A page of service health issues."""
    return _page(call, call.tenant.health_issues, HEALTH_ISSUE, _ISSUE_FIELDS, "serviceHealthIssue")


def list_messages(call: Call) -> Answer:
    """A page of the message centre."""
    return _page(call, call.tenant.service_messages, SERVICE_MESSAGE, _DATES, "serviceUpdateMessage")


def _page(call: Call, shelf: Shelf, getters: Getters, fields: Mapping[str, Field], type_name: str) -> Answer:  # type: ignore[type-arg]
    options = call.options("$filter", "$select", "$top", "$skiptoken")
    selected = odata.select(options.get("$select"), known=getters, type_name=type_name, default=tuple(getters))
    clauses: tuple[Comparison, ...] = ()
    if "$filter" in options:
        clauses = odata.comparisons(options["$filter"], fields, joined_by="and", type_name=type_name)
    size = odata.top(options.get("$top"), default=_preferred(call), maximum=MAXIMUM)
    found = (
        announcement
        for announcement in shelf.after(resume(call, options))
        if all(odata.holds(clause, _RAW[clause.property](announcement)) for clause in clauses)
    )
    context = call.context(call.path, selected if "$select" in options else None)
    return page(call, found, Listing(context, size, options, lambda each: shown(each, selected, getters)))


def _preferred(call: Call) -> int:
    match = re.search(r"odata\.maxpagesize\s*=\s*(\d{1,6})", call.headers.get("prefer", ""), re.IGNORECASE)
    return min(max(int(match.group(1)), 1), MAXIMUM) if match else PAGE


_FAMILY = "serviceAnnouncement"
ROUTES = (
    Route("GET", "admin/serviceAnnouncement/issues", _FAMILY, READ_HEALTH, list_issues),
    Route("GET", "admin/serviceAnnouncement/messages", _FAMILY, READ_MESSAGES, list_messages),
)
