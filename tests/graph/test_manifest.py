"""The permissions that are asked for are those that are needed, and the file is what the code says."""

import json
import re
from pathlib import Path
from uuid import UUID

from bot.graph import endpoints
from bot.graph.endpoints import Endpoint
from bot.graph.manifest import GRAPH_APP_ID, manifest
from bot.watch.permission import APP_ROLES, Need, Permission
from tests.values import FOR_PEOPLE_ONLY

FILE = Path(__file__).parents[2] / "manifests" / "entra-app.json"
OPTIONAL = [permission for permission, role in APP_ROLES.items() if role.need is Need.OPTIONAL]
WRITING = [permission for permission, role in APP_ROLES.items() if role.writes]


def test_the_file_is_what_the_code_says():
    assert json.loads(FILE.read_text(encoding="utf-8")) == manifest()


def test_every_permission_that_an_app_can_be_granted_is_in_the_manifest():
    asked = [entry["id"] for entry in manifest()["requiredResourceAccess"][0]["resourceAccess"]]
    assert asked == [APP_ROLES[permission].id for permission in Permission if permission not in FOR_PEOPLE_ONLY]


def test_a_permission_is_asked_for_where_something_is_called_that_needs_it_and_nowhere_else():
    called = {value.permission for value in vars(endpoints).values() if isinstance(value, Endpoint)}
    assert called == set(Permission)


def test_each_role_is_named_once_by_a_whole_id():
    assert len({role.id for role in APP_ROLES.values()}) == len(APP_ROLES)
    assert all(str(UUID(role.id)) == role.id for role in APP_ROLES.values())


def test_the_main_job_needs_no_optional_role():
    asked = manifest(with_optional=False)["requiredResourceAccess"][0]
    names = {role.id: permission for permission, role in APP_ROLES.items()}
    assert asked["resourceAppId"] == GRAPH_APP_ID
    found = {names[entry["id"]] for entry in asked["resourceAccess"]}
    assert {"IdentityRiskEvent.Read.All", "IdentityRiskyUser.ReadWrite.All", "User.Read.All"} <= found
    assert found.isdisjoint(OPTIONAL)


def test_the_notes_name_what_writes_and_what_may_be_left_out_and_fit_into_their_place():
    notes = manifest()["notes"]
    writing, optional = re.search(r"registration: (.*?)\. .*not available: (.*?)\.$", notes).groups()
    assert writing.split(", ") == WRITING
    assert optional.split(", ") == OPTIONAL
    assert [permission for permission in APP_ROLES if "Write" in permission or "Revoke" in permission] == WRITING
    assert len(notes) <= 1024
