"""GET /auditLogs/directoryAudits: `$filter`, `$top` up to 1,000, newest first; needs no licence.

Filters: activityDateTime eq, ge and le; activityDisplayName eq; initiatedBy/user/id eq; joined by `and`.
Source: learn.microsoft.com, "List directoryAudits", "directoryAudit resource type".
"""

from sim.tenant import odata
from sim.tenant.audits import AUDIT, Audit
from sim.tenant.call import Call, Listing, Route, page, resume
from sim.tenant.directory import shown
from sim.tenant.endpoints.sign_ins import MAXIMUM, bounds, mark_of, place_of
from sim.tenant.odata import Comparison, Field
from sim.tenant.permissions import READ_REPORTS
from sim.tenant.refusal import Answer

_EQUAL = frozenset({"eq"})
_FIELDS = {
    "activityDateTime": Field("time", frozenset({"eq", "ge", "le"})),
    "activityDisplayName": Field("string", _EQUAL),
    "initiatedBy/user/id": Field("string", _EQUAL),
}


def list_audits(call: Call) -> Answer:
    """A page of the directory audit log, newest first."""
    options = call.options("$filter", "$top", "$skiptoken")
    clauses: tuple[Comparison, ...] = ()
    if "$filter" in options:
        clauses = odata.comparisons(options["$filter"], _FIELDS, joined_by="and", type_name="directoryAudit")
    size = odata.top(options.get("$top"), default=MAXIMUM, maximum=MAXIMUM)
    first, last = bounds(clauses, "activityDateTime")
    log = call.tenant.audits.newest(first, last, place_of(resume(call, options)))
    found = (audit for audit in log if all(_meets(audit, clause) for clause in clauses))
    listing = Listing(
        call.context("auditLogs/directoryAudits"), size, options, lambda audit: shown(audit, tuple(AUDIT), AUDIT)
    )
    return page(call, found, listing, mark_of)


def _meets(audit: Audit, clause: Comparison) -> bool:
    if clause.property == "activityDisplayName":
        return bool(audit.activity == clause.value)
    if clause.property == "initiatedBy/user/id":
        return audit.by.app_id is None and bool(audit.by.id == clause.value)
    return True  # the log was cut to the times


ROUTES = (Route("GET", "auditLogs/directoryAudits", "reports", READ_REPORTS, list_audits),)
