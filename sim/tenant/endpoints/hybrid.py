"""GET /directory/onPremisesSynchronization and /policies/featureRolloutPolicies; for apps not supported (see hybrid).

Source: learn.microsoft.com, "Get onPremisesDirectorySynchronization", "List featureRolloutPolicies".
"""

from typing import Any

from sim.tenant import odata
from sim.tenant.call import Call, Route
from sim.tenant.directory import shown
from sim.tenant.hybrid import ROLLOUT, SYNCHRONIZATION, FeatureRollout
from sim.tenant.permissions import READ_ROLLOUTS, READ_SYNCHRONIZATION
from sim.tenant.refusal import Answer, bad_request


def list_synchronization(call: Call) -> Answer:
    """The one synchronization, as a collection."""
    options = call.options("$select")
    known = {"id": lambda _: call.tenant.id, **SYNCHRONIZATION}
    selected = odata.select(
        options.get("$select"), known=known, type_name="onPremisesDirectorySynchronization", default=tuple(known)
    )
    context = call.context("directory/onPremisesSynchronization", selected if "$select" in options else None)
    return Answer(200, {"@odata.context": context, "value": [shown(call.tenant.hybrid, selected, known)]})


def list_rollouts(call: Call) -> Answer:
    """All rollouts, on one page; with `$expand=appliesTo`, the groups that each applies to."""
    options = call.options("$select", "$expand")
    expand = options.get("$expand", "")
    if expand not in {"", "appliesTo"}:
        raise bad_request(f"Could not expand '{expand}' on type 'microsoft.graph.featureRolloutPolicy'.")
    selected = odata.select(
        options.get("$select"), known=ROLLOUT, type_name="featureRolloutPolicy", default=tuple(ROLLOUT)
    )
    resource = "policies/featureRolloutPolicies" + ("(appliesTo())" if expand else "")
    context = call.context(resource, selected if "$select" in options else None)
    value = [
        shown(rollout, selected, ROLLOUT) | ({"appliesTo": _groups(rollout)} if expand else {})
        for rollout in call.tenant.hybrid.rollouts
    ]
    return Answer(200, {"@odata.context": context, "value": value})


def _groups(rollout: FeatureRollout) -> list[dict[str, Any]]:
    return [
        {"@odata.type": "#microsoft.graph.group", "id": group_id, "deletedDateTime": None}
        for group_id in rollout.group_ids
    ]


ROUTES = (
    Route("GET", "directory/onPremisesSynchronization", "directory", READ_SYNCHRONIZATION, list_synchronization),
    Route("GET", "policies/featureRolloutPolicies", "directory", READ_ROLLOUTS, list_rollouts),
)
