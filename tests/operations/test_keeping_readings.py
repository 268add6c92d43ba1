"""What is read for the whole tenant is read before it is needed, kept with its age, and optional by itself."""

import asyncio

from bot.operations.reading import tenant_readings
from bot.operations.reading.keep_readings import keep_in_quiet, known, refresh
from bot.operations.reading.tenant_readings import (
    APPS,
    DOMAINS,
    HASH_SYNC,
    IN_THE_NIGHT,
    POLICIES,
    REGISTRATION,
    ROLES,
    ROLLOUT,
    RolloutReport,
)
from bot.ports.graph import GraphError, Problem
from bot.watch.access_policies import AccessPolicy, Grant
from bot.watch.announcements import MicrosoftApp
from bot.watch.privilege import GLOBAL_ADMINISTRATOR, Role, RoleReport
from bot.watch.profile import Domain, Federation
from bot.watch.registration import Registered
from tests.values import HOUR, NOW, TENANT

REFUSED = GraphError(Problem.NOT_PERMITTED, "needs AuditLog.Read.All")
POLICY = AccessPolicy(
    id="policy",
    name="Block high risk",
    state="enabled",
    user_risk_levels=("high",),
    grants=(Grant.BLOCK,),
    include_users=("All",),
    exclude_users=(),
    include_groups=("staff",),
    exclude_groups=("breakers",),
    include_roles=(),
    exclude_roles=(),
    modified_text="2025-01-01T00:00:00Z",
)


def told(scene, kind):
    return scene.look(lambda tx: known(tx, TENANT, kind))


async def test_every_reading_of_the_night_comes_back_as_it_was_read(scene):
    graph = scene.graph
    graph.tenant_domains = (Domain("contoso.example", True, Federation(("https://sts/adfs/",))),)
    graph.registered = {"ada": Registered.PASSWORDLESS | Registered.MFA}
    graph.role_report = RoleReport({"ada": (Role(GLOBAL_ADMINISTRATOR, "Global Administrator"),)}, "no groups")
    graph.policies = (POLICY,)
    graph.groups = {"staff": frozenset({"ada", "bob"})}
    graph.apps = (MicrosoftApp("1", "app-1", "Office"),)
    graph.hash_sync = False
    graph.plans = frozenset({"plan"})
    graph.rolled_out_groups = frozenset({"staff"})
    await keep_in_quiet(scene.tenant, IN_THE_NIGHT)
    assert told(scene, DOMAINS).value == graph.tenant_domains
    assert told(scene, REGISTRATION).value.get("ada") == graph.registered["ada"]
    assert told(scene, ROLES).value == graph.role_report
    policies = told(scene, POLICIES).value
    assert policies.policies == (POLICY,)
    assert policies.members == {"staff": frozenset({"ada", "bob"}), "breakers": frozenset()}
    assert [seen.app for seen in told(scene, APPS).value] == list(graph.apps)
    assert told(scene, HASH_SYNC).value is False
    assert told(scene, ROLLOUT).value == RolloutReport(frozenset({"staff"}), {"staff": frozenset({"ada", "bob"})})
    assert told(scene, tenant_readings.LICENCES).value == graph.plans
    assert {told(scene, kind).read_at for kind in IN_THE_NIGHT} == {NOW}


async def test_one_that_is_refused_says_what_it_needs_and_the_others_stand(scene):
    scene.graph.failing["registrations"] = REFUSED
    await keep_in_quiet(scene.tenant, IN_THE_NIGHT)
    assert told(scene, REGISTRATION).value is None
    assert told(scene, REGISTRATION).problem == "needs AuditLog.Read.All"
    assert told(scene, ROLES).value == RoleReport({})


async def test_the_last_good_reading_stands_with_its_age_when_the_next_one_fails(scene):
    scene.graph.registered = {"ada": Registered.MFA}
    await refresh(scene.tenant, REGISTRATION, older_than=HOUR)
    scene.clock.pass_(7200)
    scene.graph.failing["registrations"] = REFUSED
    await refresh(scene.tenant, REGISTRATION, older_than=HOUR)
    stands = told(scene, REGISTRATION)
    assert stands.value.get("ada") == Registered.MFA
    assert (stands.read_at, stands.problem) == (NOW, REFUSED.why)


async def test_what_is_young_enough_is_not_read_again(scene):
    await refresh(scene.tenant, ROLES, older_than=HOUR)
    scene.clock.pass_(3599)
    await refresh(scene.tenant, ROLES, older_than=HOUR)
    assert len(scene.graph.times("roles")) == 1
    scene.clock.pass_(1)
    await refresh(scene.tenant, ROLES, older_than=HOUR)
    assert len(scene.graph.times("roles")) == 2


async def test_two_who_want_the_same_wait_for_one_reading(scene):
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow():
        scene.graph.asked.append(("roles", None))
        begun.set()
        await go_on.wait()
        return RoleReport({})

    scene.graph.roles = slow
    both = [asyncio.create_task(refresh(scene.tenant, ROLES, older_than=HOUR)) for _ in range(2)]
    await begun.wait()
    go_on.set()
    await asyncio.gather(*both)
    assert len(scene.graph.times("roles")) == 1


async def test_a_refused_reading_is_not_asked_for_again_at_every_briefing(scene):
    scene.graph.failing["roles"] = REFUSED
    for _ in range(3):
        await refresh(scene.tenant, ROLES, older_than=HOUR)
    assert len(scene.graph.times("roles")) == 1
    scene.clock.pass_(600)
    await refresh(scene.tenant, ROLES, older_than=HOUR)
    assert len(scene.graph.times("roles")) == 2


async def test_a_body_that_nobody_can_read_any_more_counts_as_not_read(scene):
    scene.look(lambda tx: tx.readings.keep_reading(TENANT, REGISTRATION.name, b"from another version", NOW))
    assert told(scene, REGISTRATION).value is None
    await refresh(scene.tenant, REGISTRATION, older_than=HOUR)
    assert len(told(scene, REGISTRATION).value) == 0


async def test_an_app_that_a_snapshot_lacked_came_between_the_two(scene):
    office, newcomer = MicrosoftApp("1", "app-1", "Office"), MicrosoftApp("2", "app-2", "Newcomer")
    scene.graph.apps = (office,)
    await refresh(scene.tenant, APPS, older_than=0)
    scene.clock.pass_(3600)
    scene.graph.apps = (office, newcomer)
    await refresh(scene.tenant, APPS, older_than=0)
    scene.clock.pass_(3600)
    await refresh(scene.tenant, APPS, older_than=0)
    seen = {each.app.name: (each.missing_at, each.seen_at) for each in told(scene, APPS).value}
    assert seen == {"Office": (None, NOW), "Newcomer": (NOW, NOW + HOUR)}


async def test_a_group_that_can_not_be_read_leaves_the_policies_standing(scene):
    scene.graph.policies = (POLICY,)
    scene.graph.failing["group_members"] = GraphError(Problem.NOT_PERMITTED, "needs GroupMember.Read.All")
    await refresh(scene.tenant, POLICIES, older_than=0)
    assert told(scene, POLICIES).value == tenant_readings.PolicyReport((POLICY,), {}, "needs GroupMember.Read.All")
