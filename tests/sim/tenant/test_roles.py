"""Role definitions, role assignments, the members of role-assignable groups, and what apps may not read."""

import uuid

import pytest

from sim.tenant.roles import Group

ROLES = "roleManagement/directory"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"


async def test_definitions_have_microsofts_template_ids(graph):
    rows = await graph.everything(f"{ROLES}/roleDefinitions")
    by_name = {row["displayName"]: row for row in rows}
    assert by_name["Global Administrator"]["id"] == GLOBAL_ADMINISTRATOR
    assert by_name["Directory Synchronization Accounts"]["templateId"] == "d29b2b05-8046-44ba-8758-1e26182fcf32"
    assert "isPrivileged" not in rows[0]
    assert (await graph.get(f"{ROLES}/roleDefinitions/{GLOBAL_ADMINISTRATOR}")).json["displayName"]
    assert (await graph.get(f"{ROLES}/roleDefinitions/{uuid.uuid4()}")).status == 404


@pytest.mark.parametrize(
    ("clause", "count"),
    [
        ("displayName eq 'global administrator'", 1),
        (f"id in ('{GLOBAL_ADMINISTRATOR}','fe930be7-5e62-47db-91af-98c3a49a38b1')", 2),
        ("isBuiltIn eq false", 0),
    ],
)
async def test_definitions_are_filtered_as_documented(graph, clause, count):
    assert len((await graph.get(f"{ROLES}/roleDefinitions?$filter={clause}")).json["value"]) == count


@pytest.mark.parametrize(
    "query",
    [
        "roleDefinitions?$top=5",
        "roleDefinitions?$filter=isPrivileged eq true",
        "roleDefinitions?$select=isPrivileged",
        "roleAssignments?$top=5",
        "roleAssignments?$filter=roleDefinition/isPrivileged eq true",
        "roleAssignments?$filter=principalId in ('x')",
        "roleAssignments?$filter=directoryScopeId eq 'x'",
        "roleAssignments?$expand=everything",
        "roleAssignments?$orderby=id",
    ],
)
async def test_what_the_documents_do_not_offer_of_roles_is_refused(graph, query):
    assert (await graph.get(f"{ROLES}/{query}")).status == 400


async def test_transitive_assignments_are_beta_and_not_served(graph):
    assert (await graph.get(f"{ROLES}/transitiveRoleAssignments")).status == 404


async def test_assignments_are_filtered_by_role_and_by_principal(graph):
    by_role = await graph.everything(f"{ROLES}/roleAssignments?$filter=roleDefinitionId eq '{GLOBAL_ADMINISTRATOR}'")
    assert {row["principalId"] for row in by_role} == graph.tenant.roles.holders_of("Global Administrator")
    ada = graph.tenant.user_named("ada@contoso.example").id
    (row,) = await graph.everything(f"{ROLES}/roleAssignments?$filter=principalId eq '{ada}'&$select=roleDefinitionId")
    assert set(row) == {"roleDefinitionId"}
    assert graph.tenant.roles.definitions[row["roleDefinitionId"]].name == "Security Administrator"


async def test_without_expand_a_group_can_not_be_told_from_a_user_and_with_it_it_can(graph):
    bare = await graph.everything(f"{ROLES}/roleAssignments")
    assert all("principal" not in row for row in bare)
    expanded = await graph.everything(f"{ROLES}/roleAssignments?$expand=principal")
    kinds = {row["principal"]["@odata.type"] for row in expanded}
    assert kinds == {f"#microsoft.graph.{kind}" for kind in ("user", "group", "servicePrincipal")}
    assert all(row["principal"]["id"] == row["principalId"] for row in expanded)


async def test_many_assignments_come_in_pages(graph):
    for number in range(120):
        graph.tenant.roles.assign(str(uuid.UUID(int=number + 1)), "Directory Readers")
    path = f"{ROLES}/roleAssignments?$filter=roleDefinitionId eq '88d8e3e3-8f55-4a1e-953a-9b9898b8876b'"
    first = (await graph.get(path)).json
    assert len(first["value"]) == 100
    assert len(await graph.everything(path)) == 120


async def test_expanding_costs_a_resource_unit_more(graph):
    bare = await graph.get(f"{ROLES}/roleAssignments")
    expanded = await graph.get(f"{ROLES}/roleAssignments?$expand=principal")
    assert [reply.headers["x-ms-resource-unit"] for reply in (bare, expanded)] == ["1", "2"]


async def test_who_was_deleted_holds_no_role_and_is_in_no_group(graph):
    roles = graph.tenant.roles
    group = next(iter(roles.groups))
    gone = min(group.member_ids)
    graph.tenant.remove_user(gone)
    assert gone not in roles.holder_ids
    assert gone not in {row["id"] for row in await graph.everything(f"groups/{group.id}/transitiveMembers")}


async def test_members_come_in_pages_of_up_to_999_and_only_the_selected_of_them(graph):
    group = graph.tenant.roles.add_group("Everybody", [user.id for user in graph.tenant.users])
    path = f"groups/{group.id}/transitiveMembers"
    assert len((await graph.get(path)).json["value"]) == 100
    assert (await graph.get(f"{path}?$top=1000")).status == 400
    rows = (await graph.get(f"{path}?$top=999&$select=id")).json["value"]
    assert [row["id"] for row in rows] == [user.id for user in graph.tenant.users]
    assert rows[0] == {"@odata.type": "#microsoft.graph.user", "id": rows[0]["id"]}
    assert len(await graph.everything(path)) == len(rows)
    assert (await graph.get(f"groups/{uuid.uuid4()}/transitiveMembers")).status == 404


async def test_the_members_of_a_group_without_a_role_are_listed_too(graph):
    some = [user.id for user in graph.tenant.users][:3]
    group = Group(str(uuid.uuid4()), "Scope of a policy", set(some))
    graph.tenant.groups.put(group)
    graph.tenant.remove_user(some[0])
    rows = await graph.everything(f"groups/{group.id}/transitiveMembers?$select=id")
    assert [row["id"] for row in rows] == some[1:]


async def test_a_cast_to_users_needs_the_header_and_the_count(graph):
    group = next(iter(graph.tenant.roles.groups))
    path = f"groups/{group.id}/transitiveMembers/microsoft.graph.user"
    assert (await graph.get(path)).status == 400
    assert (await graph.get(f"{path}?$count=true")).status == 400
    assert (await graph.get(path, ConsistencyLevel="eventual")).status == 400
    reply = await graph.get(f"{path}?$count=true&$select=id", ConsistencyLevel="eventual")
    assert reply.json["@odata.count"] == len(group.member_ids)
    assert {row["id"] for row in reply.json["value"]} == group.member_ids
    assert (await graph.get(f"groups/{group.id}/transitiveMembers/microsoft.graph.cat")).status == 404


async def test_apps_are_refused_what_only_a_signed_in_admin_may_read(graph):
    for path in ("directory/onPremisesSynchronization", "policies/featureRolloutPolicies"):
        reply = await graph.get(path)
        assert (reply.status, reply.error) == (
            403,
            "Authorization_RequestDenied: Insufficient privileges to complete the operation.",
        )


async def test_where_a_tenant_answers_all_the_same_synchronization_says_what_it_does(graph):
    graph.tenant.granted.add("OnPremDirectorySynchronization.Read.All")
    for is_on in (True, False):
        graph.tenant.hybrid.password_hash_sync = is_on
        (row,) = (await graph.get("directory/onPremisesSynchronization")).json["value"]
        assert row["features"]["passwordSyncEnabled"] is is_on
        assert row["features"]["passwordWritebackEnabled"] is False
