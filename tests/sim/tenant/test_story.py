"""April 2025: what the tenant serves is what its truth says."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from sim.tenant import april_2025
from sim.tenant.graph_time import written
from sim.tenant.roles import BUILT_IN

DETECTIONS = "identityProtection/riskDetections?$top=500"


@pytest.fixture
def tenant(clock):
    return april_2025(clock.now, clock=clock, tail_seconds=60.0)


async def test_a_third_of_3000_users_is_flagged_within_five_hours_that_end_now(graph, clock):
    truth = graph.tenant.truth
    clock.advance(60)
    rows = await graph.everything(f"{DETECTIONS}&$filter=riskEventType eq 'leakedCredentials'")
    start, end = truth.window_start, truth.window_end
    stamps = {row["id"]: datetime.fromisoformat(row["detectedDateTime"][:19] + "+00:00") for row in rows}
    wave = [row for row in rows if start.replace(microsecond=0) <= stamps[row["id"]] <= end]
    assert len(graph.tenant.users) == 3000
    assert {row["userId"] for row in wave} == truth.surge_user_ids
    assert len(wave) == len(truth.surge_user_ids) == 1000
    assert {(row["riskLevel"], row["detectionTimingType"]) for row in wave} == {("high", "offline")}
    assert timedelta(hours=4, minutes=55) < end - start <= timedelta(hours=5, seconds=1)
    assert datetime(2025, 4, 20, 9, tzinfo=UTC) - end < timedelta(minutes=1)


async def test_the_tail_becomes_visible_after_the_start_with_dates_before_it(graph, clock):
    truth = graph.tenant.truth
    at_risk = f"{DETECTIONS}&$filter=riskState eq 'atRisk'"
    first = {row["userId"] for row in await graph.everything(at_risk)}
    assert truth.late_user_ids
    assert first.isdisjoint(truth.late_user_ids)
    assert all(graph.tenant.state_of(one) in {None, "remediated", "dismissed"} for one in truth.late_user_ids)
    clock.advance(30)
    half = {row["userId"] for row in await graph.everything(at_risk)} & truth.late_user_ids
    assert 0 < len(half) < len(truth.late_user_ids)
    clock.advance(30)
    rows = await graph.everything(at_risk)
    assert truth.late_user_ids <= {row["userId"] for row in rows}
    assert all(row["detectedDateTime"] < "2025-04-20T09:00:00Z" for row in rows)


async def test_kinds_and_providers_counted_from_graph_are_the_truths(graph):
    truth = graph.tenant.truth
    names = "id,userPrincipalName,userType,externalUserState,onPremisesSyncEnabled"
    users = {row["id"]: row for row in await graph.everything(f"users?$top=999&$select={names}")}
    domains = {row["id"]: row for row in (await graph.get("domains")).json["value"]}
    providers = {"fabrikam.example": "AD FS", "northwind.example": "Okta", "tailspin.example": "Ping"}
    kinds, found = Counter(), Counter()
    for user_id in truth.surge_user_ids:
        user = users.get(user_id)
        domain = user["userPrincipalName"].rpartition("@")[2] if user else ""
        if user is None:
            kinds["unknown"] += 1
        elif "#EXT#" in user["userPrincipalName"] or user["externalUserState"]:
            kinds["guest"] += 1
        elif domains[domain]["authenticationType"] == "Federated":
            kinds["federated"] += 1
            found[providers[domain]] += 1
        else:
            kinds["hybrid" if user["onPremisesSyncEnabled"] else "cloud-only"] += 1
    assert dict(kinds) == truth.kinds
    assert dict(found) == truth.providers
    assert set(truth.kinds) == {"cloud-only", "hybrid", "federated", "guest", "unknown"}
    assert min(truth.kinds.values()) >= 1
    assert sum(truth.providers.values()) == truth.kinds["federated"]


async def test_passwordless_users_counted_from_the_report_are_the_truths(graph):
    rows = await graph.everything("reports/authenticationMethods/userRegistrationDetails?$top=999")
    capable = {row["id"] for row in rows if row["isPasswordlessCapable"]}
    truth = graph.tenant.truth
    assert capable & truth.surge_user_ids == truth.passwordless_user_ids
    assert truth.passwordless > 20


async def test_who_is_eligible_can_be_told_from_graph_alone(graph, clock):
    """The rule of the story, applied to what is served: at risk here, enabled, not deleted, no other open detection,
    no privileged role.
    """
    clock.advance(60)
    truth = graph.tenant.truth
    risky = {row["id"]: row for row in await graph.everything("identityProtection/riskyUsers?$top=500")}
    users = {row["id"]: row for row in await graph.everything("users?$top=999&$select=id,accountEnabled")}
    privileged = await privileged_ids(graph)
    open_now = Counter(row["userId"] for row in await graph.everything(f"{DETECTIONS}&$filter=riskState eq 'atRisk'"))

    def judged(user_id):
        if user_id not in risky:
            return "guest"
        if risky[user_id]["isDeleted"]:
            return "deleted"
        if risky[user_id]["riskState"] != "atRisk":
            return "closed"
        if open_now[user_id] > 1:
            return "suspicious"
        if user_id in privileged:
            return "privileged"
        return "eligible" if users[user_id]["accountEnabled"] else "disabled"

    verdicts = {user_id: judged(user_id) for user_id in truth.surge_user_ids}
    assert {one: why for one, why in verdicts.items() if why != "eligible"} == truth.held_back
    assert {one for one, why in verdicts.items() if why == "eligible"} == truth.eligible_user_ids
    counts = Counter(truth.held_back.values())
    assert 6 <= counts["suspicious"] <= 8
    assert set(counts) == {"suspicious", "guest", "deleted", "disabled", "closed", "privileged"}
    assert counts["privileged"] == 4


async def privileged_ids(graph):
    """Who holds a privileged role, read as a caller must: groups expanded, apps left out."""
    ordinary = {role.id for role in BUILT_IN if not role.is_privileged}
    found = set()
    for row in await graph.everything("roleManagement/directory/roleAssignments?$expand=principal"):
        if row["roleDefinitionId"] in ordinary:
            continue
        match row["principal"]["@odata.type"]:
            case "#microsoft.graph.user":
                found.add(row["principalId"])
            case "#microsoft.graph.group":
                members = await graph.everything(f"groups/{row['principalId']}/transitiveMembers?$select=id&$top=999")
                found |= {member["id"] for member in members}
    return found


async def test_a_dozen_users_hold_privileged_roles_and_four_of_them_are_flagged(graph):
    truth = graph.tenant.truth
    assert await privileged_ids(graph) == truth.privileged_user_ids
    assert 12 <= len(truth.privileged_user_ids) <= 16
    flagged = truth.privileged_user_ids & truth.surge_user_ids
    assert flagged == {one for one, why in truth.held_back.items() if why == "privileged"}
    roles = [graph.tenant.roles.roles_of(one) for one in flagged]
    assert frozenset({"Global Administrator"}) in roles
    assert frozenset({"Helpdesk Administrator"}) in roles  # by the group


async def test_three_global_administrators_of_whom_one_is_the_emergency_account(graph):
    truth, roles = graph.tenant.truth, graph.tenant.roles
    administrators = roles.holders_of("Global Administrator")
    assert len(administrators) == 3
    assert truth.emergency_user_ids < administrators
    assert len(administrators & truth.surge_user_ids) == 1
    assert roles.holders_of("Directory Synchronization Accounts") == truth.synchronization_user_ids
    special = truth.emergency_user_ids | truth.synchronization_user_ids
    assert special.isdisjoint(truth.surge_user_ids)
    assert {graph.tenant.state_of(one) for one in special} == {None}
    names = {graph.tenant.users[one].user_principal_name for one in special}
    assert all(name.endswith("@contoso.onmicrosoft.com") for name in names)
    assert any(name.startswith("Sync_") for name in names)
    assert 0 < len(truth.service_user_ids & truth.surge_user_ids) < len(truth.service_user_ids)


async def test_second_detections_lie_inside_and_outside_the_window_and_within_14_days(graph):
    truth = graph.tenant.truth
    suspicious = {one for one, why in truth.held_back.items() if why == "suspicious"}
    seconds = [
        found
        for one in suspicious
        for found in graph.tenant.detections_of(one)
        if found.risk_event_type != "leakedCredentials" and found.risk_state == "atRisk"
    ]
    assert len(seconds) == len(suspicious)
    assert {found.risk_level for found in seconds} == {"medium", "high"}
    assert {"passwordSpray", "unfamiliarFeatures", "attackerinTheMiddle"} <= {one.risk_event_type for one in seconds}
    start = truth.window_start.isoformat()[:19]
    inside = [found for found in seconds if graph_stamp(found) >= start]
    assert 0 < len(inside) < len(seconds)
    assert all(graph_stamp(found) > "2025-04-06T09" for found in seconds)
    assert suspicious.isdisjoint(truth.late_user_ids)


def graph_stamp(detection):
    return written(detection.detected_at)


async def test_an_ordinary_tenant_lies_behind_the_wave(graph):
    truth = graph.tenant.truth
    rows = await graph.everything(DETECTIONS)
    start = truth.window_start.isoformat()[:19]
    before = [row for row in rows if row["detectedDateTime"] < start]
    assert len(before) >= 40
    assert min(row["detectedDateTime"] for row in before) < "2025-02-20"
    closed = [row for row in before if row["riskState"] in {"remediated", "dismissed"}]
    assert len(closed) > len(before) * 0.6
    strangers = [row for row in rows if row["detectedDateTime"] >= start and row["userId"] not in truth.surge_user_ids]
    assert len(strangers) == 2


async def test_the_people_of_the_demo_are_here_and_not_flagged(graph):
    for name, address in (
        ("Ada Admin", "ada@contoso.example"),
        ("Grace Approver", "grace@contoso.example"),
        ("Mallory Visitor", "mallory@contoso.example"),
    ):
        user = (await graph.get(f"users/{address}")).json
        assert (user["displayName"], user["mail"], user["userPrincipalName"]) == (name, address, address)
        assert user["id"] not in graph.tenant.truth.surge_user_ids
        assert graph.tenant.state_of(user["id"]) is None


async def test_some_flagged_people_have_nasty_names(graph):
    rows = await graph.everything("identityProtection/riskyUsers?$top=500")
    names = " ".join(row["userDisplayName"] for row in rows)
    for mark in ("<!channel>", "*Bold*", "\u202e", "🚀", "<@U012ADMIN>", "<https://example.net|"):
        assert mark in names
    assert max(len(row["userDisplayName"]) for row in rows) > 200


async def test_a_few_eligible_users_have_a_204_without_effect(graph):
    assert 3 <= len(graph.tenant.ineffective_user_ids) <= 8
    assert graph.tenant.ineffective_user_ids <= graph.tenant.truth.eligible_user_ids


def story(seed):
    tenant = april_2025(datetime(2025, 4, 20, 9, tzinfo=UTC), users=300, seed=seed)
    return [(one.id, one.user_id, one.detected_at) for one in tenant.detections], tenant.truth.held_back


def test_the_same_seed_tells_the_same_story_and_another_seed_another():
    assert story(1) == story(1)
    assert story(1) != story(2)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("users", [120, 500])
def test_every_seed_and_size_is_consistent(seed, users):
    now = datetime(2025, 4, 20, 9, tzinfo=UTC)
    tenant = april_2025(now, users=users, seed=seed, clock=lambda: now + timedelta(hours=1))
    truth = tenant.truth
    assert len(tenant.users) == users
    assert len(truth.surge_user_ids) == users // 3
    assert truth.eligible_user_ids | truth.held_back.keys() == truth.surge_user_ids
    assert truth.eligible_user_ids.isdisjoint(truth.held_back)
    assert all(tenant.state_of(one) == "atRisk" for one in truth.eligible_user_ids)
    for one in truth.eligible_user_ids:
        assert [found.risk_event_type for found in tenant.detections_of(one) if found.risk_state == "atRisk"] == [
            "leakedCredentials"
        ]


def test_a_tenant_too_small_for_the_story_is_refused():
    with pytest.raises(ValueError, match="at least 120 users"):
        april_2025(datetime(2025, 4, 20, 9, tzinfo=UTC), users=100)
