"""GET /identityProtection/riskDetections: `$filter`, `$select`, `$top` up to 500; pages in no order of time.

Source: learn.microsoft.com, "List riskDetections".
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sim.tenant import odata
from sim.tenant.call import Call, Listing, Route, page, resume
from sim.tenant.directory import Getters
from sim.tenant.odata import TIME_OPERATORS, Comparison, Field
from sim.tenant.permissions import READ_DETECTIONS
from sim.tenant.refusal import Answer, GraphError
from sim.tenant.risk import DETECTION, DETECTION_UNLICENSED, Detection, hide_newer_members

PAGE, MAXIMUM = 20, 500
RISK_STATES = frozenset({"none", "confirmedSafe", "remediated", "dismissed", "atRisk", "confirmedCompromised"})
RISK_LEVELS = frozenset({"low", "medium", "high", "hidden", "none"})

_EQUAL = frozenset({"eq"})
_FIELDS = {
    "detectedDateTime": Field("time", TIME_OPERATORS),
    "userId": Field("string", _EQUAL),
    "riskState": Field("enum", _EQUAL, RISK_STATES),
    "riskLevel": Field("enum", _EQUAL, RISK_LEVELS),
    "riskEventType": Field("string", _EQUAL),
}


def list_detections(call: Call) -> Answer:
    """A page of detections."""
    options = call.options("$filter", "$select", "$top", "$skiptoken")
    getters = DETECTION if call.tenant.licence == "P2" else DETECTION_UNLICENSED
    selected = odata.select(options.get("$select"), known=getters, type_name="riskDetection", default=tuple(getters))
    clauses: tuple[Comparison, ...] = ()
    if "$filter" in options:
        clauses = odata.comparisons(options["$filter"], _FIELDS, joined_by="and", type_name="riskDetection")
    size = odata.top(options.get("$top"), default=PAGE, maximum=MAXIMUM)
    after = resume(call, options)
    show = shower(call, selected, getters)
    raw: Getters = {**getters, "detectedDateTime": lambda detection: detection.detected_at}
    found = (
        detection
        for detection in _candidates(call, clauses, after)
        if all(odata.holds(clause, raw[clause.property](detection)) for clause in clauses)
    )
    context = call.context("identityProtection/riskDetections", selected if "$select" in options else None)
    return page(call, found, Listing(context, size, options, show))


def _candidates(call: Call, clauses: tuple[Comparison, ...], after: str) -> Iterable[Detection]:
    """Those that can meet the clauses, in the order of their ids: one user's few, or all."""
    for clause in clauses:
        if clause.property == "userId":
            return (detection for detection in call.tenant.detections_of(clause.value) if detection.id > after)
    return call.tenant.detections.after(after)


def get_detection(call: Call) -> Answer:
    """One detection."""
    options = call.options("$select")
    getters = DETECTION if call.tenant.licence == "P2" else DETECTION_UNLICENSED
    selected = odata.select(options.get("$select"), known=getters, type_name="riskDetection", default=tuple(getters))
    detection: Detection | None = call.tenant.detections.get(call.parameters["id"])
    if detection is None:
        raise GraphError(404, "NotFound", f"Risk detection '{call.parameters['id']}' was not found.")
    context = call.context("identityProtection/riskDetections/$entity")
    return Answer(200, {"@odata.context": context, **shower(call, selected, getters)(detection)})


def shower(
    call: Call, selected: tuple[str, ...], getters: Mapping[str, Callable[[Any], object]]
) -> Callable[[Any], dict[str, Any]]:
    """Shows a thing with the selected properties, newer enum members only to those who asked for them."""
    chosen = [(name, getters[name]) for name in selected]
    if call.prefers("include-unknown-enum-members"):
        return lambda thing: {name: getter(thing) for name, getter in chosen}
    return lambda thing: hide_newer_members({name: getter(thing) for name, getter in chosen})


ROUTES = (
    Route("GET", "identityProtection/riskDetections", "identityProtection", READ_DETECTIONS, list_detections),
    Route("GET", "identityProtection/riskDetections/{id}", "identityProtection", READ_DETECTIONS, get_detection),
)
