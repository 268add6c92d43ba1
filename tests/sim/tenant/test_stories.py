"""Six stories of one company: what Graph serves of each is what its truth says."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from sim.tenant import STORIES, april_2025, hidden_takeovers, leaked_list, p1_tenant, spray_attack
from sim.tenant.directory import PASSWORDLESS_METHODS

BLOCKING, PROMPTING, BAD = (53003, 53011, 530032), (50142, 53004), (50126, 50053)
REVOCATION = "Update StsRefreshTokenValidFrom Timestamp"
MICROSOFT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
SELF = {"User registered security info", "Consent to application"}
USERS = 600


def at(stamp):
    return datetime.fromisoformat(stamp[:19] + "+00:00")


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Reader:
    """Counts from Graph alone, as anybody could."""

    def __init__(self, graph):
        self.graph = graph
        self.truth = graph.tenant.truth

    async def flags(self):
        rows = await self.graph.everything("identityProtection/riskDetections?$top=500")
        start = self.truth.window_start.replace(microsecond=0)
        found = {}
        for row in rows:
            if row["userId"] in self.truth.surge_user_ids and at(row["detectedDateTime"]) >= start:
                known = found.get(row["userId"])
                found[row["userId"]] = min(at(row["detectedDateTime"]), known or datetime.max.replace(tzinfo=UTC))
        return found

    async def sign_ins(self, *codes, since=None, until=None):
        bounds = f" and createdDateTime ge {stamp(since)}" if since else ""
        bounds += f" and createdDateTime le {stamp(until)}" if until else ""
        found = []
        for code in codes:
            found += await self.graph.everything(f"auditLogs/signIns?$filter=status/errorCode eq {code}{bounds}")
        return found

    async def audits(self, *activities, since=None):
        bounds = f" and activityDateTime ge {stamp(since)}" if since else ""
        found = []
        for activity in activities:
            clause = f"activityDisplayName eq '{activity}'{bounds}"
            found += await self.graph.everything(f"auditLogs/directoryAudits?$filter={clause}")
        return found

    async def rate(self, rows_of, *arguments):
        """How often flagged users had it since the window's start, and in such a span of the week before."""
        start, now = self.truth.window_start, self.graph.tenant.clock()
        rows = await rows_of(*arguments)
        flagged = [row for row in rows if row["userId"] in self.truth.surge_user_ids]
        inside = sum(at(row["createdDateTime"]) >= start for row in flagged)
        before = sum(start - timedelta(days=7) <= at(row["createdDateTime"]) < start for row in flagged)
        return inside, before * (now - start) / timedelta(days=7)

    async def risky(self, *codes):
        return [row for row in await self.sign_ins(*codes) if row["riskLevelDuringSignIn"] != "none"]


@pytest.fixture
def reading(serve, clock):
    async def told(story, **more):
        more = {"users": USERS, "clock": clock, "tail_seconds": 0.0, **more}
        return Reader(await serve(story(clock.now, **more)))

    return told


@pytest.mark.parametrize("name", STORIES)
async def test_in_every_story_the_flagged_are_the_truths_and_divided_into_eligible_and_held_back(reading, name):
    reader = await reading(STORIES[name])
    truth = reader.truth
    assert set(await reader.flags()) == truth.surge_user_ids
    assert truth.eligible_user_ids | truth.held_back.keys() == truth.surge_user_ids
    assert truth.eligible_user_ids.isdisjoint(truth.held_back)
    assert truth.expected_bands
    assert {"Ada Admin", "Grace Approver"} <= {user.display_name for user in reader.graph.tenant.users}


@pytest.mark.parametrize("name", sorted(set(STORIES) - {"P1 tenant", "every optional permission refused"}))
async def test_the_blocked_and_the_stuck_counted_from_the_sign_ins_are_the_truths(reading, name):
    reader = await reading(STORIES[name])
    truth, flags = reader.truth, await reader.flags()

    async def hit(*codes):
        rows = await reader.sign_ins(*codes, since=truth.window_start)
        return [row for row in rows if row["userId"] in flags and at(row["createdDateTime"]) >= flags[row["userId"]]]

    blocked, prompted = await hit(*BLOCKING), await hit(*PROMPTING)
    assert {row["userId"] for row in blocked} == truth.blocked_user_ids
    assert len(blocked) == truth.blocked_sign_ins > 0
    assert min(at(row["createdDateTime"]) for row in blocked) == truth.blocked_since.replace(microsecond=0)
    assert {row["userId"] for row in prompted} == truth.stuck_user_ids | truth.remediated_user_ids
    assert truth.stuck_user_ids.isdisjoint(truth.remediated_user_ids)


async def test_in_a_false_wave_guests_are_blocked_for_the_risk_in_their_own_tenant(reading):
    reader = await reading(april_2025)
    rows = await reader.sign_ins(53011, 530032)
    assert len(rows) == 2
    assert {reader.truth.held_back[row["userId"]] for row in rows} == {"guest"}


async def test_another_policy_blocked_people_in_the_week_before_and_nobody_flagged_in_the_windows_hours(reading):
    reader = await reading(april_2025)
    truth, week = reader.truth, timedelta(days=7)
    start, now = truth.window_start, reader.graph.tenant.clock()
    rows = await reader.sign_ins(53003, since=start - week, until=start)
    hit = {row["userId"] for row in rows if at(row["createdDateTime"]) < start.replace(microsecond=0)}
    assert hit & truth.surge_user_ids == truth.usually_blocked_user_ids != set()
    assert hit - truth.surge_user_ids
    hours = [row for row in rows if start - week <= at(row["createdDateTime"]) <= now - week]
    assert {row["userId"] for row in hours}.isdisjoint(truth.surge_user_ids)
    names = {policy["displayName"] for row in rows for policy in row["appliedConditionalAccessPolicies"]}
    assert names == {"Block sign-ins from outside our countries"}


async def test_whom_the_policies_reach_can_be_told_from_graph_alone(reading):
    reader = await reading(april_2025)
    graph, truth = reader.graph, reader.truth
    names = "id,userPrincipalName,userType,onPremisesSyncEnabled"
    users = {row["id"]: row for row in await graph.everything(f"users?$top=999&$select={names}")}
    report = {
        row["id"]: row
        for row in await graph.everything("reports/authenticationMethods/userRegistrationDetails?$top=999")
    }
    policies = [
        row
        for row in await graph.everything("identity/conditionalAccess/policies")
        if "high" in row["conditions"]["userRiskLevels"] and row["state"] == "enabled"
    ]
    members = {}
    for policy in policies:
        scope = policy["conditions"]["users"]
        for group in scope["includeGroups"] + scope["excludeGroups"]:
            rows = await graph.everything(f"groups/{group}/transitiveMembers?$top=999")
            members[group] = {row["id"] for row in rows}

    def named(user, words, groups):
        guest = user["userType"] == "Guest" or "#EXT#" in user["userPrincipalName"]
        return (
            "All" in words
            or user["id"] in words
            or ("GuestsOrExternalUsers" in words and guest)
            or any(user["id"] in members[group] for group in groups)
        )

    def reach(user):
        found = set()
        for policy in policies:
            scope = policy["conditions"]["users"]
            if named(user, scope["includeUsers"], scope["includeGroups"]) and not named(
                user, scope["excludeUsers"], scope["excludeGroups"]
            ):
                found |= set(policy["grantControls"]["builtInControls"])
        if "block" in found:
            return "blocked"
        if "passwordChange" not in found:
            return "untouched"
        domain = user["userPrincipalName"].rpartition("@")[2]
        managed = domain not in {"fabrikam.example", "northwind.example", "tailspin.example"}
        mine = report[user["id"]]
        able = mine["isMfaCapable"] and mine["isSsprCapable"]
        return "can self-remediate" if able and managed and not user["onPremisesSyncEnabled"] else "stuck"

    assert len(policies) == 2
    assert {one: reach(users[one]) for one in truth.reach_of} == truth.reach_of
    assert set(truth.reach_of.values()) == {"blocked", "can self-remediate", "stuck", "untouched"}


async def test_who_works_can_be_told_from_the_sign_ins_of_the_week_before(reading):
    reader = await reading(april_2025)
    truth = reader.truth
    day = truth.window_start.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = await reader.sign_ins(0, since=day - timedelta(days=6), until=day)
    workers = {row["userId"] for row in rows if at(row["createdDateTime"]).weekday() < 5}
    assert workers & truth.surge_user_ids == truth.worker_ids
    monday = {row["userId"] for row in rows if at(row["createdDateTime"]).weekday() == 0}
    waiting = {one for one, reach in truth.reach_of.items() if reach in {"blocked", "stuck"}}
    assert (waiting - truth.blocked_user_ids - truth.stuck_user_ids) & monday == truth.forecast_user_ids
    assert len(truth.surge_user_ids) * 0.6 < len(truth.worker_ids) < len(truth.surge_user_ids) * 0.9


@pytest.mark.parametrize("story", [april_2025, p1_tenant])
async def test_around_a_false_wave_a_new_app_of_microsofts_revokes_tokens_and_no_advisory_says_why(reading, story):
    reader = await reading(story)
    graph, truth = reader.graph, reader.truth
    rows = await graph.get(
        f"servicePrincipals?$filter=appOwnerOrganizationId eq {MICROSOFT}&$count=true&$top=999",
        ConsistencyLevel="eventual",
    )
    apps = {row["appId"]: row["displayName"] for row in rows.json["value"]}
    assert {apps[one] for one in truth.new_app_ids} == {"MACE Credential Revocation"}
    (added,) = await reader.audits("Add service principal", since=truth.window_start - timedelta(hours=72))
    assert added["targetResources"][0]["displayName"] == "MACE Credential Revocation"
    revoked = await reader.audits(REVOCATION)
    assert {row["initiatedBy"]["app"]["appId"] for row in revoked} == truth.new_app_ids
    assert {row["targetResources"][0]["id"] for row in revoked} == truth.revoked_user_ids <= truth.surge_user_ids
    hour = timedelta(hours=1)
    assert all(truth.window_start - hour < at(row["activityDateTime"]) < truth.window_start for row in revoked)
    assert len(revoked) > 0.9 * len(truth.surge_user_ids)
    issues = await graph.everything("admin/serviceAnnouncement/issues")
    assert issues
    assert not any("risk" in row["title"].lower() + row["impactDescription"].lower() for row in issues)
    assert not truth.advisory_ids


async def test_in_a_false_wave_people_behave_as_they_always_do(reading):
    reader = await reading(april_2025)
    truth, flags = reader.truth, await reader.flags()
    bad, usual = await reader.rate(reader.sign_ins, *BAD)
    assert usual > 0
    assert bad < 2 * usual
    risky, usual = await reader.rate(reader.risky, 0, 50074, *BAD)
    assert usual > 0
    assert risky < 2 * usual
    acts = await reader.audits(*SELF, since=truth.window_start)
    assert not [row for row in acts if row["initiatedBy"]["user"]["id"] in flags]
    assert await reader.audits(*SELF, since=truth.window_start - timedelta(days=7))
    assert not truth.takeover_user_ids
    departments = Counter(user.department for user in reader.graph.tenant.users if user.department)
    hit = Counter(user.department for user in reader.graph.tenant.users if user.id in flags and user.department)
    for name, number in hit.items():
        assert 0.5 < (number / hit.total()) / (departments[name] / departments.total()) < 2


async def test_forced_password_changes_and_help_are_told_from_a_takeover_by_who_did_it_and_whence(reading):
    reader = await reading(april_2025, forced=40)
    truth, graph = reader.truth, reader.graph
    assert len(truth.remediated_user_ids) == 40
    changed = await reader.audits("Change password (self-service)", since=truth.window_start)
    usual = {row["userId"]: row["ipAddress"] for row in await reader.sign_ins(0)}
    own = {row["targetResources"][0]["id"]: row["initiatedBy"]["user"] for row in changed}
    assert truth.remediated_user_ids <= own.keys()
    for one in truth.remediated_user_ids:
        assert own[one]["id"] == one
        assert graph.tenant.state_of(one) == "remediated"
        assert usual.get(one, own[one]["ipAddress"]) == own[one]["ipAddress"]
    reset = await reader.audits("Reset password (by admin)")
    assert {row["targetResources"][0]["id"] for row in reset} == truth.helped_user_ids != set()
    assert all(row["initiatedBy"]["user"]["id"] not in truth.surge_user_ids for row in reset)
    assert all(graph.tenant.state_of(one) == "atRisk" for one in truth.helped_user_ids)


async def test_a_few_who_changed_their_phone_did_so_from_their_usual_address(reading):
    reader = await reading(april_2025, new_phones=2)
    rows = await reader.audits("User registered security info", since=reader.truth.window_start)
    mine = [row["initiatedBy"]["user"] for row in rows if row["initiatedBy"]["user"]["id"] in await reader.flags()]
    assert {user["id"] for user in mine} == reader.truth.new_phone_user_ids
    assert len(mine) == 2
    usual = {row["userId"]: row["ipAddress"] for row in await reader.sign_ins(0, 50126)}
    assert all(usual.get(user["id"], user["ipAddress"]) == user["ipAddress"] for user in mine)


async def test_a_wave_that_hides_takeovers_shows_acts_from_addresses_that_nobody_had(reading):
    reader = await reading(hidden_takeovers)
    truth, flags = reader.truth, await reader.flags()
    acts = await reader.audits(*SELF, since=truth.window_start)
    by = [(row["initiatedBy"]["user"]["id"], row["initiatedBy"]["user"]["ipAddress"]) for row in acts]
    taken = [(user, address) for user, address in by if user in flags]
    assert {user for user, _ in taken} == truth.takeover_user_ids
    assert len(taken) == truth.takeover_acts >= len(truth.takeover_user_ids) >= 8
    before = await reader.graph.everything(
        f"auditLogs/signIns?$filter=createdDateTime le {stamp(truth.window_start - timedelta(hours=1))}"
    )
    known = {row["ipAddress"] for row in before}
    assert not {address for _, address in taken} & known
    strangers = len(reader.graph.tenant.users) - len(flags)
    assert len({user for user, _ in by} - flags.keys()) / strangers < len(truth.takeover_user_ids) / len(flags) / 2
    rules = [
        row["userId"]
        for row in await reader.graph.everything("identityProtection/riskDetections?$top=500")
        if row["riskEventType"] == "mcasSuspiciousInboxManipulationRules"
    ]
    assert set(rules) < truth.takeover_user_ids
    assert {truth.held_back[one] for one in truth.takeover_user_ids} == {"taken over", "suspicious"}
    issues = {row["id"]: row["title"] for row in await reader.graph.everything("admin/serviceAnnouncement/issues")}
    assert all("Risk detections" in issues[one] for one in truth.advisory_ids)
    assert truth.advisory_ids


async def test_a_spray_lasts_36_hours_and_comes_with_wrong_passwords_risky_sign_ins_and_takeovers(reading):
    reader = await reading(spray_attack)
    truth, graph = reader.truth, reader.graph
    rows = await graph.everything("identityProtection/riskDetections?$filter=riskEventType eq 'passwordSpray'&$top=500")
    start = truth.window_start.replace(microsecond=0)
    spray = [row for row in rows if at(row["detectedDateTime"]) >= start and row["userId"] in truth.surge_user_ids]
    assert {row["userId"] for row in spray} == truth.surge_user_ids
    assert timedelta(hours=35) < truth.window_end - truth.window_start <= timedelta(hours=36, seconds=1)
    bad, usual = await reader.rate(reader.sign_ins, *BAD)
    assert bad > 5 * usual
    risky, usual = await reader.rate(reader.risky, 0, 50074, *BAD)
    assert risky > 5 * usual
    assert (bad, risky) == (truth.bad_credentials, truth.risky_sign_ins)
    assert len(truth.takeover_user_ids) >= 3
    assert not await reader.audits(REVOCATION)
    assert not truth.eligible_user_ids
    assert {truth.held_back[one] for one in truth.takeover_user_ids} == {"taken over"}


async def test_a_leaked_list_hits_cloud_users_of_two_departments_with_old_passwords(reading):
    reader = await reading(leaked_list)
    truth, graph = reader.truth, reader.graph
    assert truth.kinds.keys() == {"cloud-only"}
    assert not truth.passwordless_user_ids
    hit = [user for user in graph.tenant.users if user.id in truth.surge_user_ids]
    assert {user.department for user in hit} <= {"Retail", "Sales", None}  # None: accounts that are nobody's
    assert all(PASSWORDLESS_METHODS.isdisjoint(user.methods) for user in hit)
    names = "id,lastPasswordChangeDateTime"
    users = {row["id"]: row for row in await graph.everything(f"users?$top=999&$select={names}")}
    helped = truth.helped_user_ids
    old = [at(users[one]["lastPasswordChangeDateTime"]) for one in truth.surge_user_ids - helped]
    assert max(old) < truth.window_start - timedelta(days=290)
    bad, usual = await reader.rate(reader.sign_ins, *BAD)
    assert bad > 2 * usual
    risky, usual = await reader.rate(reader.risky, 0, 50074, *BAD)
    assert risky > 2 * usual
    assert not await reader.audits("Add service principal", REVOCATION)
    assert timedelta(hours=8) < truth.window_end - truth.window_start


async def test_a_p1_tenant_hides_risk_refuses_risky_users_and_locks_nobody_out(reading):
    reader = await reading(p1_tenant)
    graph, truth = reader.graph, reader.truth
    assert (await graph.get("identityProtection/riskyUsers")).status == 403
    rows = await graph.everything("identityProtection/riskDetections?$top=500")
    assert {row["riskLevel"] for row in rows} == {"hidden"}
    assert "generic" in {row["riskEventType"] for row in rows}
    assert not {"passwordSpray", "unfamiliarFeatures"} & {row["riskEventType"] for row in rows}
    signs = (await graph.get("auditLogs/signIns?$top=100")).json["value"]
    assert {row["riskLevelDuringSignIn"] for row in signs} == {"hidden"}
    flags = await reader.flags()
    rows = await reader.sign_ins(*BLOCKING, since=truth.window_start)
    assert not [row for row in rows if row["userId"] in flags]
    assert not truth.blocked_user_ids | truth.stuck_user_ids


async def test_where_every_optional_permission_is_refused_detections_users_and_the_clean_up_remain(reading):
    reader = await reading(STORIES["every optional permission refused"])
    graph = reader.graph
    for path in (
        "auditLogs/signIns",
        "auditLogs/directoryAudits",
        "identity/conditionalAccess/policies",
        "servicePrincipals",
        "admin/serviceAnnouncement/issues",
        "admin/serviceAnnouncement/messages",
        "reports/authenticationMethods/userRegistrationDetails",
        "domains",
        "organization",
        "roleManagement/directory/roleAssignments",
    ):
        assert (await graph.get(path)).status == 403, path
    for path in ("identityProtection/riskDetections", "identityProtection/riskyUsers", "users", "users/delta"):
        assert (await graph.get(path)).status == 200, path
    assert (await graph.act("confirmSafe", min(reader.truth.eligible_user_ids))).status == 204


async def test_people_go_on_trying_and_get_in_once_they_are_cleared(reading, clock):
    reader = await reading(april_2025, processing_seconds=1.0)
    graph, truth = reader.graph, reader.truth
    graph.tenant.ineffective_user_ids.clear()
    start = clock.now
    clock.advance(300)
    tried = await reader.sign_ins(*BLOCKING, since=start)
    assert tried
    assert not [
        row
        for row in await reader.sign_ins(0, since=start)
        if row["userId"] in truth.eligible_user_ids and truth.reach_of[row["userId"]] == "blocked"
    ]
    eligible = sorted(truth.eligible_user_ids)
    for first in range(0, len(eligible), 60):
        assert (await graph.act("confirmSafe", *eligible[first : first + 60])).status == 204
    clock.advance(5)
    cleared = clock.now
    clock.advance(900)
    after = await reader.sign_ins(*BLOCKING, since=cleared + timedelta(seconds=1))
    assert not {row["userId"] for row in after} & truth.eligible_user_ids
    assert {row["userId"] for row in await reader.sign_ins(0, since=cleared)} & truth.eligible_user_ids


async def test_nobody_tries_again_where_the_story_stands_still(reading, clock):
    reader = await reading(april_2025, going_on=False)
    now = clock.now
    clock.advance(3600)
    assert not await reader.graph.everything(
        f"auditLogs/signIns?$filter=createdDateTime ge {stamp(now + timedelta(seconds=1))}"
    )


async def test_a_medium_risk_is_beneath_the_policies(reading):
    reader = await reading(spray_attack)
    rows = await reader.graph.everything("identityProtection/riskyUsers?$top=500&$filter=riskLevel eq 'medium'")
    medium = {row["id"] for row in rows} & reader.truth.surge_user_ids
    assert medium
    assert {reader.truth.reach_of[one] for one in medium & reader.truth.reach_of.keys()} == {"untouched"}
    assert medium.isdisjoint(reader.truth.blocked_user_ids)


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("users", [120, 300])
@pytest.mark.parametrize("seed", range(4))
def test_every_story_is_whole_at_every_size_and_seed(name, users, seed):
    now = datetime(2025, 4, 20, 9, tzinfo=UTC)
    tenant = STORIES[name](now, users=users, seed=seed, clock=lambda: now)
    truth = tenant.truth
    assert len(tenant.users) == users
    assert truth.blocked_user_ids | truth.stuck_user_ids | truth.remediated_user_ids <= truth.surge_user_ids
    assert truth.late_user_ids.isdisjoint(truth.blocked_user_ids | truth.stuck_user_ids)
    assert truth.takeover_user_ids <= truth.surge_user_ids
    assert all(each.at <= tenant.now() for each in tenant.sign_ins.newest())
    assert len({each.id for each in tenant.sign_ins.newest()}) == len(tenant.sign_ins)


def told(story, seed):
    now = datetime(2025, 4, 20, 9, tzinfo=UTC)
    tenant = story(now, users=200, seed=seed, clock=lambda: now)
    return [(each.at, each.user_id, each.error_code) for each in tenant.sign_ins.newest()], tenant.truth


@pytest.mark.parametrize("name", STORIES)
def test_the_same_seed_tells_the_same_story(name):
    assert told(STORIES[name], 1) == told(STORIES[name], 1)
    assert told(STORIES[name], 1) != told(STORIES[name], 2)


async def test_a_tenant_of_60000_with_20000_flagged_has_its_sign_ins_ready(reading):
    reader = await reading(april_2025, users=60_000, going_on=False)
    page = (await reader.graph.get("auditLogs/signIns?$filter=status/errorCode eq 53003")).json
    assert len(page["value"]) == 1000
    assert len(reader.truth.blocked_user_ids) > 2000
    assert len(reader.graph.tenant.sign_ins) > 100_000
