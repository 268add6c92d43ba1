"""Who is hit and what the evidence says: read side by side, each part optional, kept as revisions."""

from dataclasses import replace

import pytest

from bot.operations.briefing.brief_surge import BEING_READ, brief_due_surges, brief_surge
from bot.operations.reading.keep_directory import keep_directory
from bot.ports.graph import GraphError, Problem
from bot.watch.access_policies import AccessPolicy, Grant
from bot.watch.announcements import Announcement
from bot.watch.audits import Audit
from bot.watch.briefing import Cohort, Gap
from bot.watch.durations import WEEK
from bot.watch.evidence import Band
from bot.watch.policy_effect import PolicyEffect
from bot.watch.privilege import GLOBAL_ADMINISTRATOR, Role, RoleReport
from bot.watch.profile import Domain, Federation
from bot.watch.registration import Registered
from bot.watch.rows.row import RowName, RowState
from bot.watch.sign_ins import SignIn
from bot.watch.tenant_facts import TenantFacts
from tests.values import DAY, HOUR, MINUTE, NOW, START, SURGE, TENANT, directory_user

ADA, BOB, CY, DORA = "ada", "bob", "cy", "dora"
REFUSED = GraphError(Problem.NOT_PERMITTED, "needs AuditLog.Read.All")


def sign_in(user, code=0, *, at=NOW - MINUTE, address="198.51.100.7", name="", risk="none"):
    return SignIn(name or f"{user}-{code}-{at}", user, at, code, address, "Office", risk)


def audit(user, activity, *, at=NOW - MINUTE, by=None, address="198.51.100.7", by_app=""):
    actor = user if by is None else by
    return Audit(f"{user}-{activity}-{at}", at, activity, "", "success", actor, by_app, "", address, (user,), ())


def policy(**changes):
    made = AccessPolicy(
        id="policy",
        name="Block high risk",
        state="enabled",
        user_risk_levels=("high",),
        grants=(Grant.BLOCK,),
        include_users=("All",),
        exclude_users=(),
        include_groups=(),
        exclude_groups=("breakers",),
        include_roles=(),
        exclude_roles=(),
        modified_text="",
    )
    return replace(made, **changes)


@pytest.fixture
def wave(scene):
    """Four flagged users of a tenant in which everything may be read."""
    scene.flag(ADA, BOB, CY, DORA)
    graph = scene.graph
    people = [
        directory_user(ADA, "ada@contoso.example"),
        directory_user(BOB, "bob@contoso.example", synced=True),
        directory_user(CY, "cy@fabrikam.example"),
        directory_user(DORA, "dora@contoso.example"),
        directory_user("eve", "eve@contoso.example"),
    ]
    graph.directory = {user.user_id: user for user in people}
    sts = Federation(("https://sts.fabrikam.example/adfs/ls/",))
    graph.tenant_domains = (Domain("contoso.example", False, None), Domain("fabrikam.example", True, sts))
    graph.registered = {
        ADA: Registered.PASSWORDLESS | Registered.MFA,
        BOB: Registered.MFA,
        CY: Registered(0),
        "eve": Registered.MFA,
    }
    graph.role_report = RoleReport({DORA: (Role(GLOBAL_ADMINISTRATOR, "Global Administrator"),)})
    graph.policies = (policy(),)
    graph.groups = {"breakers": frozenset({BOB})}
    scene.look(
        lambda tx: tx.watches.keep_watch(
            replace(tx.watches.watch_of(TENANT), tenant_users=3_000, risky_through=NOW - HOUR)
        )
    )
    return scene


async def brief(scene):
    await brief_surge(scene.tenant, SURGE)
    return latest(scene)


def latest(scene):
    return scene.look(lambda tx: tx.briefings.latest_briefing(TENANT, SURGE))


def row(briefing, name):
    return next(each for each in briefing.evidence.rows if each.name is name)


async def test_a_briefing_counts_who_they_are(wave):
    briefing = await brief(wave)
    assert briefing.cohorts == {Cohort.CLOUD_ONLY: 2, Cohort.HYBRID: 1, Cohort.AD_FS: 1}
    assert (briefing.flagged, briefing.at_risk, briefing.passwordless) == (4, 4, 1)
    assert [each.user_id for each in briefing.privileged] == [DORA]
    assert briefing.mfa_unregistered == 1
    assert briefing.gaps == ()


async def test_a_user_of_a_federated_domain_in_staged_rollout_signs_in_at_entra(wave):
    wave.graph.rolled_out_groups = frozenset({"pilots"})
    wave.graph.groups["pilots"] = frozenset({CY})
    assert (await brief(wave)).cohorts == {Cohort.CLOUD_ONLY: 3, Cohort.HYBRID: 1}


async def test_staged_rollout_that_may_not_be_read_is_what_the_team_states(wave):
    wave.graph.failing["staged_rollout"] = REFUSED
    wave.graph.groups["pilots"] = frozenset({CY})
    assert (await brief(wave)).cohorts[Cohort.AD_FS] == 1
    wave.tenant.tenant_facts = TenantFacts(staged_rollout=frozenset({"pilots"}))
    wave.clock.pass_(7200)
    assert (await brief(wave)).cohorts == {Cohort.CLOUD_ONLY: 3, Cohort.HYBRID: 1}
    wave.tenant.tenant_facts = TenantFacts()
    assert (await brief(wave)).cohorts[Cohort.AD_FS] == 1, "what is no longer stated counts no longer"


async def test_staged_rollout_that_was_read_stands_before_what_the_team_states(wave):
    wave.tenant.tenant_facts = TenantFacts(staged_rollout=frozenset({"pilots"}))
    wave.graph.groups["pilots"] = frozenset({CY})
    assert (await brief(wave)).cohorts[Cohort.AD_FS] == 1
    wave.graph.failing["staged_rollout"] = REFUSED
    wave.clock.pass_(2 * 24 * 3600)
    assert (await brief(wave)).cohorts[Cohort.AD_FS] == 1
    assert len(wave.graph.times("staged_rollout")) == 2


async def test_staged_rollout_is_not_asked_for_where_no_domain_is_federated(wave):
    wave.graph.tenant_domains = (Domain("contoso.example", False, None), Domain("fabrikam.example", False, None))
    await brief(wave)
    assert wave.graph.times("staged_rollout") == []


@pytest.mark.parametrize(("service", "weighs"), [("", True), ("microsoft ENTRA", True), ("Exchange Online", False)])
async def test_announcements_of_another_service_than_the_stated_one_count_for_nothing(wave, service, weighs):
    wave.tenant.tenant_facts = TenantFacts(entra_service=service)
    text = "Some users were flagged as risky: risk detections were raised in error."
    wave.graph.news = (Announcement("MO1", "Entra", ("Microsoft Entra", "Microsoft Intune"), text, START, False),)
    assert (row(await brief(wave), RowName.ADVISORIES).weight > 0) is weighs


async def test_an_announcement_that_names_no_service_is_heard(wave):
    wave.tenant.tenant_facts = TenantFacts(entra_service="Microsoft Entra")
    wave.graph.news = (Announcement("MC1", "Risk detections raised in error", (), "", START, False),)
    assert row(await brief(wave), RowName.ADVISORIES).weight > 0


async def test_blocked_are_those_whom_the_log_names_after_their_flag(wave):
    wave.graph.sign_in_log = [
        sign_in(ADA, 53003),
        sign_in(ADA, 53003, at=NOW - 2 * MINUTE),
        sign_in(BOB, 530032),
        sign_in(CY, 53003, at=START - HOUR),
        sign_in("eve", 53003),
        sign_in(DORA, 50142),
    ]
    briefing = await brief(wave)
    assert (briefing.impact.blocked, briefing.impact.stuck, briefing.impact.attempts) == (2, 1, 3)
    assert briefing.impact.since == NOW - 2 * MINUTE
    assert wave.look(lambda tx: tx.impacts.blocked_users(TENANT, SURGE)) == {ADA, BOB}


async def test_a_success_after_the_block_ends_it(wave):
    wave.graph.sign_in_log = [sign_in(ADA, 53003, at=NOW - 5 * MINUTE), sign_in(ADA, at=NOW - MINUTE)]
    briefing = await brief(wave)
    assert briefing.impact.blocked == 1
    assert briefing.impact.still == 0
    assert wave.look(lambda tx: tx.impacts.blocked_users(TENANT, SURGE)) == frozenset()


async def test_blocks_are_not_counted_twice_by_a_second_reading(wave):
    wave.graph.sign_in_log = [sign_in(ADA, 53003)]
    await brief(wave)
    wave.clock.pass_(300)
    wave.graph.sign_in_log.append(sign_in(ADA, 53003, at=wave.clock.now() - 1))
    await brief(wave)
    assert wave.look(lambda tx: tx.impacts.impacts_of(TENANT, SURGE))[ADA].blocks == 2
    since = [asked[0] for asked in wave.graph.times("sign_ins") if 53003 in asked[2] and len(asked[2]) > 1]
    assert since == [START, NOW - 15 * MINUTE]


async def test_a_user_who_joins_later_is_looked_for_from_the_start(wave):
    wave.graph.sign_in_log = [sign_in("eve", 53003, at=START + 2 * HOUR)]
    await brief(wave)
    wave.flag(ADA, BOB, CY, DORA, "eve")
    wave.clock.pass_(600)
    assert (await brief(wave)).impact.blocked == 1


async def test_what_was_usual_in_these_hours_last_week_is_taken_off(wave):
    wave.graph.sign_in_log = [sign_in(ADA, 53003), sign_in(BOB, 53003), sign_in(ADA, 53003, at=NOW - WEEK - MINUTE)]
    briefing = await brief(wave)
    assert (briefing.impact.blocked, briefing.impact.usual) == (1, 1)


async def test_the_policies_tell_who_is_blocked_and_who_will_be_on_monday(wave):
    last_monday = START - 6 * DAY + 4 * HOUR
    wave.graph.sign_in_log = [sign_in(ADA, 53003), sign_in(CY, at=last_monday), sign_in(BOB, at=last_monday)]
    briefing = await brief(wave)
    assert briefing.standings == {PolicyEffect.BLOCKED: 3, PolicyEffect.UNTOUCHED: 1}
    assert briefing.forecast.morning == "Monday 21 April, 08:00 UTC"
    assert (briefing.forecast.by_scope, briefing.forecast.expected) == (2, 1)


async def test_a_policy_that_is_switched_off_is_told_until_it_is_back(wave):
    await brief(wave)
    wave.graph.policies = (policy(state="disabled"),)
    at = wave.clock.now() + MINUTE
    wave.graph.audit_log = [
        replace(audit("u", "Update conditional access policy", at=at, by="eve"), target_ids=("policy",))
    ]
    wave.clock.pass_(600)
    changed = await brief(wave)
    assert [(change.policy_id, change.by, change.at) for change in changed.policy_changes] == [("policy", "eve", at)]
    assert any("switched off" in sentence for sentence in changed.changed)
    wave.graph.policies = (policy(),)
    wave.clock.pass_(600)
    back = await brief(wave)
    assert back.policy_changes == ()
    assert "Block high risk is back as it was." in back.changed


async def test_an_act_after_a_takeover_holds_its_user_back(wave):
    wave.graph.sign_in_log = [sign_in(ADA, at=START - DAY, address="198.51.100.7")]
    wave.graph.audit_log = [audit(ADA, "User registered security info", address="203.0.113.9")]
    briefing = await brief(wave)
    (suspect,) = briefing.evidence.suspects
    assert (suspect.user_id, "new to the user" in suspect.why) == (ADA, True)
    assert briefing.eligible == 2
    assert row(briefing, RowName.TAKEOVERS).weight < 0


async def test_no_place_is_new_to_a_user_whose_earlier_sign_ins_are_not_known(wave):
    wave.graph.audit_log = [audit(ADA, "Change password (self-service)", address="203.0.113.9")]
    assert (await brief(wave)).evidence.suspects == ()
    wave.clock.pass_(600)
    before = len(wave.graph.times("sign_ins"))
    await brief(wave)
    assert ADA not in [asked[3] for asked in wave.graph.times("sign_ins")[before:]], "nobody is asked for twice"


async def test_a_password_changed_from_the_usual_place_after_the_flag_is_not_held_against_its_user(wave):
    wave.graph.sign_in_log = [sign_in(ADA, at=START - DAY, address="198.51.100.7")]
    wave.graph.audit_log = [audit(ADA, "Change password (self-service)", address="198.51.100.8")]
    assert (await brief(wave)).evidence.suspects == ()


@pytest.mark.parametrize(
    ("method", "what", "figure"),
    [
        ("registrations", "passwordless", "passwordless"),
        ("roles", "privileged", "privileged"),
        ("access_policies", "what the policies do", "standings"),
        ("sign_ins", "blocked", "impact"),
        ("risky_users", "still at risk", "at_risk"),
    ],
)
async def test_each_reading_is_optional_by_itself(wave, method, what, figure):
    wave.graph.failing[method] = REFUSED
    briefing = await brief(wave)
    assert Gap(what, REFUSED.why) in briefing.gaps
    assert getattr(briefing, figure) is None
    assert briefing.cohorts is not None
    assert len({gap.what for gap in briefing.gaps}) == 1


async def test_what_was_known_before_stands_beside_the_reason_why_it_is_old(wave):
    before = await brief(wave)
    wave.graph.failing["roles"] = REFUSED
    wave.clock.pass_(7200)
    briefing = await brief(wave)
    assert briefing.privileged == before.privileged
    assert Gap("privileged", REFUSED.why) in briefing.gaps


async def test_an_unreadable_log_lowers_the_coverage_and_says_what_it_needs(wave):
    whole = await brief(wave)
    wave.look(lambda tx: [tx.readings.forget_reading(TENANT, f"{name} of {SURGE}") for name in ("audits", "sign-ins")])
    wave.graph.failing |= {"audits": REFUSED, "sign_ins": REFUSED}
    wave.clock.pass_(600)
    briefing = await brief(wave)
    assert row(briefing, RowName.TAKEOVERS).reading is RowState.NOT_AVAILABLE
    assert "needs AuditLog.Read.All" in row(briefing, RowName.TAKEOVERS).finding
    assert briefing.evidence.coverage < whole.evidence.coverage
    assert briefing.evidence.band is Band.INSUFFICIENT


async def test_what_was_read_a_moment_ago_is_not_read_again_because_a_briefing_was_asked_for(wave):
    await brief(wave)
    before = len(wave.graph.asked)
    wave.clock.pass_(10)
    await brief(wave)
    assert wave.graph.asked[before:] == []


async def test_a_run_that_ended_lets_the_risk_be_read_anew_however_young_it_is(wave):
    run = await wave.approved()
    await wave.steps(run)
    await brief(wave)
    ended = wave.run(run).ended_at
    wave.look(lambda tx: tx.watches.keep_watch(replace(tx.watches.watch_of(TENANT), risky_through=ended)))
    before = len(wave.graph.times("risky_users"))
    await brief(wave)
    assert len(wave.graph.times("risky_users")) > before


async def test_nothing_new_makes_no_new_revision(wave):
    first = await brief(wave)
    wave.clock.pass_(300)
    assert (await brief(wave)).revision == first.revision


async def test_a_new_revision_says_what_it_changed(wave):
    first = await brief(wave)
    wave.graph.sign_in_log = [sign_in(ADA, 53003)]
    wave.clock.pass_(60)
    second = await brief(wave)
    assert second.revision == first.revision + 1
    assert "Blocked: 0 before, now 1." in second.changed


async def test_what_is_young_enough_is_not_asked_again_at_the_next_briefing(wave):
    await keep_directory(wave.tenant)
    await brief(wave)
    wave.clock.pass_(300)
    before = len(wave.graph.asked)
    await brief(wave)
    again = [method for method, _ in wave.graph.asked[before:]]
    assert again.count("registrations") == again.count("roles") == again.count("domains") == 0
    assert again.count("directory_changes") == 1
    assert again.count("users") == 0


async def test_a_first_briefing_is_due_again_soon_while_something_is_being_read(wave):
    await brief(wave)
    assert not any(gap.why == BEING_READ for gap in latest(wave).gaps)
    due = wave.look(lambda tx: tx.surges.next_briefing(TENANT))
    assert due is not None
    await brief_due_surges(wave.tenant)
    assert latest(wave).revision >= 1
