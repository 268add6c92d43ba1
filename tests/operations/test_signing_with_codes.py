"""One-time codes where they sign: asked for by a dialog, judged again at its submission, used up with the vote."""

import asyncio
from dataclasses import replace

import pytest

from bot.decide.refusal import Refusal, explain
from bot.decide.request import RequestState
from bot.decide.request_kind import RequestKind
from bot.ports.slack import ClickKind, PlainDialog, Posted, SigningDialog, SlackError
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.watch.evidence import Band
from tests.operations.signing import code_of, enrol, hire, open_dialog, sign, submit
from tests.values import TENANT, detection, person, profile, risky

APPROVE, SUBMIT = ClickKind.APPROVE, ClickKind.SUBMIT_APPROVAL


@pytest.fixture
async def asked(scene):
    """A pending request that one signature approves; Ben has a one-time code."""
    scene.flag("ada", "bob")
    scene.weigh(Band.LEANS_FALSE_ALARM)
    enrol(scene, "UBEN")
    request = await scene.ask()
    scene.slack.answered.clear()
    return request


@pytest.fixture
async def attacked(scene):
    """A pending request to clear risk while the evidence speaks of an attack: two sign, one of them under glass."""
    scene.tenant.policy = replace(scene.tenant.policy, break_glass=("UGLASS", "UGRETA"))
    hire(scene, "UGLASS")
    hire(scene, "UGRETA")
    scene.flag("ada", "bob")
    scene.weigh(Band.LEANS_ATTACK)
    request = await scene.ask()
    assert (request.approvals_needed, request.break_glass_needed) == (2, 1)
    return request


def vote_of(scene, request):
    (vote,) = scene.look(lambda tx: tx.requests.votes_on(TENANT, request.id))
    return vote


def untouched(scene, request):
    return (scene.request(request).state, scene.votes(request), scene.run_of(request)) == (
        RequestState.PENDING,
        [],
        None,
    )


async def test_whoever_is_enrolled_gets_a_dialog_that_says_what_is_signed(scene, asked):
    click = await scene.press(APPROVE, "UBEN", asked.id)
    (dialog,) = scene.slack.dialogs
    assert isinstance(dialog, SigningDialog)
    assert (dialog.action.value, dialog.users, dialog.requester) == ("Confirm safe", 2, "UANNA")
    assert (dialog.reason, dialog.opened_by, dialog.code_required) == (asked.reason, click.key, False)
    assert untouched(scene, asked)
    assert scene.is_done(click)


async def test_a_signature_with_a_code_says_so(scene, asked):
    await sign(scene, "UBEN", asked)
    assert scene.request(asked).state is RequestState.APPROVED
    assert vote_of(scene, asked).with_code
    ((_, _, facts),) = scene.written(Event.REQUEST_VOTED)
    assert facts["withCode"]


async def test_where_no_code_is_required_the_field_may_stay_empty(scene, asked):
    await sign(scene, "UBEN", asked, code="")
    assert scene.request(asked).state is RequestState.APPROVED
    assert not vote_of(scene, asked).with_code


async def test_a_wrong_code_signs_nothing_though_none_was_required(scene, asked):
    await sign(scene, "UBEN", asked, code="000000")
    assert untouched(scene, asked)
    assert scene.refusals() == [("UBEN", Refusal.CODE_WRONG)]
    assert len(scene.written(Event.CODE_REFUSED)) == 1
    assert scene.look(lambda tx: tx.codes.enrolment_of("UBEN")).failures == 1


async def test_five_wrong_codes_lock_the_right_one_out(scene, asked):
    for _ in range(5):
        await sign(scene, "UBEN", asked, code="000000")
    await sign(scene, "UBEN", asked)
    assert untouched(scene, asked)
    assert [refusal for _, refusal in scene.refusals()] == [Refusal.CODE_WRONG] * 4 + [Refusal.CODE_LOCKED] * 2
    scene.clock.pass_(15 * 60)
    await sign(scene, "UBEN", asked)
    assert scene.request(asked).state is RequestState.APPROVED


async def test_a_code_that_signed_one_request_signs_no_other(scene, asked):
    code = code_of(scene, "UBEN")
    await sign(scene, "UBEN", asked, code)

    def flag_cy(tx):
        tx.surges.add_users(TENANT, asked.surge_id, ["cy"], scene.clock.now())
        tx.detections.keep_detections(TENANT, [detection("cy")], scene.clock.now())
        tx.directory.keep_risky(TENANT, [risky("cy")], scene.clock.now())
        tx.directory.keep_profiles(TENANT, [profile("cy")], scene.clock.now())

    scene.look(flag_cy)
    follow_up = await scene.ask()
    await sign(scene, "UBEN", follow_up, code)
    assert untouched(scene, follow_up)
    assert scene.refusals() == [("UBEN", Refusal.CODE_USED)]


async def test_one_code_submitted_twice_at_once_signs_once(scene, asked):
    dialog = await open_dialog(scene, "UBEN", asked)
    code = code_of(scene, "UBEN")
    clicks = [scene.click(SUBMIT, "UBEN", asked.id, opened_by=dialog.opened_by, code=code) for _ in range(4)]
    inboxes = [scene.new_inbox() for _ in clicks]
    for inbox, click in zip(inboxes, clicks, strict=True):
        await inbox.take(click)
        inbox.carry_out_soon(click)
    await asyncio.gather(*(inbox.drain() for inbox in inboxes))
    assert (scene.votes(asked), len(scene.written(Event.RUN_QUEUED))) == (["UBEN"], 1)


async def test_a_submission_delivered_again_uses_no_second_code_and_counts_no_failure(scene, asked):
    click = await sign(scene, "UBEN", asked)
    await scene.carry_out(click, click)
    assert scene.votes(asked) == ["UBEN"]
    assert scene.written(Event.CODE_REFUSED) == []


async def test_another_persons_code_signs_nothing(scene, asked):
    enrol(scene, "UCARA")
    await sign(scene, "UBEN", asked, code_of(scene, "UCARA"))
    assert scene.refusals() == [("UBEN", Refusal.CODE_WRONG)]


async def test_where_the_policy_asks_for_codes_nobody_signs_without_one(scene, asked):
    scene.tenant.policy = replace(scene.tenant.policy, codes_required=True)
    await scene.press(APPROVE, "UCARA", asked.id)
    assert (await open_dialog(scene, "UBEN", asked)).code_required
    await sign(scene, "UBEN", asked, code="")
    assert untouched(scene, asked)
    assert scene.refusals() == [("UCARA", Refusal.CODE_NOT_ENROLLED), ("UBEN", Refusal.CODE_MISSING)]
    await sign(scene, "UBEN", asked)
    assert scene.request(asked).state is RequestState.APPROVED


# What the dialog hands back is a hint from outside.


@pytest.mark.parametrize("opened_by", ["", "press-0", "0" * 64])
async def test_a_submission_whose_dialog_was_never_opened_signs_nothing(scene, asked, opened_by):
    dialog = await open_dialog(scene, "UBEN", asked)
    await submit(scene, "UBEN", asked, dialog, code_of(scene, "UBEN"), opened_by=opened_by)
    assert untouched(scene, asked)
    assert scene.refusals() == [("UBEN", Refusal.OUT_OF_DATE)]


async def test_private_metadata_that_names_another_request_signs_neither(scene, asked):
    dialog = await open_dialog(scene, "UBEN", asked)
    await scene.press(ClickKind.WITHDRAW, "UANNA", asked.id)
    other = await scene.ask(reason="again")
    await submit(scene, "UBEN", other, dialog, code_of(scene, "UBEN"))
    assert untouched(scene, other)
    assert scene.refusals() == [("UBEN", Refusal.OUT_OF_DATE)]


async def test_a_dialog_that_another_person_opened_signs_nothing(scene, asked):
    enrol(scene, "UCARA")
    dialog = await open_dialog(scene, "UBEN", asked)
    await submit(scene, "UCARA", asked, dialog, code_of(scene, "UCARA"))
    assert untouched(scene, asked)
    assert scene.refusals() == [("UCARA", Refusal.OUT_OF_DATE)]


async def test_a_dialog_opened_on_a_copy_of_the_card_in_another_channel_signs_nothing(scene, asked):
    press = await scene.press(APPROVE, "UBEN", asked.id, at=Posted("C9", "1.2"))
    assert (scene.slack.opened, scene.refusals()) == ([], [("UBEN", Refusal.WRONG_PLACE)])
    await scene.press(SUBMIT, "UBEN", asked.id, opened_by=press.key, code=code_of(scene, "UBEN"))
    assert untouched(scene, asked)


@pytest.mark.parametrize("subject_id", ["0" * 32, ""])
async def test_private_metadata_that_names_no_request_is_out_of_date(scene, asked, subject_id):
    dialog = await open_dialog(scene, "UBEN", asked)
    await scene.press(SUBMIT, "UBEN", subject_id, opened_by=dialog.opened_by, code=code_of(scene, "UBEN"))
    assert untouched(scene, asked)
    assert scene.slack.answered == [("UBEN", explain(Refusal.OUT_OF_DATE))]


async def test_who_lost_membership_between_opening_the_dialog_and_submitting_it_does_not_sign(scene, asked):
    scene.tenant.policy = replace(scene.tenant.policy, approvers=("SADMINS",))
    scene.slack.groups["SADMINS"] = frozenset({"UBEN", "UCARA"})
    dialog = await open_dialog(scene, "UBEN", asked)
    scene.slack.groups["SADMINS"] = frozenset({"UCARA"})
    await submit(scene, "UBEN", asked, dialog, code_of(scene, "UBEN"))
    assert untouched(scene, asked)
    assert scene.refusals() == [("UBEN", Refusal.NOT_AN_APPROVER)]


@pytest.mark.parametrize("fault", ["is_guest", "is_deleted", "is_stranger"])
async def test_who_left_while_the_dialog_was_open_does_not_sign(scene, asked, fault):
    dialog = await open_dialog(scene, "UBEN", asked)
    scene.slack.people["UBEN"] = person("UBEN", **{fault: True})
    await submit(scene, "UBEN", asked, dialog, code_of(scene, "UBEN"))
    assert untouched(scene, asked)


async def test_who_was_flagged_while_the_dialog_was_open_does_not_sign(scene, asked):
    dialog = await open_dialog(scene, "UBEN", asked)
    scene.graph.risky["account-of-UBEN"] = risky("account-of-UBEN")
    await submit(scene, "UBEN", asked, dialog, code_of(scene, "UBEN"))
    assert untouched(scene, asked)
    assert scene.refusals() == [("UBEN", Refusal.AMONG_THE_FLAGGED)]
    assert scene.look(lambda tx: tx.codes.enrolment_of("UBEN")).last_step == 0  # the code was not used up in vain


async def test_a_request_that_ended_while_the_dialog_was_open_is_not_signed(scene, asked):
    dialog = await open_dialog(scene, "UBEN", asked)
    await scene.press(ClickKind.WITHDRAW, "UANNA", asked.id)
    await submit(scene, "UBEN", asked, dialog, code_of(scene, "UBEN"))
    assert (scene.request(asked).state, scene.votes(asked)) == (RequestState.WITHDRAWN, [])


async def test_a_stranger_who_is_enrolled_is_told_in_the_dialog_and_gets_no_field(scene, asked):
    enrol(scene, "UDORA")
    await scene.press(APPROVE, "UDORA", asked.id)
    assert isinstance(scene.slack.dialogs[0], PlainDialog)
    assert scene.refusals() == [("UDORA", Refusal.NOT_AN_APPROVER)]


async def test_a_dialog_that_slack_does_not_open_is_answered(scene, asked):
    scene.slack.failing["open_dialog"] = SlackError("expired_trigger_id")
    await scene.press(APPROVE, "UBEN", asked.id)
    assert scene.refusals() == [("UBEN", Refusal.TRY_AGAIN)]


async def test_a_click_that_says_of_itself_that_it_came_from_the_host_is_not_believed(scene, asked):
    scene.tenant.policy = replace(scene.tenant.policy, codes_required=True)
    await scene.press(APPROVE, "UCARA", asked.id, is_from_host=True)
    assert untouched(scene, asked)
    assert scene.refusals() == [("UCARA", Refusal.CODE_NOT_ENROLLED)]


# Break glass.


async def test_under_attack_two_ordinary_signers_are_not_enough(scene, attacked):
    await scene.press(APPROVE, "UBEN", attacked.id)
    await scene.press(APPROVE, "UCARA", attacked.id)
    assert (scene.request(attacked).state, scene.votes(attacked)) == (RequestState.PENDING, ["UBEN", "UCARA"])
    enrol(scene, "UGLASS")
    await sign(scene, "UGLASS", attacked)
    assert scene.request(attacked).state is RequestState.APPROVED


async def test_under_attack_one_signer_and_one_under_break_glass_are_enough(scene, attacked):
    enrol(scene, "UGLASS")
    await sign(scene, "UGLASS", attacked)
    vote = vote_of(scene, attacked)
    assert (vote.break_glass, vote.with_code) == (True, True)
    await scene.press(APPROVE, "UBEN", attacked.id)
    assert scene.request(attacked).state is RequestState.APPROVED


async def test_a_break_glass_approver_without_a_code_does_not_sign(scene, attacked):
    await scene.press(APPROVE, "UGLASS", attacked.id)
    enrol(scene, "UGRETA")
    assert (await open_dialog(scene, "UGRETA", attacked)).code_required
    await sign(scene, "UGRETA", attacked, code="")
    assert untouched(scene, attacked)
    assert scene.refusals() == [("UGLASS", Refusal.CODE_NOT_ENROLLED), ("UGRETA", Refusal.CODE_MISSING)]
    assert "countersign people enrol UGLASS" in scene.slack.answered[0][1]


async def test_a_break_glass_group_is_read_at_the_click(scene, attacked):
    scene.tenant.policy = replace(scene.tenant.policy, break_glass=("SGLASS",))
    scene.slack.groups["SGLASS"] = frozenset({"UGLASS"})
    enrol(scene, "UGLASS", "UGRETA")
    await scene.press(APPROVE, "UGRETA", attacked.id)
    assert untouched(scene, attacked)
    assert (await open_dialog(scene, "UGLASS", attacked)).code_required
    await sign(scene, "UGLASS", attacked)
    assert vote_of(scene, attacked).break_glass


async def test_where_no_break_glass_is_needed_such_an_approver_is_like_anybody(scene, asked):
    scene.tenant.policy = replace(scene.tenant.policy, break_glass=("UGLASS",))
    hire(scene, "UGLASS")
    enrol(scene, "UGLASS")
    await scene.press(APPROVE, "UGLASS", asked.id)
    assert untouched(scene, asked)
    assert scene.refusals() == [("UGLASS", Refusal.NOT_AN_APPROVER)]


@pytest.mark.parametrize("kind", [ClickKind.REJECT])
async def test_a_break_glass_approver_may_reject_without_a_code(scene, attacked, kind):
    scene.stand(CardSubject.REQUEST, attacked.id)
    await scene.press(kind, "UGLASS", attacked.id)
    assert scene.request(attacked).state is RequestState.REJECTED


async def test_a_value_from_another_tenant_is_judged_by_that_tenants_people(scene, asked):
    """The card's subject decides the tenant: this workspace's other tenant knows nothing of the request."""
    other = replace(scene.tenant, id="tenant-two", policy=replace(scene.tenant.policy, approvers=("UDORA",)))
    inbox = type(scene.inbox)(store=scene.store, slack=scene.slack, world=scene.clock, tenants={"tenant-two": other})
    click = scene.click(APPROVE, "UDORA", asked.id)
    await inbox.take(click)
    inbox.carry_out_soon(click)
    await inbox.drain()
    assert untouched(scene, asked)


# Recovery.


@pytest.fixture
async def recovery(scene):
    """Ada, who signs otherwise, is flagged: a plan to clear her alone, for two break-glass approvers to sign."""
    scene.tenant.policy = replace(scene.tenant.policy, break_glass=("UGLASS", "UGRETA", "UANNA"), approvals_needed=3)
    for each in ("UGLASS", "UGRETA"):
        hire(scene, each)
    enrol(scene, "UGLASS", "UGRETA", "UANNA", "UBEN")
    scene.flag("ada")
    scene.weigh(Band.LEANS_FALSE_ALARM)
    other = await scene.ask()
    await scene.press(ClickKind.WITHDRAW, "UANNA", other.id)
    scene.slack.answered.clear()
    request = replace(other, id="f" * 32, kind=RequestKind.RECOVERY, approvals_needed=2, break_glass_needed=2)

    def make(tx):
        tx.requests.add_request(request)
        tx.cards.ensure_card(
            card_id="recovery-card",
            tenant_id=TENANT,
            subject=CardSubject.REQUEST,
            subject_id=request.id,
            channel=scene.tenant.channel,
            parent_id=None,
        )

    scene.look(make)
    return request


async def test_two_break_glass_approvers_with_codes_sign_a_recovery_and_it_runs_first(scene, recovery):
    await sign(scene, "UGLASS", recovery)
    assert scene.run_of(recovery) is None
    await sign(scene, "UGRETA", recovery)
    assert scene.request(recovery).state is RequestState.APPROVED
    assert scene.run_of(recovery).goes_first


async def test_nobody_else_signs_a_recovery(scene, recovery):
    await sign(scene, "UGLASS", recovery)
    await scene.press(APPROVE, "UBEN", recovery.id)
    await scene.press(APPROVE, "UCARA", recovery.id)
    assert (scene.votes(recovery), scene.run_of(recovery)) == (["UGLASS"], None)
    assert [refusal for _, refusal in scene.refusals()] == [Refusal.NOT_BREAK_GLASS] * 2


async def test_whoever_asked_for_a_recovery_does_not_sign_it_under_break_glass_either(scene, recovery):
    await scene.press(APPROVE, "UANNA", recovery.id)
    assert untouched(scene, recovery)
    assert scene.refusals() == [("UANNA", Refusal.OWN_REQUEST)]


@pytest.mark.parametrize("account", ["ada", "account-of-UGLASS"])
async def test_a_break_glass_approver_who_is_flagged_does_not_sign_a_recovery(scene, recovery, account):
    hire(scene, "UGLASS", account=account)
    scene.graph.risky[account] = risky(account)
    await sign(scene, "UGLASS", recovery)
    assert untouched(scene, recovery)
    assert scene.refusals() == [("UGLASS", Refusal.AMONG_THE_FLAGGED)]


async def test_two_accounts_of_one_break_glass_approver_are_one(scene, recovery):
    hire(scene, "UGRETA", account="account-of-UGLASS")
    await sign(scene, "UGLASS", recovery)
    await sign(scene, "UGRETA", recovery)
    assert (scene.votes(recovery), scene.run_of(recovery)) == (["UGLASS"], None)
