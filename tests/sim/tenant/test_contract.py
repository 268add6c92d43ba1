"""Nothing is served that Microsoft's v1.0 metadata doesn't hold, and all of it is of the right type."""

import json
import re
from pathlib import Path

import pytest

from sim.tenant import FeatureRollout
from sim.tenant.permissions import READ_ROLLOUTS, READ_SYNCHRONIZATION

CONTRACT = json.loads((Path(__file__).parent / "graph-v1.json").read_text())
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z")


def properties(type_name):
    entity = CONTRACT["types"][type_name]
    inherited = properties(entity["base"].removeprefix("graph.")) if entity["base"] else {}
    return {**inherited, **entity["properties"]}


def check(value, type_name, nullable, where):
    if value is None:
        assert nullable, f"{where} is null"
    elif type_name.startswith("Collection("):
        assert isinstance(value, list), where
        for item in value:
            check(item, type_name.removeprefix("Collection(").removesuffix(")"), False, where)
    elif type_name == "Edm.Boolean":
        assert isinstance(value, bool), where
    elif type_name == "Edm.Int32":
        assert type(value) is int, where
    elif type_name == "Edm.DateTimeOffset":
        assert STAMP.fullmatch(value), f"{where}: {value}"
    elif type_name == "Edm.Double":
        assert isinstance(value, float), where
    elif type_name in {"Edm.String", "Edm.Guid"}:
        assert isinstance(value, str), where
    elif type_name.removeprefix("graph.") in CONTRACT["enums"]:
        assert value in CONTRACT["enums"][type_name.removeprefix("graph.")], f"{where}: {value}"
    else:
        check_object(value, type_name.removeprefix("graph."), where)


def check_object(value, type_name, where=""):
    known = properties(type_name)
    for name, item in value.items():
        if name.startswith("@"):
            continue
        assert name in known, f"{where}.{name} is not in the metadata"
        check(item, known[name]["type"], known[name]["nullable"], f"{where}.{name}")


COLLECTIONS = [
    ("identityProtection/riskDetections?$top=500", "riskDetection"),
    ("identityProtection/riskyUsers?$top=500", "riskyUser"),
    ("users?$top=999", "user"),
    ("users/delta", "user"),
    ("domains", "domain"),
    ("domains/fabrikam.example/federationConfiguration", "internalDomainFederation"),
    ("domains/northwind.example/federationConfiguration", "internalDomainFederation"),
    ("reports/authenticationMethods/userRegistrationDetails?$top=999", "userRegistrationDetails"),
    ("organization", "organization"),
    ("roleManagement/directory/roleDefinitions", "unifiedRoleDefinition"),
    ("roleManagement/directory/roleAssignments", "unifiedRoleAssignment"),
    ("directory/onPremisesSynchronization", "onPremisesDirectorySynchronization"),
    ("policies/featureRolloutPolicies", "featureRolloutPolicy"),
    ("auditLogs/signIns", "signIn"),
    ("auditLogs/directoryAudits", "directoryAudit"),
    ("servicePrincipals", "servicePrincipal"),
    ("admin/serviceAnnouncement/issues", "serviceHealthIssue"),
    ("admin/serviceAnnouncement/messages", "serviceUpdateMessage"),
]


@pytest.mark.parametrize(("path", "type_name"), COLLECTIONS)
@pytest.mark.parametrize("preference", ["", "include-unknown-enum-members"])
async def test_every_row_fits_the_metadata(graph, clock, path, type_name, preference):
    cleared = min(graph.tenant.truth.eligible_user_ids - graph.tenant.truth.late_user_ids)
    graph.tenant.ineffective_user_ids.clear()
    graph.tenant.granted |= READ_ROLLOUTS | READ_SYNCHRONIZATION
    graph.tenant.hybrid.rollouts.append(FeatureRollout(cleared, "Finance first", "passwordHashSync"))
    assert (await graph.act("confirmSafe", cleared)).status == 204
    clock.advance(70)
    reply = await graph.get(path, Prefer=preference)
    assert reply.status == 200
    assert reply.json["@odata.context"].startswith(f"{graph.server.url}/v1.0/$metadata#")
    assert reply.json["value"]
    for row in reply.json["value"]:
        check_object(row, type_name, type_name)


@pytest.mark.parametrize(
    ("path", "type_name"),
    [("users", "user"), ("users/delta", "user"), ("domains", "domain"), ("organization", "organization")],
)
async def test_all_properties_of_the_metadata_that_are_served_can_be_selected_and_fit(graph, path, type_name):
    served = []
    for name in properties(type_name):
        reply = await graph.get(f"{path}?$select={name}")
        if reply.status == 200:
            served.append(name)
            for row in reply.json["value"]:
                assert name in row or path == "users/delta"  # which leaves out what was never set
                check_object(row, type_name, type_name)
    assert set(served) == set(properties(type_name))


@pytest.mark.parametrize(
    ("path", "type_name"),
    [
        ("auditLogs/signIns", "signIn"),
        ("auditLogs/directoryAudits", "directoryAudit"),
        ("servicePrincipals", "servicePrincipal"),
        ("admin/serviceAnnouncement/issues", "serviceHealthIssue"),
    ],
)
async def test_a_row_of_a_log_or_list_has_every_property(graph, path, type_name):
    for row in (await graph.get(path)).json["value"]:
        assert set(row) == set(properties(type_name))


@pytest.mark.parametrize("of", ["riskDetections", "riskyUsers"])
async def test_without_select_every_property_is_there(graph, of):
    row = (await graph.get(f"identityProtection/{of}")).json["value"][0]
    assert set(row) == set(properties(of.removesuffix("s")))


async def test_history_fits_the_metadata_and_has_every_property(graph, clock):
    user_id = min(graph.tenant.truth.eligible_user_ids - graph.tenant.truth.late_user_ids)
    graph.tenant.ineffective_user_ids.clear()
    await graph.act("confirmSafe", user_id)
    clock.advance(10)
    path = f"identityProtection/riskyUsers/{user_id}/history"
    for preference, detail in (
        ("", "unknownFutureValue"),
        ("include-unknown-enum-members", "adminConfirmedAccountSafe"),
    ):
        rows = (await graph.get(path, Prefer=preference)).json["value"]
        for row in rows:
            check_object(row, "riskyUserHistoryItem")
            assert set(row) == set(properties("riskyUserHistoryItem"))
        assert rows[-1]["riskDetail"] == rows[-1]["activity"]["detail"] == detail


async def test_single_objects_fit_the_metadata(graph):
    risky = (await graph.get("identityProtection/riskyUsers")).json["value"][0]
    one = (await graph.get(f"identityProtection/riskyUsers/{risky['id']}")).json
    assert {name: value for name, value in one.items() if not name.startswith("@")} == risky
    check_object((await graph.get("users/ada@contoso.example")).json, "user")
    got = await graph.post("directoryObjects/getByIds", {"ids": [risky["id"]], "types": ["user"]})
    check_object(got.json["value"][0], "user")


async def test_timestamps_have_up_to_seven_digits_and_not_always_as_many(graph):
    rows = await graph.everything("identityProtection/riskDetections?$top=500")
    lengths = {len(row["detectedDateTime"].rstrip("Z").partition(".")[2]) for row in rows}
    assert {0, 7} <= lengths <= set(range(8))
