"""Asking for a remediation: who may, what is frozen, and what stands in the way."""

from dataclasses import replace

import pytest

from bot.decide.plan import read_plan
from bot.decide.refusal import Refusal
from bot.decide.request import RequestState
from bot.operations.approving.request_remediation import field_errors
from bot.operations.planning.settle_request import expire_requests
from bot.ports.graph import GraphError, Problem
from bot.ports.slack import ClickKind, PlainDialog, Posted, RequestDialog, SlackError
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.watch.briefing import Cohort
from bot.watch.surge import SurgeState
from tests.values import HOUR, NOW, SURGE, TENANT, person, risky, surge

SUBMITTED = {"action": "Confirm safe", "cohorts": tuple(Cohort), "reason": "Microsoft's mistake"}


async def test_a_request_freezes_its_plan_and_calls_those_who_may_sign(scene):
    scene.flag("ada", "bob", cy=risky("cy", state="dismissed"))
    request = await scene.ask()
    body = scene.look(lambda tx: tx.requests.plan_body(TENANT, request.plan_hash))
    plan = read_plan(body)
    assert plan.user_ids == ("ada", "bob")
    assert [held.user_id for held in plan.held_back] == ["cy"]
    assert (request.state, request.requester, request.approvals_needed) == (RequestState.PENDING, "UANNA", 1)
    assert request.requester_accounts == ("account-of-UANNA",)
    assert request.expires_at == NOW + 4 * HOUR
    assert {(CardSubject.REQUEST, "C1"), (CardSubject.CALL, "UBEN"), (CardSubject.CALL, "UCARA")} <= scene.due_cards()
    assert (CardSubject.CALL, "UANNA") not in scene.due_cards()
    ((_, actor, facts),) = scene.written(Event.REQUEST_MADE)
    assert (actor, facts["plan"], facts["users"], facts["heldBack"]) == ("UANNA", request.plan_hash, 2, 1)


async def test_members_of_a_group_may_ask_and_are_called(scene):
    scene.flag("ada")
    scene.tenant.policy = replace(scene.tenant.policy, requesters=("SADMINS",), approvers=("SADMINS",))
    scene.slack.groups["SADMINS"] = frozenset({"UCARA", "UDORA"})
    request = await scene.ask("UDORA")
    assert request.requester == "UDORA"
    assert {channel for subject, channel in scene.due_cards() if subject is CardSubject.CALL} == {"UCARA"}


@pytest.mark.parametrize(
    ("by", "change", "refusal"),
    [
        ("UCARA", {}, Refusal.NOT_A_REQUESTER),
        ("UNOBODY", {}, Refusal.PERSON_UNREADABLE),
        ("UANNA", {"team_id": "TOTHER"}, Refusal.OTHER_WORKSPACE),
    ],
)
async def test_whoever_may_not_ask_is_told_why_and_no_request_is_made(scene, by, change, refusal):
    scene.flag("ada")
    click = await scene.press(ClickKind.SUBMIT_REQUEST, by, **SUBMITTED, **change)
    assert scene.requests() == ()
    assert [who for who, _ in scene.slack.answered] == [by]
    assert scene.refusals() == [(by, refusal)]
    assert scene.is_done(click)


@pytest.mark.parametrize(
    ("faults", "refusal"),
    [
        ({"is_guest": True}, Refusal.GUEST),
        ({"is_bot": True}, Refusal.NOT_A_PERSON),
        ({"is_deleted": True}, Refusal.DEACTIVATED),
        ({"is_stranger": True}, Refusal.OTHER_WORKSPACE),
        ({"team_id": "TOTHER"}, Refusal.OTHER_WORKSPACE),
    ],
)
async def test_being_listed_does_not_make_up_for_who_one_is(scene, faults, refusal):
    scene.flag("ada")
    scene.slack.people["UANNA"] = person("UANNA", **faults)
    await scene.press(ClickKind.SUBMIT_REQUEST, "UANNA", **SUBMITTED)
    assert (scene.requests(), scene.refusals()) == ((), [("UANNA", refusal)])


async def test_with_an_empty_list_nobody_may_ask(scene):
    scene.flag("ada")
    scene.tenant.policy = replace(scene.tenant.policy, requesters=())
    await scene.press(ClickKind.SUBMIT_REQUEST, "UANNA", **SUBMITTED)
    assert (scene.requests(), scene.refusals()) == ((), [("UANNA", Refusal.NOBODY_MAY)])


async def test_who_can_not_be_read_from_slack_is_refused(scene):
    scene.flag("ada")
    scene.slack.failing["person"] = SlackError("ratelimited")
    await scene.press(ClickKind.SUBMIT_REQUEST, "UANNA", **SUBMITTED)
    assert scene.refusals() == [("UANNA", Refusal.PERSON_UNREADABLE)]


async def test_a_requester_whose_account_can_not_be_read_is_refused(scene):
    scene.flag("ada")
    scene.graph.failing["users_by_address"] = GraphError(Problem.UNAVAILABLE, "Microsoft did not answer")
    await scene.press(ClickKind.SUBMIT_REQUEST, "UANNA", **SUBMITTED)
    assert (scene.requests(), scene.refusals()) == ((), [("UANNA", Refusal.RISK_UNREADABLE)])


async def test_one_surge_has_one_request_at_a_time(scene):
    scene.flag("ada")
    await scene.ask()
    await scene.press(ClickKind.SUBMIT_REQUEST, "UBEN", **SUBMITTED)
    assert len(scene.requests()) == 1
    assert scene.refusals() == [("UBEN", Refusal.REQUEST_OPEN)]
    assert "<@UANNA> asked for it" in scene.slack.answered[0][1]


async def test_while_a_run_is_under_way_nobody_can_ask(scene):
    scene.flag("ada")
    await scene.approved()
    await scene.press(ClickKind.SUBMIT_REQUEST, "UANNA", **SUBMITTED)
    assert scene.refusals() == [("UANNA", Refusal.RUN_ACTIVE)]


async def test_before_the_users_were_read_nobody_can_ask(scene):
    scene.flag("ada")
    scene.look(lambda tx: tx.watches.keep_watch(replace(tx.watches.watch_of(TENANT), risky_through=None)))
    await scene.press(ClickKind.SUBMIT_REQUEST, "UANNA", **SUBMITTED)
    assert scene.refusals() == [("UANNA", Refusal.NOT_READ_YET)]


async def test_for_a_closed_surge_nobody_can_ask(scene):
    scene.flag("ada")
    scene.look(lambda tx: tx.surges.keep_surge(surge(state=SurgeState.CLOSED)))
    await scene.press(ClickKind.SUBMIT_REQUEST, "UANNA", **SUBMITTED)
    assert scene.refusals() == [("UANNA", Refusal.SURGE_CLOSED)]


async def test_a_plan_for_nobody_is_not_asked_for(scene):
    scene.flag(ada=risky("ada", state="remediated"))
    await scene.press(ClickKind.SUBMIT_REQUEST, "UANNA", **SUBMITTED)
    assert (scene.requests(), scene.refusals()) == ((), [("UANNA", Refusal.NOTHING_TO_DO)])


async def test_two_requests_pressed_at_once_make_one(scene):
    scene.flag("ada")
    clicks = [scene.click(ClickKind.SUBMIT_REQUEST, by, **SUBMITTED) for by in ("UANNA", "UBEN")]
    await scene.carry_out(*clicks)
    assert len(scene.requests()) == 1
    assert [refusal for _, refusal in scene.refusals()] == [Refusal.REQUEST_OPEN]
    assert all(scene.is_done(click) for click in clicks)


@pytest.mark.parametrize("state", [RequestState.EXPIRED, RequestState.REJECTED, RequestState.WITHDRAWN])
async def test_after_a_request_ended_unsigned_anybody_allowed_may_ask_again(scene, state):
    scene.flag("ada")
    request = await scene.ask()
    if state is RequestState.EXPIRED:
        scene.clock.pass_(4 * 3600)
        await expire_requests(scene.tenant)
    elif state is RequestState.REJECTED:
        await scene.press(ClickKind.REJECT, "UCARA", request.id)
    else:
        await scene.press(ClickKind.WITHDRAW, "UANNA", request.id)
    assert scene.request(request).state is state
    again = await scene.ask("UBEN")
    assert again.state is RequestState.PENDING


async def test_an_unsigned_request_expires_with_a_ledger_row_and_its_cards_brought_up_to_date(scene):
    scene.flag("ada")
    request = await scene.ask()
    scene.stand(CardSubject.REQUEST, request.id)
    scene.clock.pass_(4 * 3600 - 1)
    await expire_requests(scene.tenant)
    assert scene.request(request).state is RequestState.PENDING
    scene.clock.pass_(1)
    await expire_requests(scene.tenant)
    await expire_requests(scene.tenant)
    assert scene.request(request).state is RequestState.EXPIRED
    assert [actor for _, actor, _ in scene.written(Event.REQUEST_EXPIRED)] == ["countersign"]
    assert (CardSubject.REQUEST, "C1") in scene.due_cards()


async def test_the_dialog_is_opened_first_and_filled_then(scene):
    scene.flag("ada", "bob", cy=risky("cy", deleted=True))
    click = await scene.press(ClickKind.OPEN_REQUEST, "UANNA")
    (dialog,) = scene.slack.dialogs
    assert isinstance(dialog, RequestDialog)
    assert (dialog.eligible, dialog.held_back) == (2, (("the account is deleted", 1),))
    assert [(choice.cohort, choice.eligible) for choice in dialog.choices] == [(Cohort.CLOUD_ONLY, 2)]
    assert scene.is_done(click)


async def test_a_stranger_gets_no_dialog_and_a_private_answer(scene):
    scene.flag("ada")
    await scene.press(ClickKind.OPEN_REQUEST, "UDORA")
    assert (scene.slack.opened, scene.slack.dialogs) == ([], [])
    assert [who for who, _ in scene.slack.answered] == ["UDORA"]
    assert scene.refusals() == [("UDORA", Refusal.NOT_A_REQUESTER)]


async def test_a_button_in_a_place_where_the_card_never_stood_opens_nothing(scene):
    scene.flag("ada")
    scene.stand(CardSubject.SURGE, SURGE)
    await scene.press(ClickKind.OPEN_REQUEST, "UANNA", at=Posted("C9", "1.2"))
    assert isinstance(scene.slack.dialogs[0], PlainDialog)
    assert scene.refusals() == [("UANNA", Refusal.WRONG_PLACE)]


async def test_a_dialog_that_slack_does_not_open_is_answered(scene):
    scene.flag("ada")
    scene.slack.failing["open_dialog"] = SlackError("expired_trigger_id")
    await scene.press(ClickKind.OPEN_REQUEST, "UANNA")
    assert scene.refusals() == [("UANNA", Refusal.TRY_AGAIN)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"cohorts": ()}, "cohorts"),
        ({"cohorts": ("made up",)}, "cohorts"),
        ({"action": ""}, "action"),
        ({"action": "Delete everybody"}, "action"),
        ({"subject_id": "0" * 32}, "action"),
    ],
)
async def test_a_wrong_field_is_named_from_the_store_alone(scene, change, field):
    scene.flag("ada")
    scene.graph.asked.clear()
    click = scene.click(ClickKind.SUBMIT_REQUEST, "UANNA", **(SUBMITTED | change))
    errors = await scene.store.transact(lambda tx: field_errors(tx, scene.tenant, click))
    assert list(errors) == [field]
    assert scene.graph.asked == []


async def test_a_right_submission_has_no_field_errors(scene):
    scene.flag("ada")
    click = scene.click(ClickKind.SUBMIT_REQUEST, "UANNA", **SUBMITTED)
    assert await scene.inbox.field_errors(click) == {}
