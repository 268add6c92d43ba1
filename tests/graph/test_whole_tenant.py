"""Everything that surrounds a wave, read from the invented tenant and compared with what it knows of itself."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from bot.decide.action import Action
from bot.ports.graph import CursorExpiredError, GraphError, Priority, Problem
from bot.watch.privilege import GLOBAL_ADMINISTRATOR
from bot.watch.registration import Registered
from bot.watch.sign_ins import BAD_CREDENTIALS, BLOCKED
from sim.tenant import Faults, Limits, TenantServer, april_2025
from sim.tenant.hybrid import FeatureRollout
from sim.tenant.stories import all_refused, hidden_takeovers

SCALE = 20
DAY = 86_400_000_000


def micros(moment):
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


async def told(story, opened, begin):
    server = TenantServer(story(datetime.now(UTC)), Limits(scale=SCALE), Faults(), access_token="t")
    await server.start()
    begin(server)
    door = opened(server.url, access_token="t", requests_per_second=SCALE, reports_per_second=SCALE / 2)
    return server, door


@pytest.fixture
async def stage(opened):
    """Tells a story; gives its server and a door to it."""
    servers = []

    async def tell(story=april_2025):
        return await told(story, opened, servers.append)

    yield tell
    for server in servers:
        await server.stop()


async def everything(pages):
    return [item async for found in pages for item in found.items]


async def whole_directory(door, cursor=None):
    pages = [page async for page in door.directory_changes(cursor)]
    users = {user.user_id: user for page in pages for user in page.users}
    return users, {gone for page in pages for gone in page.removed}, pages[-1].cursor


async def test_the_directory_by_its_changes_is_the_directory_by_its_pages(stage):
    server, door = await stage()
    users, _, cursor = await whole_directory(door)
    assert len(users) == await door.count_users(priority=Priority.WATCH)
    some = sorted(server.tenant.truth.surge_user_ids)
    by_id = await door.users(some, tenant_users=None)
    assert {user_id: users[user_id] for user_id in by_id} == by_id
    assert all(user.created_at for user in by_id.values())
    assert {user.password_changed_at for user in by_id.values()} != {None}

    gone, changed = sorted(server.tenant.truth.eligible_user_ids)[:2]
    server.tenant.remove_user(gone)
    server.tenant.disable_user(changed)
    before = len(server.requests)
    later, removed, _ = await whole_directory(door, cursor)
    assert removed == {gone}
    assert later == {changed: later[changed]}
    assert later[changed].account_enabled is False
    assert later[changed].user_principal_name == users[changed].user_principal_name
    assert len(server.requests) - before == 1


async def test_a_reset_at_microsoft_ends_the_cursor(stage):
    server, door = await stage()
    _, _, cursor = await whole_directory(door)
    server.tenant.changes.reset()
    with pytest.raises(CursorExpiredError):
        await whole_directory(door, cursor)
    users, _, _ = await whole_directory(door)
    assert len(users) == len(server.tenant.users)


async def test_every_holder_of_a_role_is_found_and_groups_may_be_withheld(stage):
    server, door = await stage()
    roles, truth = server.tenant.roles, server.tenant.truth
    report = await door.roles()
    assert set(report.roles) == {one for one in roles.holder_ids if one in server.tenant.users}
    assert truth.privileged_user_ids <= set(report.roles)
    assert report.holders(GLOBAL_ADMINISTRATOR) == roles.holders_of("Global Administrator") & set(report.roles)
    assert truth.emergency_user_ids <= report.holders(GLOBAL_ADMINISTRATOR)

    server.tenant.granted -= {"GroupMember.Read.All", "Directory.Read.All"}
    partly = await door.roles()
    assert "GroupMember.Read.All" in partly.problem
    by_group = {member for group in roles.groups for member in group.member_ids}
    assert set(report.roles) - set(partly.roles) <= by_group
    assert set(partly.roles) < set(report.roles)


async def test_registrations_are_read_with_all_that_they_tell(stage):
    server, door = await stage()
    report = await door.registrations()
    users = server.tenant.users
    enabled = [user for user in users if user.account_enabled]
    assert len(report) == len(enabled)
    admins = server.tenant.roles.holder_ids
    for user in enabled:
        found = report.get(user.id)
        assert bool(found & Registered.ADMIN) == (user.id in admins)
        assert bool(found & Registered.WINDOWS_HELLO) == ("windowsHelloForBusiness" in user.methods)
    assert report.share(Registered.MFA) > 0


async def test_blocked_sign_ins_are_those_that_the_tenant_counted(stage):
    server, door = await stage()
    truth = server.tenant.truth
    found = await everything(door.sign_ins(since=micros(truth.window_start), error_codes=BLOCKED))
    assert {each.error_code for each in found} <= BLOCKED
    blocked = {each.user_id for each in found} & truth.surge_user_ids
    assert truth.blocked_user_ids <= blocked
    assert sum(each.user_id in truth.blocked_user_ids for each in found) >= truth.blocked_sign_ins
    one = next(iter(truth.blocked_user_ids))
    alone = await everything(door.sign_ins(since=micros(truth.window_start), user_id=one))
    assert {each.user_id for each in alone} == {one}
    times = [each.at for each in alone]
    assert times == sorted(times, reverse=True)


async def test_a_week_of_sign_ins_is_read_in_large_pages_and_within_its_bounds(stage):
    server, door = await stage()
    end = micros(server.tenant.truth.window_start)
    since = end - 7 * DAY
    found = await everything(door.sign_ins(since=since, until=end))
    assert all(since <= each.at <= end for each in found)
    calls = [record for record in server.requests if record.family == "reports"]
    assert len(calls) == max(1, -(-len(found) // 1000))
    assert Counter(record.status for record in server.requests).keys() == {200}


async def test_what_microsoft_did_before_the_wave_is_found(stage):
    server, door = await stage()
    truth = server.tenant.truth
    apps = await door.microsoft_apps()
    assert truth.new_app_ids <= {app.app_id for app in apps}
    since = micros(truth.window_start - timedelta(hours=72))
    added = await everything(door.audits(since=since, activity="Add service principal"))
    assert added
    assert all(each.activity == "Add service principal" and each.at >= since for each in added)
    revoked = await everything(door.audits(since=since, activity="Update StsRefreshTokenValidFrom Timestamp"))
    assert truth.revoked_user_ids <= {target for each in revoked for target in each.target_ids}
    assert all(each.by_app and not each.by_user_id for each in revoked if each.target_ids[0] in truth.revoked_user_ids)


async def test_announcements_policies_synchronisation_and_plans_are_read(stage):
    server, door = await stage()
    tenant = server.tenant
    announced = await door.announcements(since=0)
    assert {each.id for each in announced} == {each.id for each in (*tenant.health_issues, *tenant.service_messages)}
    policies = await door.access_policies()
    assert {each.id for each in policies} == {each.id for each in tenant.access_policies if each.user_risk_levels}
    assert "eec0eb4f-6444-4f95-aba0-50c24d67f998" in await door.licences()
    tenant.granted.add("OnPremDirectorySynchronization.Read.All")
    assert await door.password_hash_sync() is tenant.hybrid.password_hash_sync
    tenant.granted.add("Policy.Read.HybridAuthentication")
    assert await door.staged_rollout() == frozenset()
    tenant.hybrid.rollouts += [
        FeatureRollout("1", "Finance first", "passwordHashSync", group_ids=("finance", "pilots")),
        FeatureRollout("2", "Not yet", "passthroughAuthentication", is_enabled=False, group_ids=("sales",)),
    ]
    assert await door.staged_rollout() == {"finance", "pilots"}


async def test_a_takeover_leaves_its_marks_where_the_door_reads_them(stage):
    server, door = await stage(hidden_takeovers)
    truth = server.tenant.truth
    since = micros(truth.window_start)
    found = [each for each in await everything(door.sign_ins(since=since)) if each.user_id in truth.surge_user_ids]
    assert sum(each.risk_level in {"low", "medium", "high"} for each in found) >= truth.risky_sign_ins
    assert sum(each.error_code in BAD_CREDENTIALS for each in found) >= truth.bad_credentials
    assert truth.risky_sign_ins + truth.bad_credentials > 0
    registered = await everything(door.audits(since=since, activity="User registered security info"))
    assert {each.by_user_id for each in registered} & truth.takeover_user_ids


READINGS = {
    "AuditLog.Read.All": lambda door: everything(door.sign_ins(since=0)),
    "Policy.Read.All": lambda door: door.access_policies(),
    "RoleManagement.Read.Directory": lambda door: door.roles(),
    "Application.Read.All": lambda door: door.microsoft_apps(),
    "ServiceHealth.Read.All": lambda door: door.announcements(since=0),
    "OnPremDirectorySynchronization.Read.All": lambda door: door.password_hash_sync(),
    "Policy.Read.HybridAuthentication": lambda door: door.staged_rollout(),
    "GroupMember.Read.All": lambda door: door.group_members("00000000-0000-0000-0000-000000000000"),
}


async def test_each_reading_that_is_withheld_names_the_permission_that_mends_it(stage):
    _, door = await stage(all_refused)
    for permission, read in READINGS.items():
        with pytest.raises(GraphError) as caught:
            await read(door)
        assert caught.value.problem is Problem.NOT_PERMITTED
        assert permission in caught.value.why


async def test_revoked_sessions_and_demanded_passwords_are_read_back(stage, world):
    server, door = await stage()
    tenant = server.tenant
    tenant.directory_roles = {"Global Administrator"}
    truth = tenant.truth
    people = [one for one in sorted(truth.eligible_user_ids) if truth.kind_of[one] == "cloud-only"][:25]
    before = world.now()
    answers = [await door.send(Action.REVOKE_SESSIONS, people[start : start + 20]) for start in (0, 20)]
    assert all(each.accepted for answer in answers for each in answer.users.values())
    states = await door.account_states(people)
    assert set(states) == set(people)
    assert all(state.sessions_valid_from >= before - 1_000_000 for state in states.values())

    demanded = await door.send(Action.REQUIRE_PASSWORD_CHANGE, people[:20])
    assert all(each.accepted for each in demanded.users.values())
    states = await door.account_states(people)
    assert [states[one].must_change_password is True for one in people] == [True] * 20 + [False] * 5
    calls = [record for record in server.requests if record.family == "batch"]
    assert len(calls) == 2 + 1 + 1 + 1


async def test_a_user_whose_password_is_kept_elsewhere_is_refused_alone(stage):
    server, door = await stage()
    server.tenant.directory_roles = {"Global Administrator"}
    truth = server.tenant.truth
    cloud, federated = (
        next(one for one in sorted(truth.eligible_user_ids) if truth.kind_of[one] == kind)
        for kind in ("cloud-only", "federated")
    )
    answer = await door.send(Action.REQUIRE_PASSWORD_CHANGE, [cloud, federated])
    assert answer.users[cloud].accepted
    assert answer.users[federated].status == 400
    assert answer.users[federated].why
