"""Many plans side by side: follow-ups, releases, recoveries, the way back; each from its dialog to its request."""

from dataclasses import replace

import msgspec
import pytest

from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import RunState
from bot.decide.action import Action
from bot.decide.held_back import HeldBackReason
from bot.decide.plan import read_plan
from bot.decide.refusal import Refusal, Refused
from bot.decide.request import RequestState
from bot.decide.request_kind import RequestKind
from bot.operations.approving.make_request import Asked, Asker, make_request
from bot.operations.approving.match_signers import match_signers
from bot.operations.briefing.supersede_requests import why_outdated
from bot.operations.delivering.account_for import account_for_surge
from bot.operations.reading.tenant_readings import ROLES
from bot.ports.slack import ClickKind, PlainDialog, RecoveryDialog, ReleaseDialog, RequestDialog, WayBackDialog
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.watch.briefing import Cohort
from bot.watch.evidence import Band, Suspect
from bot.watch.privilege import DIRECTORY_SYNCHRONIZATION, GLOBAL_ADMINISTRATOR, Role, RoleReport
from bot.watch.surge import SurgeState
from tests.operations.signing import code_of, enrol, sign
from tests.values import DAY, NOW, SURGE, TENANT, detection, profile, risky, surge

SUBMITTED = {"action": "Confirm safe", "cohorts": tuple(Cohort), "reason": "Microsoft's mistake"}
GLOBAL = Role(GLOBAL_ADMINISTRATOR, "Global Administrator")
SYNCHRONIZATION = Role(DIRECTORY_SYNCHRONIZATION, "Directory Synchronization Accounts")


def plan_of(scene, request):
    return read_plan(scene.look(lambda tx: tx.requests.plan_body(TENANT, request.plan_hash)))


def held(scene, request):
    return {each.user_id: each.reason for each in plan_of(scene, request).held_back}


def join(scene, *users):
    """Newcomers, while the surge goes on."""

    def work(tx):
        tx.surges.add_users(TENANT, SURGE, users, NOW)
        tx.detections.keep_detections(TENANT, [detection(user) for user in users], NOW)
        tx.directory.keep_risky(TENANT, [risky(user) for user in users], NOW)
        tx.directory.keep_profiles(TENANT, [profile(user) for user in users], NOW)

    scene.look(work)
    scene.graph.risky |= {user: risky(user) for user in users}


def know_roles(scene, report):
    scene.look(lambda tx: tx.readings.keep_reading(TENANT, ROLES.name, ROLES.pack(report), NOW))


async def test_newcomers_go_into_a_plan_of_their_own_while_the_first_one_waits(scene):
    scene.flag("ada", "bob")
    first = await scene.ask()
    join(scene, "cy")
    second = await scene.ask("UBEN")
    assert plan_of(scene, second).user_ids == ("cy",)
    assert held(scene, second) == {"ada": HeldBackReason.ELSEWHERE, "bob": HeldBackReason.ELSEWHERE}
    assert {each.state for each in scene.requests()} == {RequestState.PENDING}
    await scene.press(ClickKind.APPROVE, "UBEN", first.id)
    await scene.press(ClickKind.APPROVE, "UCARA", second.id)
    assert set(scene.outcomes(scene.run_of(first))) == {"ada", "bob"}
    assert set(scene.outcomes(scene.run_of(second))) == {"cy"}


async def test_newcomers_can_be_asked_for_while_the_first_run_is_under_way(scene):
    scene.flag("ada")
    await scene.approved()
    join(scene, "cy")
    assert plan_of(scene, await scene.ask()).user_ids == ("cy",)


async def test_whoever_a_run_has_settled_or_never_reached_is_free_again(scene):
    scene.flag("ada", "bob")
    run = await scene.approved()
    done = Outcome("ada", OutcomeState.SKIPPED, "another open detection")
    scene.look(lambda tx: tx.outcomes.keep_outcomes(run, [done]))
    assert plan_of(scene, await scene.ask()).user_ids == ("ada",)


async def test_what_is_told_of_signers_roles_and_suspects_is_in_the_plan(scene):
    scene.flag("ada", "bob", "cy", "dee", "account-of-UCARA", "emma")
    scene.tenant.policy = replace(scene.tenant.policy, emergency_accounts=("EMMA@contoso.example",))
    know_roles(scene, RoleReport({"bob": (GLOBAL,)}))
    scene.weigh(Band.LEANS_FALSE_ALARM, Suspect("cy", "Add owner to application"))
    old = replace(detection("dee", kind="unfamiliarFeatures", at=NOW - DAY), risk_level="low")
    scene.look(lambda tx: tx.detections.keep_detections(TENANT, [old], NOW))
    request = await scene.ask()
    assert plan_of(scene, request).user_ids == ("ada", "dee")
    assert held(scene, request) == {
        "account-of-UCARA": HeldBackReason.SIGNER,
        "bob": HeldBackReason.PRIVILEGED,
        "cy": HeldBackReason.SUSPICIOUS,
        "emma": HeldBackReason.EMERGENCY,
    }
    assert plan_of(scene, request).gaps == ()


async def test_roles_that_were_never_read_are_said_in_the_dialog_and_in_the_plan(scene):
    scene.flag("ada")
    await scene.press(ClickKind.OPEN_REQUEST, "UANNA")
    (dialog,) = scene.slack.dialogs
    request = await scene.ask()
    for gaps in (dialog.gaps, plan_of(scene, request).gaps):
        assert "who is privileged is not available" in gaps[0]


async def test_the_dialog_follows_the_action_that_is_chosen(scene):
    scene.flag("ada", "bob")
    await scene.press(ClickKind.OPEN_REQUEST, "UANNA")
    click = scene.click(ClickKind.CHOOSE_ACTION, "UANNA", action="Require password change", view_id="view-trigger-1")
    await scene.carry_out(click)
    before, after = scene.slack.dialogs
    assert isinstance(after, RequestDialog)
    assert (before.action, before.eligible) == (Action.CONFIRM_SAFE, 2)
    assert (after.action, after.eligible, after.held_back[0][0]) == (
        Action.REQUIRE_PASSWORD_CHANGE,
        0,
        HeldBackReason.MISFIT.value,
    )
    assert "about" in before.takes


@pytest.fixture
def privileged(scene):
    """Ada has nothing against her but her role, Bob another detection, Cy is deleted."""
    scene.flag("ada", "bob", cy=risky("cy", deleted=True))
    know_roles(scene, RoleReport({"ada": (GLOBAL,), "x": (GLOBAL,), "y": (GLOBAL,)}))
    scene.look(lambda tx: tx.detections.keep_detections(TENANT, [detection("bob", kind="anomalousToken")], NOW))
    scene.weigh(Band.STRONGLY_FALSE_ALARM)
    return scene


async def release(scene, who, by="UANNA", **values):
    return await scene.press(ClickKind.SUBMIT_RELEASE, by, **(SUBMITTED | {"people": (who,)} | values))


@pytest.mark.parametrize("typed", ["ada", "ADA@contoso.example", " ada@contoso.example "])
async def test_one_held_back_user_is_released_by_a_request_of_their_own_under_the_larger_quorum(privileged, typed):
    await release(privileged, typed)
    (request,) = privileged.requests()
    assert (request.kind, request.approvals_needed, request.break_glass_needed) == (RequestKind.RELEASE, 2, 0)
    made = plan_of(privileged, request)
    assert made.user_ids == ("ada",)
    assert [(each.reason, each.detail) for each in made.released] == [
        (HeldBackReason.PRIVILEGED, "Global Administrator")
    ]
    ((_, _, told),) = privileged.written(Event.REQUEST_MADE)
    assert told["released"] == [["ada", HeldBackReason.PRIVILEGED.value, []]]


async def test_a_release_freezes_the_detections_that_were_weighed(privileged):
    await release(privileged, "bob")
    (made,) = [plan_of(privileged, each) for each in privileged.requests()]
    assert [each.detection_ids for each in made.released] == [(detection("bob", kind="anomalousToken").id,)]


async def test_a_release_can_be_asked_for_beside_the_request_of_the_surge(privileged):
    privileged.flag("dee")
    await privileged.ask()
    await release(privileged, "ada")
    assert {each.kind for each in privileged.requests()} == {RequestKind.SURGE, RequestKind.RELEASE}


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("cy", Refusal.NOT_RELEASABLE),
        ("stranger", Refusal.NOT_HELD_BACK),
        ("", Refusal.NOT_HELD_BACK),
    ],
)
async def test_who_can_not_be_released_is_not_asked_for(privileged, who, refusal):
    await release(privileged, who)
    assert (privileged.requests(), privileged.refusals()) == ((), [("UANNA", refusal)])


@pytest.mark.parametrize("users", [(), ("stranger",), ("ada", "bob")])
async def test_a_release_that_comes_by_another_way_is_of_one_user_of_the_surge_all_the_same(privileged, users):
    asked = Asked(SURGE, Action.CONFIRM_SAFE, "why", RequestKind.RELEASE, user_ids=users)
    policy, asker = privileged.tenant.policy, Asker("UANNA", ())
    made = privileged.look(
        lambda tx: make_request(tx, policy, TENANT, asked, asker, request_id="a" * 32, now=privileged.clock.now())
    )
    assert made == Refused(Refusal.OUT_OF_DATE)


async def test_whom_nothing_holds_back_is_not_released(privileged):
    privileged.flag("eve")
    know_roles(privileged, RoleReport({}))
    await release(privileged, "eve")
    assert privileged.refusals() == [("UANNA", Refusal.NOT_RELEASABLE)]


async def test_the_release_dialog_lists_who_may_be_released_and_takes_the_place_of_the_request_dialog(privileged):
    await privileged.press(ClickKind.OPEN_REQUEST, "UANNA")
    at = privileged.click(ClickKind.OPEN_RELEASE, "UANNA", view_id="view-trigger-1")
    await privileged.carry_out(at)
    dialog = privileged.slack.dialogs[-1]
    assert isinstance(dialog, ReleaseDialog)
    assert [each.user_id for each in dialog.people] == ["ada", "bob"]
    assert (dialog.approvals_needed, privileged.slack.opened) == (2, ["trigger-1"])


async def test_in_an_attack_a_release_needs_a_break_glass_approver_too(privileged):
    privileged.weigh(Band.LEANS_ATTACK)
    await release(privileged, "ada")
    (request,) = privileged.requests()
    assert (request.approvals_needed, request.break_glass_needed, request.band) == (2, 1, "leans to an attack")


@pytest.fixture
async def stuck(scene):
    """Everybody who may sign but the requester is flagged; two break-glass approvers are listed."""
    people = {"UGLASS1": "uglass1@contoso.example", "UGLASS2": "uglass2@contoso.example"}
    for user, address in people.items():
        scene.slack.people[user] = replace(scene.slack.people["UANNA"], user_id=user, email=address)
        account = replace(scene.graph.accounts["uanna@contoso.example"][0], user_id=f"account-of-{user}")
        scene.graph.accounts[address] = (account,)
    scene.tenant.policy = replace(scene.tenant.policy, requesters=("UANNA",), break_glass=tuple(people))
    scene.flag("ada", "account-of-UBEN", "account-of-UCARA")
    scene.weigh(Band.STRONGLY_FALSE_ALARM)
    await match_signers(scene.tenant)
    return scene


def shortage(scene):
    return scene.look(
        lambda tx: account_for_surge(tx, tx.surges.surge_by_id(TENANT, SURGE), scene.clock.now())
    ).shortage


async def test_when_too_few_can_sign_the_account_of_the_surge_says_so(stuck):
    found = shortage(stuck)
    assert (found.able, found.needed, found.flagged, found.break_glass, found.is_asked_for) == (0, 1, 2, 2, False)
    stuck.look(
        lambda tx: tx.directory.keep_risky(TENANT, [risky("account-of-UBEN", state="dismissed")], stuck.clock.now())
    )
    assert shortage(stuck) is None


async def test_a_recovery_clears_flagged_signers_first_and_is_told_to_everybody(stuck):
    await stuck.press(ClickKind.OPEN_RECOVERY, "UANNA")
    dialog = stuck.slack.dialogs[-1]
    assert isinstance(dialog, RecoveryDialog)
    assert {each.user_id for each in dialog.people} == {"account-of-UBEN", "account-of-UCARA"}
    assert set(dialog.break_glass) == {"UGLASS1", "UGLASS2"}
    chosen = {"people": ("account-of-UBEN", "account-of-UCARA")}
    await stuck.press(ClickKind.SUBMIT_RECOVERY, "UANNA", **(SUBMITTED | chosen))
    (request,) = stuck.requests()
    assert (request.kind, request.approvals_needed, request.break_glass_needed) == (RequestKind.RECOVERY, 2, 2)
    assert plan_of(stuck, request).user_ids == ("account-of-UBEN", "account-of-UCARA")
    ((_, actor, told),) = stuck.written(Event.RECOVERY_REQUESTED)
    assert (actor, told["signers"]) == ("UANNA", ["account-of-UBEN", "account-of-UCARA"])
    called = {channel for subject, channel in stuck.due_cards() if subject is CardSubject.CALL}
    assert called == {"UBEN", "UCARA", "UGLASS1", "UGLASS2"}
    assert shortage(stuck).is_asked_for


async def test_a_signer_with_another_detection_is_not_recovered(stuck):
    stuck.look(
        lambda tx: tx.detections.keep_detections(TENANT, [detection("account-of-UBEN", kind="anomalousToken")], NOW)
    )
    await stuck.press(ClickKind.SUBMIT_RECOVERY, "UANNA", **(SUBMITTED | {"people": ("account-of-UBEN",)}))
    assert (stuck.requests(), stuck.refusals()) == ((), [("UANNA", Refusal.NOTHING_TO_DO)])


@pytest.mark.parametrize(
    "change",
    [
        {"people": ("ada",)},
        {"people": ("account-of-UGLASS1",)},
        {"people": ()},
        {"people": ("account-of-UBEN",), "action": "Confirm compromised"},
    ],
)
async def test_a_recovery_is_of_flagged_signers_and_clears_them_and_nothing_else(stuck, change):
    await stuck.press(ClickKind.SUBMIT_RECOVERY, "UANNA", **(SUBMITTED | change))
    assert (stuck.requests(), stuck.refusals()) == ((), [("UANNA", Refusal.OUT_OF_DATE)])


async def test_a_recovery_is_of_five_at_most(stuck):
    people = tuple(f"USIGNER{number}" for number in range(6))
    stuck.tenant.policy = replace(stuck.tenant.policy, approvers=people)
    for user in people:
        address = f"{user.lower()}@contoso.example"
        stuck.slack.people[user] = replace(stuck.slack.people["UANNA"], user_id=user, email=address)
        first = stuck.graph.accounts["uanna@contoso.example"][0]
        stuck.graph.accounts[address] = (replace(first, user_id=f"account-of-{user}"),)
    accounts = tuple(f"account-of-{user}" for user in people)
    stuck.flag(*accounts)
    await stuck.press(ClickKind.SUBMIT_RECOVERY, "UANNA", **(SUBMITTED | {"people": accounts}))
    assert stuck.requests() == ()
    await stuck.press(ClickKind.SUBMIT_RECOVERY, "UANNA", **(SUBMITTED | {"people": accounts[:5]}))
    assert len(stuck.requests()) == 1


@pytest.fixture
async def cleared(scene):
    """A run that cleared Ada and left Bob out; the surge is closed since."""
    scene.flag("ada", "bob")
    run = await scene.approved()
    outcomes = [Outcome("ada", OutcomeState.VERIFIED, "", 1), Outcome("bob", OutcomeState.SKIPPED, "closed")]

    def end(tx):
        tx.outcomes.keep_outcomes(run, outcomes)
        tx.runs.keep_run(replace(run, state=RunState.DONE, ended_at=scene.clock.now()))
        tx.surges.keep_surge(surge(state=SurgeState.CLOSED))
        tx.directory.keep_risky(TENANT, [risky("ada", state="confirmedSafe")], scene.clock.now())

    scene.look(end)
    return scene, run


async def test_from_details_the_users_of_a_run_are_put_under_another_action_though_the_surge_is_closed(cleared):
    scene, run = cleared
    await scene.press(ClickKind.DETAILS, "UANNA")
    assert ClickKind.OPEN_WAY_BACK in scene.slack.dialogs[-1].offers
    await scene.carry_out(scene.click(ClickKind.OPEN_WAY_BACK, "UANNA", view_id=f"view-{scene.slack.opened[-1]}"))
    dialog = scene.slack.dialogs[-1]
    assert isinstance(dialog, WayBackDialog)
    assert [each for each, _ in dialog.runs] == [run.id]
    assert dialog.actions == (Action.CONFIRM_COMPROMISED, Action.REVOKE_SESSIONS, Action.REQUIRE_PASSWORD_CHANGE)
    asked = SUBMITTED | {"action": "Confirm compromised", "run_id": run.id, "cohorts": ()}
    await scene.press(ClickKind.SUBMIT_WAY_BACK, "UBEN", **asked)
    request = scene.requests()[-1]
    made = plan_of(scene, request)
    assert (request.kind, made.kind, made.run_id) == (RequestKind.WAY_BACK, RequestKind.WAY_BACK, run.id)
    assert (made.user_ids, made.action) == (("ada",), Action.CONFIRM_COMPROMISED)
    await scene.press(ClickKind.APPROVE, "UCARA", request.id)
    assert set(scene.outcomes(scene.run_of(request))) == {"ada"}


@pytest.mark.parametrize("change", [{"run_id": "0" * 32}, {"run_id": ""}, {"action": "Confirm safe"}])
async def test_the_way_back_is_of_a_run_of_this_surge_and_never_clears(cleared, change):
    scene, run = cleared
    asked = SUBMITTED | {"action": "Confirm compromised", "run_id": run.id} | change
    await scene.press(ClickKind.SUBMIT_WAY_BACK, "UANNA", **asked)
    assert (len(scene.requests()), scene.refusals()) == (1, [("UANNA", Refusal.OUT_OF_DATE)])


async def way_back_of_a_release(scene, who):
    """A held-back user, released by two and cleared; then the way back is asked for."""
    await release(scene, who)
    (released,) = scene.requests()
    for signer in ("UBEN", "UCARA"):
        await scene.press(ClickKind.APPROVE, signer, released.id)
    run = scene.run_of(released)

    def end(tx):
        tx.outcomes.keep_outcomes(run, [Outcome(who, OutcomeState.VERIFIED, "", 1)])
        tx.runs.keep_run(replace(run, state=RunState.DONE, ended_at=scene.clock.now()))
        tx.directory.keep_risky(TENANT, [risky(who, state="confirmedSafe")], scene.clock.now())

    scene.look(end)
    asked = SUBMITTED | {"action": "Confirm compromised", "run_id": run.id, "cohorts": ()}
    await scene.press(ClickKind.SUBMIT_WAY_BACK, "UANNA", **asked)
    return scene.requests()[-1]


def outdated(scene, request):
    return scene.look(lambda tx: why_outdated(tx, scene.tenant.policy, request, scene.clock.now()))


@pytest.mark.parametrize("reason", [HeldBackReason.SYNCHRONIZATION, HeldBackReason.PRIVILEGED, HeldBackReason.DISABLED])
async def test_a_way_back_waits_for_its_signatures_though_its_user_is_what_the_run_released(scene, reason):
    scene.flag("ada")
    scene.weigh(Band.STRONGLY_FALSE_ALARM)
    held_for = {HeldBackReason.SYNCHRONIZATION: SYNCHRONIZATION, HeldBackReason.PRIVILEGED: GLOBAL}
    others = {"x": (GLOBAL,), "y": (GLOBAL,)}
    know_roles(scene, RoleReport(others | ({"ada": (held_for[reason],)} if reason in held_for else {})))
    enabled = reason is not HeldBackReason.DISABLED
    scene.look(lambda tx: tx.directory.keep_profiles(TENANT, [profile("ada", enabled=enabled)], NOW))
    request = await way_back_of_a_release(scene, "ada")
    assert (request.kind, plan_of(scene, request).user_ids) == (RequestKind.WAY_BACK, ("ada",))
    assert outdated(scene, request) == ""


async def test_a_way_back_is_outdated_as_soon_as_its_users_would_be_held_back_if_it_were_asked_for_now(cleared):
    scene, run = cleared
    asked = SUBMITTED | {"action": "Confirm compromised", "run_id": run.id, "cohorts": ()}
    await scene.press(ClickKind.SUBMIT_WAY_BACK, "UANNA", **asked)
    request = scene.requests()[-1]
    assert outdated(scene, request) == ""
    scene.look(lambda tx: tx.directory.keep_profiles(TENANT, [profile("ada", enabled=False)], scene.clock.now()))
    assert "not eligible any more" in outdated(scene, request)
    await scene.press(ClickKind.WITHDRAW, "UANNA", request.id)
    await scene.press(ClickKind.SUBMIT_WAY_BACK, "UANNA", **asked)
    assert scene.refusals() == [("UANNA", Refusal.NOTHING_TO_DO)]


async def test_who_may_not_ask_gets_none_of_the_dialogs(stuck):
    for kind in (ClickKind.OPEN_RECOVERY, ClickKind.OPEN_RELEASE, ClickKind.OPEN_WAY_BACK):
        await stuck.press(kind, "UDORA")
    assert stuck.slack.dialogs == []
    assert {refusal for _, refusal in stuck.refusals()} == {Refusal.NOT_A_REQUESTER}


async def test_a_dialog_for_nobody_says_so(scene):
    scene.flag("ada")
    await scene.press(ClickKind.OPEN_RECOVERY, "UANNA")
    assert isinstance(scene.slack.dialogs[-1], PlainDialog)


@pytest.mark.parametrize(
    ("kind", "change", "field"),
    [
        (ClickKind.SUBMIT_RELEASE, {"people": ("nobody",)}, "people"),
        (ClickKind.SUBMIT_RELEASE, {"people": ("ada",), "reason": ""}, "reason"),
        (ClickKind.SUBMIT_RECOVERY, {"people": ()}, "people"),
        (ClickKind.SUBMIT_WAY_BACK, {"run_id": ""}, "run"),
        (ClickKind.SUBMIT_WAY_BACK, {"run_id": "a" * 32, "action": ""}, "action"),
    ],
)
async def test_a_wrong_field_of_each_dialog_is_named(scene, kind, change, field):
    scene.flag("ada")
    click = scene.click(kind, "UANNA", **(SUBMITTED | change))
    assert list(await scene.inbox.field_errors(click)) == [field]


async def test_an_ordinary_plan_has_the_bytes_that_it_always_had(scene):
    scene.flag("ada")
    request = await scene.ask()
    raw = msgspec.json.decode(scene.look(lambda tx: tx.requests.plan_body(TENANT, request.plan_hash)))
    assert {"kind", "released", "run_id"}.isdisjoint(raw)


async def test_two_who_break_the_glass_with_their_codes_queue_a_recovery_that_goes_first(stuck):
    enrol(stuck, "UGLASS1", "UGLASS2")
    chosen = {"people": ("account-of-UBEN",)}
    await stuck.press(ClickKind.SUBMIT_RECOVERY, "UANNA", **(SUBMITTED | chosen))
    (request,) = stuck.requests()
    await stuck.press(ClickKind.APPROVE, "UCARA", request.id)
    assert stuck.refusals() == [("UCARA", Refusal.NOT_BREAK_GLASS)]
    await sign(stuck, "UGLASS1", request)
    assert stuck.run_of(request) is None
    await sign(stuck, "UGLASS2", request)
    assert stuck.run_of(request).goes_first


async def test_a_code_that_is_typed_with_a_request_must_be_right_and_is_kept_as_a_proof(scene):
    scene.flag("ada")
    enrol(scene, "UANNA")
    await scene.press(ClickKind.SUBMIT_REQUEST, "UANNA", **SUBMITTED, code="000000")
    assert (scene.requests(), scene.refusals()) == ((), [("UANNA", Refusal.CODE_WRONG)])
    request = await scene.ask(code=code_of(scene, "UANNA"))
    assert request.with_code
    assert not (await ask_for_newcomers(scene)).with_code


async def ask_for_newcomers(scene):
    join(scene, "cy")
    return await scene.ask("UBEN")
