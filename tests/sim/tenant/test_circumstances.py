"""Policies, apps and announcements: what surrounds a wave, each by the rules of its page."""

import pytest

from sim.tenant import Limits, deeds
from sim.tenant.access_policies import DISABLED, AccessPolicy
from sim.tenant.announcements import HealthIssue, ServiceMessage
from sim.tenant.audits import UPDATED_POLICY
from sim.tenant.graph_time import SECOND, ticks
from sim.tenant.limits import Meters
from sim.tenant.refusal import GraphError
from sim.tenant.roles import Group
from sim.tenant.service_principals import MICROSOFT, ServicePrincipal

POLICIES = "identity/conditionalAccess/policies"
APPS = "servicePrincipals"
ISSUES, MESSAGES = "admin/serviceAnnouncement/issues", "admin/serviceAnnouncement/messages"
EVENTUAL = {"ConsistencyLevel": "eventual"}


@pytest.fixture
def policy(tenant, clock):
    found = AccessPolicy("0a1b", "Block users at risk", ticks(clock.now), user_risk_levels=("high",))
    tenant.access_policies.put(found)
    return found


@pytest.mark.parametrize(
    ("path", "role"),
    [
        (POLICIES, "Policy.Read.All"),
        (f"{POLICIES}/0a1b", "Policy.Read.All"),
        (APPS, "Application.Read.All"),
        (ISSUES, "ServiceHealth.Read.All"),
        (MESSAGES, "ServiceMessage.Read.All"),
    ],
)
async def test_each_reading_needs_its_own_permission(graph, policy, path, role):
    graph.tenant.granted.discard("Directory.Read.All")
    assert (await graph.get(path)).status == 200
    graph.tenant.granted.discard(role)
    reply = await graph.get(path)
    assert reply.status == 403
    assert reply.error


async def test_policies_draw_on_the_budget_of_one_a_second(serve, tenant):
    graph = await serve(tenant, Limits())
    assert (await graph.get(POLICIES)).status == 200
    assert (await graph.get("identityProtection/riskDetections")).status == 429
    assert graph.server.requests[0].family == "identityProtection"


async def test_a_policy_tells_whom_it_covers_and_what_it_demands(graph, policy):
    rows = {row["id"]: row for row in await graph.everything(POLICIES)}
    row = rows[policy.id]
    assert row["conditions"]["userRiskLevels"] == ["high"]
    assert row["conditions"]["users"]["includeUsers"] == ["All"]
    assert row["grantControls"]["builtInControls"] == ["block"]
    assert (await graph.get(f"{POLICIES}/{policy.id}")).json["displayName"] == "Block users at risk"
    assert (await graph.get(f"{POLICIES}?$select=id,state&$top=1")).json["value"]
    for query in ("$filter=state eq 'enabled'", "$orderby=id", "$top=0", "$select=shoeSize"):
        assert (await graph.get(f"{POLICIES}?{query}")).status == 400


async def test_the_newer_control_is_named_only_to_who_asks_for_unknown_members(graph, policy):
    policy.controls = ("riskRemediation",)
    path = f"{POLICIES}/{policy.id}"
    assert (await graph.get(path)).json["grantControls"]["builtInControls"] == ["unknownFutureValue"]
    known = (await graph.get(path, Prefer="include-unknown-enum-members")).json
    assert known["grantControls"]["builtInControls"] == ["riskRemediation"]


async def test_who_switched_a_policy_off_stands_in_the_audit_log(graph, policy, tenant):
    ada = tenant.user_named("ada@contoso.example")
    deeds.switch_policy(tenant, policy, DISABLED, deeds.person(ada, "198.18.0.1"))
    assert (await graph.get(f"{POLICIES}/{policy.id}")).json["state"] == "disabled"
    row = (await graph.get(f"auditLogs/directoryAudits?$filter=activityDisplayName eq '{UPDATED_POLICY}'")).json[
        "value"
    ][0]
    assert row["initiatedBy"]["user"]["userPrincipalName"] == "ada@contoso.example"
    assert row["targetResources"][0]["id"] == policy.id


async def test_a_sign_in_to_come_is_judged_by_risk_and_policy_when_it_comes(graph, policy, tenant, clock):
    for other in list(tenant.access_policies):
        if other is not policy:
            tenant.access_policies.discard(other.id)
    user_id = min(tenant.truth.eligible_user_ids - tenant.truth.late_user_ids)
    tenant.ineffective_user_ids.clear()
    now = tenant.now()
    for seconds in (1, 20):
        deeds.foresee_sign_in(tenant, user_id, now + seconds * SECOND, "198.18.7.7")
    path = f"auditLogs/signIns?$filter=userId eq '{user_id}' and createdDateTime ge 2025-04-20T09:00:01Z"
    assert not await graph.everything(path)
    clock.advance(2)
    blocked = await graph.everything(path)
    assert [row["status"]["errorCode"] for row in blocked] == [53003]
    assert blocked[0]["appliedConditionalAccessPolicies"][0]["id"] == policy.id
    await graph.act("confirmSafe", user_id)
    clock.advance(30)
    assert [row["status"]["errorCode"] for row in await graph.everything(path)] == [0, 53003]
    tenant.granted.discard("Policy.Read.All")
    assert (await graph.everything(path))[1]["appliedConditionalAccessPolicies"] == []


async def test_a_policy_covers_by_name_group_role_and_kind_and_excludes_alike(tenant, policy):
    user = next(user for user in tenant.users if user.user_type == "Member")
    tenant.groups.put(Group("g", "Pilot", {user.id}))
    assert deeds.covers(tenant, policy, user)
    policy.include_users = ("None",)
    assert not deeds.covers(tenant, policy, user)
    policy.include_groups = ("g",)
    assert deeds.covers(tenant, policy, user)
    policy.exclude_users = (user.id,)
    assert not deeds.covers(tenant, policy, user)


# Service principals


@pytest.fixture
def apps(tenant):
    for name, owner in (("Exchange", MICROSOFT), ("Teams", MICROSOFT), ("Payroll", tenant.id)):
        tenant.service_principals.put(ServicePrincipal(tenant.new_id(), tenant.new_id(), f"Test {name}", owner))
    return {each.display_name: each for each in tenant.service_principals}


async def test_microsofts_apps_are_found_by_an_advanced_query_only(graph, apps):
    path = f"{APPS}?$filter=appOwnerOrganizationId eq {MICROSOFT}"
    for query, headers in ((path, {}), (f"{path}&$count=true", {}), (path, EVENTUAL)):
        reply = await graph.get(query, **headers)
        assert reply.status == 400
        assert reply.error.startswith("Request_UnsupportedQuery: ")
    reply = await graph.get(f"{path}&$count=true&$top=999&$select=id,appId,displayName", **EVENTUAL)
    names = {row["displayName"] for row in reply.json["value"]}
    assert {"Test Exchange", "Test Teams"} <= names
    assert "Test Payroll" not in names
    assert reply.json["@odata.count"] == len(names)
    assert set(reply.json["value"][0]) == {"id", "appId", "displayName"}


async def test_an_advanced_query_needs_its_header_on_every_page(graph, apps):
    path = f"{APPS}?$filter=appOwnerOrganizationId eq {MICROSOFT}&$count=true&$top=1"
    link = (await graph.get(path, **EVENTUAL)).json["@odata.nextLink"]
    assert (await graph.get(link)).status == 400
    assert len((await graph.get(link, **EVENTUAL)).json["value"]) == 1


async def test_an_app_is_found_by_its_app_id_by_anybody(graph, apps):
    one = apps["Test Payroll"]
    rows = (await graph.get(f"{APPS}?$filter=appId eq '{one.app_id}'&$count=true")).json
    assert [row["id"] for row in rows["value"]] == [one.id]
    assert "@odata.count" not in rows


@pytest.mark.parametrize(
    "query",
    [
        "$filter=appOwnerOrganizationId eq 'f8cdef31-a31e-4b4a-93e4-5f571e91255a'&$count=true",
        "$filter=appOwnerOrganizationId eq f8cdef31&$count=true",
        "$filter=createdDateTime ge 2025-04-20T00:00:00Z&$count=true",
        "$select=createdDateTime",
        "$top=1000",
        "$count=yes",
        "$orderby=displayName",
    ],
)
async def test_what_the_page_of_service_principals_does_not_document_is_refused(graph, apps, query):
    assert (await graph.get(f"{APPS}?{query}", **EVENTUAL)).status == 400


# Announcements


@pytest.fixture
def announcements(tenant, clock):
    now = ticks(clock.now)
    tenant.health_issues.put(HealthIssue("IT1", "Old", "Was so.", now - 90 * SECOND, now - 80 * SECOND, ended_at=now))
    tenant.health_issues.put(HealthIssue("IT2", "New", "Is so.", now - 9 * SECOND, now - 8 * SECOND))
    tenant.service_messages.put(ServiceMessage("MC1", "News", "<p>New.</p>", now, now))


async def test_announcements_are_filtered_by_date_service_and_state(graph, announcements):
    async def found(clause):
        rows = await graph.everything(f"{ISSUES}?$filter={clause}")
        return [row["id"] for row in rows if row["id"].startswith("IT")]

    assert await found("isResolved eq false and service eq 'Microsoft Entra'") == ["IT2"]
    assert await found("lastModifiedDateTime le 2025-04-20T08:58:59Z") == ["IT1"]
    assert await found("startDateTime ge 2025-04-20T08:59:00Z") == ["IT2"]
    assert (await graph.get(f"{ISSUES}?$filter=title eq 'New'")).status == 400
    assert "MC1" in [row["id"] for row in await graph.everything(MESSAGES)]
    assert (await graph.get(f"{MESSAGES}?$filter=isResolved eq false")).status == 400


async def test_the_page_of_announcements_is_as_large_as_preferred(graph, announcements):
    page = (await graph.get(ISSUES, Prefer="odata.maxpagesize=1")).json
    assert len(page["value"]) == 1
    assert len((await graph.get(page["@odata.nextLink"], Prefer="odata.maxpagesize=1")).json["value"]) == 1
    assert (await graph.get(f"{ISSUES}?$top=1001")).status == 400


def test_announcements_take_240_requests_a_minute_and_800_an_hour():
    budget = Meters(Limits(), lambda: 100, lambda: 0.0)
    taken = refused = 0
    for now in range(3590):
        try:
            budget.take("serviceAnnouncement", float(now))
            taken += 1
        except GraphError:
            refused += 1
    assert (taken, refused) == (800, 3590 - 800)
    budget = Meters(Limits(), lambda: 100, lambda: 0.0)
    for _ in range(240):
        budget.take("serviceAnnouncement", 1.0)
    with pytest.raises(GraphError) as refusal:
        budget.take("serviceAnnouncement", 31.0)
    assert int(refusal.value.headers["Retry-After"]) == 30
