"""GET /servicePrincipals: `$filter`, `$select`, `$top` up to 999, `$count`.

appId and displayName can be compared with by anybody; appOwnerOrganizationId only in an advanced query: the header
`ConsistencyLevel: eventual` and `$count=true`, on the first page and on all that follow. Without the header `$count`
is passed over in silence.
Source: learn.microsoft.com, "List servicePrincipals", "Advanced query capabilities on Microsoft Entra ID objects".
"""

from sim.tenant import odata
from sim.tenant.call import Call, Listing, Route, page, resume
from sim.tenant.directory import Getters, shown
from sim.tenant.odata import Comparison, Field
from sim.tenant.permissions import READ_APPLICATIONS
from sim.tenant.refusal import Answer, bad_request, unsupported_query
from sim.tenant.service_principals import SERVICE_PRINCIPAL, ServicePrincipal

PAGE, MAXIMUM = 100, 999
_EQUAL = frozenset({"eq"})
_FIELDS = {
    "appOwnerOrganizationId": Field("guid", _EQUAL),
    "appId": Field("string", _EQUAL),
    "displayName": Field("string", _EQUAL, fold=True),
}
_ADVANCED = frozenset({"appOwnerOrganizationId"})
_RAW: Getters = {**SERVICE_PRINCIPAL, "displayName": lambda principal: principal.display_name.casefold()}


def list_service_principals(call: Call) -> Answer:
    """A page of service principals."""
    options = call.options("$filter", "$select", "$top", "$count", "$skiptoken")
    selected = odata.select(
        options.get("$select"),
        known=SERVICE_PRINCIPAL,
        type_name="servicePrincipal",
        default=tuple(SERVICE_PRINCIPAL),
    )
    size = odata.top(options.get("$top"), default=PAGE, maximum=MAXIMUM)
    advanced = _is_advanced(call, options)
    clauses = _clauses(options, advanced=advanced)
    after = resume(call, options)
    found = [principal for principal in call.tenant.service_principals if _meets(principal, clauses)]
    context = call.context("servicePrincipals", selected if "$select" in options else None)
    listing = Listing(context, size, options, lambda principal: shown(principal, selected, SERVICE_PRINCIPAL))
    answer = page(call, (principal for principal in found if principal.id > after), listing)
    if advanced and not after:
        answer.body["@odata.count"] = len(found)
    return answer


def _is_advanced(call: Call, options: dict[str, str]) -> bool:
    if options.get("$count", "true") not in {"true", "false"}:
        raise bad_request("Invalid value specified for '$count'.", "Request_BadRequest")
    return options.get("$count") == "true" and call.headers.get("consistencylevel", "").lower() == "eventual"


def _clauses(options: dict[str, str], *, advanced: bool) -> tuple[Comparison, ...]:
    if "$filter" not in options:
        return ()
    clauses = odata.comparisons(options["$filter"], _FIELDS, joined_by="and", type_name="servicePrincipal")
    for clause in clauses:
        if clause.property in _ADVANCED and not advanced:
            raise unsupported_query(
                f"Unsupported or invalid query filter clause specified for property '{clause.property}' "
                "of resource 'ServicePrincipal'."
            )
    return clauses


def _meets(principal: ServicePrincipal, clauses: tuple[Comparison, ...]) -> bool:
    return all(odata.holds(clause, _RAW[clause.property](principal)) for clause in clauses)


ROUTES = (Route("GET", "servicePrincipals", "directory", READ_APPLICATIONS, list_service_principals),)
