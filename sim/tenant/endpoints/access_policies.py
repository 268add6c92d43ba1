"""GET /identity/conditionalAccess/policies, in the family that takes one request a second for all apps.

Source: learn.microsoft.com, "List policies" (conditionalAccessRoot), "conditionalAccessPolicy resource type".
"""

from typing import Any

from sim.tenant import odata
from sim.tenant.access_policies import ACCESS_POLICY, AccessPolicy, hide_newer_controls
from sim.tenant.call import Call, Listing, Route, page, resume
from sim.tenant.directory import shown
from sim.tenant.permissions import READ_POLICIES
from sim.tenant.refusal import Answer, GraphError

PAGE, MAXIMUM = 100, 999
_TYPE = "conditionalAccessPolicy"
_PATH = "identity/conditionalAccess/policies"


def list_policies(call: Call) -> Answer:
    """A page of policies."""
    options = call.options("$select", "$top", "$skiptoken")
    size = odata.top(options.get("$top"), default=PAGE, maximum=MAXIMUM)
    selected = _selected(options)
    found = call.tenant.access_policies.after(resume(call, options))
    context = call.context(_PATH, selected if "$select" in options else None)
    return page(call, found, Listing(context, size, options, lambda policy: _shown(call, policy, selected)))


def get_policy(call: Call) -> Answer:
    """One policy."""
    selected = _selected(call.options("$select"))
    policy = call.tenant.access_policies.get(call.parameters["id"])
    if policy is None:
        raise GraphError(404, "NotFound", f"Policy '{call.parameters['id']}' was not found.")
    return Answer(200, {"@odata.context": call.context(f"{_PATH}/$entity"), **_shown(call, policy, selected)})


def _selected(options: dict[str, str]) -> tuple[str, ...]:
    return odata.select(options.get("$select"), known=ACCESS_POLICY, type_name=_TYPE, default=tuple(ACCESS_POLICY))


def _shown(call: Call, policy: AccessPolicy, selected: tuple[str, ...]) -> dict[str, Any]:
    value = shown(policy, selected, ACCESS_POLICY)
    return value if call.prefers("include-unknown-enum-members") else hide_newer_controls(value)


ROUTES = (
    Route("GET", _PATH, "identityProtection", READ_POLICIES, list_policies),
    Route("GET", f"{_PATH}/{{id}}", "identityProtection", READ_POLICIES, get_policy),
)
