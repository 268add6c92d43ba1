"""The permissions that are asked for are those that are needed, and the file is what the code says."""

import json
import re
from pathlib import Path
from uuid import UUID

from bot.graph import endpoints
from bot.graph.endpoints import Endpoint
from bot.graph.manifest import APP_ROLES, GRAPH_APP_ID, manifest

FILE = Path(__file__).parents[2] / "manifests" / "entra-app.json"
FOR_PEOPLE_ONLY = {"OnPremDirectorySynchronization.Read.All", "Policy.Read.HybridAuthentication"}
"""Microsoft's page names it for signed-in people, and nothing for apps: it can't be asked for."""


def test_the_file_is_what_the_code_says():
    assert json.loads(FILE.read_text(encoding="utf-8")) == manifest()


def test_whatever_is_called_has_its_permission_in_the_manifest():
    called = {value.permission for value in vars(endpoints).values() if isinstance(value, Endpoint)}
    assert called - FOR_PEOPLE_ONLY <= {role.name for role in APP_ROLES}


def test_each_role_is_named_once_by_a_whole_id():
    assert len({role.id for role in APP_ROLES}) == len({role.name for role in APP_ROLES}) == len(APP_ROLES)
    assert all(str(UUID(role.id)) == role.id for role in APP_ROLES)


def test_the_main_job_needs_no_optional_role():
    asked = manifest(with_optional=False)["requiredResourceAccess"][0]
    names = {role.id: role.name for role in APP_ROLES}
    assert asked["resourceAppId"] == GRAPH_APP_ID
    found = {names[entry["id"]] for entry in asked["resourceAccess"]}
    assert {"IdentityRiskEvent.Read.All", "IdentityRiskyUser.ReadWrite.All", "User.Read.All"} <= found
    assert not found & {role.name for role in APP_ROLES if role.is_optional}


def test_the_notes_name_what_writes_and_what_may_be_left_out_and_fit_into_their_place():
    notes = manifest()["notes"]
    writing, optional = re.search(r"registration: (.*?)\. .*not available: (.*?)\.$", notes).groups()
    assert writing.split(", ") == [role.name for role in APP_ROLES if role.writes]
    assert optional.split(", ") == [role.name for role in APP_ROLES if role.is_optional]
    assert all("Write" in role.name or "Revoke" in role.name for role in APP_ROLES if role.writes)
    assert len(notes) <= 1024
