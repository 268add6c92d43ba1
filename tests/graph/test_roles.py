"""Who is privileged, who is in a group, which apps and plans there are; and what is missing where it is withheld."""

from urllib.parse import unquote

import pytest

from bot.ports.graph import GraphError, Problem
from bot.watch.privilege import GLOBAL_ADMINISTRATOR
from tests.graph.microsoft import error, page

USER, GROUP, APP = (f"#microsoft.graph.{kind}" for kind in ("user", "group", "servicePrincipal"))
DEFINITIONS = page(
    {"id": GLOBAL_ADMINISTRATOR, "templateId": GLOBAL_ADMINISTRATOR, "displayName": "Global Administrator"},
    {"id": "own", "templateId": None, "displayName": "A role of ours"},
)


def held(role, principal, kind=USER):
    return {"roleDefinitionId": role, "principalId": principal, "principal": {"@odata.type": kind, "id": principal}}


async def test_roles_are_named_and_groups_are_expanded(microsoft, door):
    microsoft.will(
        DEFINITIONS,
        page(held(GLOBAL_ADMINISTRATOR, "ann"), held("own", "ann"), link="/v1.0/more?$skiptoken=1"),
        page(held("own", "admins", GROUP), held(GLOBAL_ADMINISTRATOR, "robot", APP), held("own", "ann")),
        page({"@odata.type": USER, "id": "ben"}, {"@odata.type": GROUP, "id": "nested"}, {"@odata.type": USER}),
    )
    report = await door.roles()
    assert [role.name for role in report.of("ann")] == ["A role of ours", "Global Administrator"]
    assert [role.template_id for role in report.of("ben")] == ["own"]
    assert report.holders(GLOBAL_ADMINISTRATOR) == {"ann"}
    assert set(report.roles) == {"ann", "ben"}
    assert report.problem == ""
    asked = [unquote(path) for path in microsoft.paths()]
    assert asked[1].endswith("roleAssignments?$expand=principal")
    assert asked[3] == "/v1.0/groups/admins/transitiveMembers?$select=id&$top=999"


async def test_groups_that_may_not_be_read_are_the_reports_problem_and_are_asked_for_once(microsoft, door):
    microsoft.will(DEFINITIONS, page(held("own", "ann"), held("own", "g1", GROUP), held("own", "g2", GROUP)))
    microsoft.otherwise = error(403, "Authorization_RequestDenied")
    report = await door.roles()
    assert report.problem == "needs GroupMember.Read.All"
    assert set(report.roles) == {"ann"}
    assert len(microsoft.asked) == 3


async def test_a_group_that_was_deleted_meanwhile_is_no_problem(microsoft, door):
    microsoft.will(
        DEFINITIONS,
        page(held("own", "g1", GROUP), held("own", "g2", GROUP)),
        error(404, "Request_ResourceNotFound"),
        page({"@odata.type": USER, "id": "ben"}),
    )
    report = await door.roles()
    assert (set(report.roles), report.problem) == ({"ben"}, "")


async def test_roles_that_may_not_be_read_say_which_permission_they_need(microsoft, door):
    microsoft.otherwise = error(403, "Authorization_RequestDenied")
    with pytest.raises(GraphError, match=r"needs RoleManagement\.Read\.Directory"):
        await door.roles()


async def test_microsofts_apps_are_asked_for_as_an_advanced_query_on_every_page(microsoft, door):
    microsoft.will(
        page({"id": "1", "appId": "a1", "displayName": "One"}, link="/v1.0/servicePrincipals?$skiptoken=1"),
        page({"id": "2", "appId": None, "displayName": None}, {"appId": "lost"}),
    )
    apps = await door.microsoft_apps()
    assert [(app.id, app.app_id, app.name) for app in apps] == [("1", "a1", "One"), ("2", "", "")]
    first = unquote(microsoft.paths()[0])
    assert "$filter=appOwnerOrganizationId eq f8cdef31-a31e-4b4a-93e4-5f571e91255a" in first
    assert "$count=true" in first
    assert [call.headers["consistencylevel"] for call in microsoft.asked] == ["eventual"] * 2


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([{"features": {"passwordSyncEnabled": True}}], True),
        ([{"features": {"passwordSyncEnabled": False}}], False),
        ([{"features": {"passwordSyncEnabled": None}}], None),
        ([{"features": None}], None),
        ([], None),
    ],
)
async def test_password_hash_sync_is_known_or_not_and_never_guessed(microsoft, door, entries, found):
    microsoft.will(page(*entries))
    assert await door.password_hash_sync() is found


async def test_password_hash_sync_is_usually_refused_and_says_so(microsoft, door):
    microsoft.otherwise = error(403, "Authorization_RequestDenied")
    with pytest.raises(GraphError) as caught:
        await door.password_hash_sync()
    assert caught.value.problem is Problem.NOT_PERMITTED


def rollout(feature, *groups, on=True, **changes):
    return {
        "feature": feature,
        "isEnabled": on,
        "appliesTo": [{"@odata.type": GROUP, "id": g} for g in groups],
    } | changes


async def test_staged_rollout_is_the_groups_that_enabled_policies_take_away_from_the_federation(microsoft, door):
    microsoft.will(
        page(
            rollout("passwordHashSync", "g1", "g2"),
            rollout("passthroughAuthentication", "g3", on=False),
            rollout("seamlessSso", "g4"),
            link="/v1.0/policies/featureRolloutPolicies?$skiptoken=1",
        ),
        page(
            rollout("certificateBasedAuthentication", "g2", "g5"),
            rollout("passthroughAuthentication", appliesTo=[{"@odata.type": USER, "id": "ann"}, {"id": "g6"}]),
            rollout("multiFactorAuthentication", "g7"),
        ),
    )
    assert await door.staged_rollout() == {"g1", "g2", "g5", "g6"}
    assert unquote(microsoft.paths()[0]) == "/v1.0/policies/featureRolloutPolicies?$expand=appliesTo"


async def test_a_tenant_without_staged_rollout_has_no_such_groups(microsoft, door):
    microsoft.will(page())
    assert await door.staged_rollout() == frozenset()


@pytest.mark.parametrize("changes", [{"appliesTo": None}, {"isEnabled": None}])
async def test_a_rollout_of_which_the_groups_are_not_told_is_not_taken_for_none(microsoft, door, changes):
    microsoft.will(page(rollout("passwordHashSync", "g1", **changes)))
    with pytest.raises(GraphError) as caught:
        await door.staged_rollout()
    assert caught.value.problem is Problem.MALFORMED


async def test_staged_rollout_is_usually_refused_and_says_so(microsoft, door):
    microsoft.otherwise = error(403, "Authorization_RequestDenied")
    with pytest.raises(GraphError, match=r"needs Policy\.Read\.HybridAuthentication") as caught:
        await door.staged_rollout()
    assert caught.value.problem is Problem.NOT_PERMITTED


async def test_licences_are_the_plans_that_are_enabled(microsoft, door):
    plans = [("P2", "Enabled"), ("P1", "Warning"), ("X", "Deleted"), ("Y", "Suspended"), (None, None)]
    assigned = [{"servicePlanId": plan, "capabilityStatus": status} for plan, status in plans]
    microsoft.will(page({"id": "t", "assignedPlans": assigned}))
    assert await door.licences() == {"p2", "p1"}


@pytest.mark.parametrize("hidden", [page({"id": "t", "assignedPlans": None}), page({"id": "t"}), page()])
async def test_plans_that_graph_hides_are_not_taken_for_none(microsoft, door, hidden):
    microsoft.will(hidden)
    with pytest.raises(GraphError, match=r"needs Directory\.Read\.All"):
        await door.licences()


async def test_a_tenant_without_plans_has_none(microsoft, door):
    microsoft.will(page({"id": "t", "assignedPlans": []}))
    assert await door.licences() == frozenset()


async def test_the_members_of_a_group_are_its_users(microsoft, door):
    microsoft.will(
        page({"@odata.type": USER, "id": "a"}, link="/v1.0/groups/g/transitiveMembers?$skiptoken=1"),
        page({"@odata.type": "#microsoft.graph.device", "id": "d"}, {"@odata.type": USER, "id": "b"}),
    )
    assert await door.group_members("g") == {"a", "b"}
