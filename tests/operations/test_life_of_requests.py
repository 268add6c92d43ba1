"""Over the life of a request: who is called when, what supersedes it, and how it is asked for again."""

from dataclasses import replace

import pytest

from bot.decide.action import Action
from bot.decide.plan import read_plan
from bot.decide.refusal import Refusal
from bot.decide.request import RequestState
from bot.operations.approving.call_signers import call_signers
from bot.operations.approving.match_signers import IN_QUIET, match_signers
from bot.operations.briefing.supersede_requests import find_outdated, supersede
from bot.operations.delivering.account_for import account_for_request
from bot.operations.planning.known_signers import known_signers
from bot.operations.planning.settle_request import expire_requests
from bot.ports.graph import GraphError, Problem
from bot.ports.slack import ClickKind, Posted, SlackError
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.watch.briefing import Cohort
from bot.watch.evidence import Band
from tests.values import HOUR, NOW, SURGE, TENANT, detection, profile, risky

SUBMITTED = {"action": "Confirm safe", "cohorts": tuple(Cohort), "reason": "Microsoft's mistake"}


def plan_of(scene, request):
    return read_plan(scene.look(lambda tx: tx.requests.plan_body(TENANT, request.plan_hash)))


def called(scene, subject):
    return {channel for found, channel in scene.due_cards() if found is subject}


def account(scene, request):
    return scene.look(
        lambda tx: account_for_request(
            tx, tx.requests.request_by_id(TENANT, request.id), tx.surges.surge_by_id(TENANT, SURGE), scene.clock.now()
        )
    )


# Calls.


async def test_who_is_flagged_or_asks_is_not_called_and_the_record_says_who_was(scene):
    scene.flag("ada")
    scene.look(lambda tx: tx.directory.keep_risky(TENANT, [risky("account-of-UBEN")], NOW))
    request = await scene.ask()
    assert called(scene, CardSubject.CALL) == {"UCARA"}
    ((_, actor, told),) = scene.written(Event.REQUEST_CALLED)
    assert (actor, told) == ("countersign", {"round": 1, "called": ["UCARA"], "couldSign": 1})
    assert (scene.request(request).calls, scene.request(request).called_at) == (1, scene.clock.now())
    assert account(scene, request).could_sign == 1


async def test_at_half_time_whoever_has_not_voted_is_reminded_once_by_a_message_of_its_own(scene):
    scene.flag("ada")
    scene.tenant.policy = replace(scene.tenant.policy, approvals_needed=2)
    request = await scene.ask()
    await scene.press(ClickKind.APPROVE, "UBEN", request.id)
    scene.clock.pass_(2 * 3600 - 1)
    await call_signers(scene.tenant)
    assert called(scene, CardSubject.REMINDER) == set()
    scene.clock.pass_(1)
    await call_signers(scene.tenant)
    await call_signers(scene.tenant)
    assert called(scene, CardSubject.REMINDER) == {"UCARA"}
    assert scene.request(request).calls == 2
    assert len(scene.written(Event.REQUEST_CALLED)) == 2


async def test_nobody_is_called_to_a_request_that_ended(scene):
    scene.flag("ada")
    request = await scene.ask()
    await scene.press(ClickKind.WITHDRAW, "UANNA", request.id)
    scene.clock.pass_(2 * 3600)
    await call_signers(scene.tenant)
    assert called(scene, CardSubject.REMINDER) == set()


async def test_the_next_tier_is_called_after_the_reminder(scene):
    scene.flag("ada")
    scene.tenant.policy = replace(scene.tenant.policy, tiers=(("UBEN",), ("UCARA",)))
    await scene.ask()
    assert called(scene, CardSubject.CALL) == {"UBEN"}
    scene.clock.pass_(2 * 3600)
    await call_signers(scene.tenant)
    assert (called(scene, CardSubject.CALL), called(scene, CardSubject.REMINDER)) == ({"UBEN"}, {"UBEN"})
    scene.clock.pass_(3600)
    await call_signers(scene.tenant)
    assert called(scene, CardSubject.CALL) == {"UBEN", "UCARA"}
    assert called(scene, CardSubject.REMINDER) == {"UBEN"}


async def test_where_the_first_tier_could_not_sign_alone_the_next_is_called_at_once(scene):
    scene.flag("ada")
    scene.tenant.policy = replace(scene.tenant.policy, tiers=(("UBEN",), ("UCARA",)), approvals_needed=2)
    await scene.ask()
    assert called(scene, CardSubject.CALL) == {"UBEN", "UCARA"}


async def test_rounds_that_an_outage_missed_are_made_up_by_the_newest(scene):
    scene.flag("ada")
    scene.tenant.policy = replace(scene.tenant.policy, tiers=(("UBEN",), ("UCARA",)))
    request = await scene.ask()
    scene.clock.pass_(3 * 3600 + 60)
    await call_signers(scene.tenant)
    assert called(scene, CardSubject.CALL) == {"UBEN", "UCARA"}
    assert scene.request(request).calls == 3


async def test_reminders_say_how_it_ended_like_every_other_card(scene):
    scene.flag("ada")
    request = await scene.ask()
    scene.clock.pass_(2 * 3600)
    await call_signers(scene.tenant)
    scene.look(
        lambda tx: [
            tx.cards.set_posted(card, Posted("D1", f"1.{number}"), card.wanted)
            for number, card in enumerate(
                (
                    *tx.cards.cards_of(TENANT, CardSubject.CALL, request.id),
                    *tx.cards.cards_of(TENANT, CardSubject.REMINDER, request.id),
                )
            )
        ]
    )
    await scene.press(ClickKind.WITHDRAW, "UANNA", request.id)
    due = {subject for subject, _ in scene.due_cards()}
    assert {CardSubject.REQUEST, CardSubject.CALL, CardSubject.REMINDER, CardSubject.SURGE} <= due


# Who is matched.


async def test_a_match_is_kept_and_made_anew_only_when_old_or_when_the_lists_change(scene):
    await match_signers(scene.tenant)
    listed = scene.look(lambda tx: known_signers(tx, TENANT))
    assert {each.user_id: each.accounts for each in listed.people} == {
        each: (f"account-of-{each}",) for each in ("UANNA", "UBEN", "UCARA")
    }
    scene.graph.asked.clear()
    await match_signers(scene.tenant)
    assert scene.graph.asked == []
    scene.tenant.policy = replace(scene.tenant.policy, approvers=("UBEN", "UCARA", "UDORA"))
    await match_signers(scene.tenant)
    assert "UDORA" in {each.user_id for each in scene.look(lambda tx: known_signers(tx, TENANT)).people}
    scene.graph.asked.clear()
    scene.clock.at += IN_QUIET
    await match_signers(scene.tenant)
    assert scene.graph.asked


@pytest.mark.parametrize("fault", ["graph", "slack"])
async def test_whoever_can_not_be_read_keeps_what_was_known_of_them(scene, fault):
    await match_signers(scene.tenant)
    before = scene.look(lambda tx: known_signers(tx, TENANT)).signer_accounts()
    scene.clock.at += IN_QUIET
    if fault == "graph":
        scene.graph.failing["users_by_address"] = GraphError(Problem.UNAVAILABLE, "Microsoft did not answer")
    else:
        scene.slack.failing["person"] = SlackError("ratelimited")
    await match_signers(scene.tenant)
    listed = scene.look(lambda tx: known_signers(tx, TENANT))
    assert listed.signer_accounts() == before
    assert listed.unmatched == ()


async def test_a_signer_who_could_never_be_read_is_called_and_said_in_the_plan(scene):
    scene.flag("ada")
    scene.graph.accounts["uanna@contoso.example"] = scene.graph.accounts["uanna@contoso.example"]
    await match_signers(scene.tenant)
    scene.tenant.policy = replace(scene.tenant.policy, approvers=("UBEN", "UGONE"))
    request = await scene.ask()
    assert called(scene, CardSubject.CALL) == {"UBEN", "UGONE"}
    assert any("1 who may sign" in gap for gap in plan_of(scene, request).gaps)


async def test_groups_that_slack_does_not_tell_of_leave_the_last_match_standing(scene):
    scene.tenant.policy = replace(scene.tenant.policy, approvers=("SADMINS",))
    scene.slack.groups["SADMINS"] = frozenset({"UBEN"})
    await match_signers(scene.tenant)
    scene.slack.failing["members"] = SlackError("ratelimited")
    scene.clock.at += IN_QUIET
    await match_signers(scene.tenant)
    assert "account-of-UBEN" in scene.look(lambda tx: known_signers(tx, TENANT)).signer_accounts()


# What supersedes.


async def brief(scene, band=None):
    if band is not None:
        scene.weigh(band)
    outdated = scene.look(lambda tx: find_outdated(tx, scene.tenant, SURGE))
    scene.look(lambda tx: supersede(tx, outdated, scene.clock.now()))


@pytest.mark.parametrize(
    ("asked_at", "now", "is_superseded"),
    [
        (Band.LEANS_FALSE_ALARM, Band.STRONGLY_FALSE_ALARM, False),
        (Band.STRONGLY_FALSE_ALARM, Band.LEANS_FALSE_ALARM, False),
        (Band.LEANS_FALSE_ALARM, Band.INCONCLUSIVE, True),
        (Band.LEANS_FALSE_ALARM, Band.CONFLICTING, True),
        (Band.INSUFFICIENT, Band.INCONCLUSIVE, False),
        (Band.INSUFFICIENT, Band.LEANS_ATTACK, True),
        (Band.INSUFFICIENT, Band.LEANS_FALSE_ALARM, False),
        (Band.CONFLICTING, Band.STRONGLY_ATTACK, False),
    ],
)
async def test_a_worse_band_supersedes_a_plan_that_clears_risk(scene, asked_at, now, is_superseded):
    scene.flag("ada")
    scene.weigh(asked_at)
    request = await scene.ask()
    await brief(scene, now)
    assert (scene.request(request).state is RequestState.SUPERSEDED) is is_superseded
    if is_superseded:
        assert now.value in scene.request(request).settled_why
        ((_, actor, told),) = scene.written(Event.REQUEST_SUPERSEDED)
        assert (actor, told["why"]) == ("countersign", scene.request(request).settled_why)
        await scene.press(ClickKind.APPROVE, "UBEN", request.id)
        assert scene.run_of(request) is None


async def test_a_worse_band_does_not_supersede_a_plan_that_contains(scene):
    scene.flag("ada")
    request = await scene.ask(action=Action.CONFIRM_COMPROMISED)
    await brief(scene, Band.STRONGLY_ATTACK)
    assert scene.request(request).state is RequestState.PENDING


@pytest.mark.parametrize(("gone", "is_superseded"), [(0, False), (2, False), (3, True), (10, True)])
async def test_more_than_a_fifth_of_users_who_are_not_eligible_any_more_supersede(scene, gone, is_superseded):
    users = [f"user{number}" for number in range(10)]
    scene.flag(*users)
    request = await scene.ask()
    scene.look(
        lambda tx: tx.directory.keep_risky(TENANT, [risky(each, state="dismissed") for each in users[:gone]], NOW + 1)
    )
    await brief(scene)
    assert (scene.request(request).state is RequestState.SUPERSEDED) is is_superseded
    if is_superseded:
        assert f"{gone} of its 10 users" in scene.request(request).settled_why


async def test_growth_supersedes_nothing(scene):
    scene.flag("ada")
    request = await scene.ask()
    scene.flag(*(f"user{number}" for number in range(50)))
    await brief(scene)
    assert scene.request(request).state is RequestState.PENDING


async def test_a_release_is_superseded_by_a_detection_that_nobody_released(scene):
    scene.flag("bob")
    scene.look(lambda tx: tx.detections.keep_detections(TENANT, [detection("bob", kind="anomalousToken")], NOW))
    await scene.press(ClickKind.SUBMIT_RELEASE, "UANNA", **(SUBMITTED | {"people": ("bob",)}))
    (request,) = scene.requests()
    await brief(scene)
    assert scene.request(request).state is RequestState.PENDING
    later = detection("bob", kind="maliciousIPAddress", at=NOW - 1)
    scene.look(lambda tx: tx.detections.keep_detections(TENANT, [later], NOW))
    await brief(scene)
    assert scene.request(request).state is RequestState.SUPERSEDED


# Asking again.


async def ended(scene, state):
    request = await scene.ask(reason="They say it was them")
    scene.stand(CardSubject.REQUEST, request.id)
    if state is RequestState.EXPIRED:
        scene.clock.pass_(4 * 3600)
        await expire_requests(scene.tenant)
    elif state is RequestState.REJECTED:
        await scene.press(ClickKind.REJECT, "UCARA", request.id)
    elif state is RequestState.WITHDRAWN:
        await scene.press(ClickKind.WITHDRAW, "UANNA", request.id)
    else:
        await brief(scene, Band.INCONCLUSIVE)
    assert scene.request(request).state is state
    return request


@pytest.mark.parametrize(
    "state", [RequestState.EXPIRED, RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.SUPERSEDED]
)
async def test_one_press_asks_for_the_same_again_on_a_fresh_plan(scene, state):
    scene.flag("ada", "bob")
    old = await ended(scene, state)
    assert account(scene, old).may_ask_again
    scene.look(lambda tx: tx.directory.keep_risky(TENANT, [risky("bob", state="remediated")], scene.clock.now()))
    await scene.press(ClickKind.ASK_AGAIN, "UBEN", old.id)
    again = scene.requests()[-1]
    assert (again.asked_again, again.requester, again.reason) == (old.id, "UBEN", "They say it was them")
    assert (again.state, again.created_at) == (RequestState.PENDING, scene.clock.now())
    assert plan_of(scene, again).user_ids == ("ada",)
    assert plan_of(scene, again).cohorts == plan_of(scene, old).cohorts
    assert not account(scene, old).may_ask_again


async def test_a_release_is_asked_for_again_as_a_release(scene):
    scene.flag("bob")
    scene.look(lambda tx: tx.detections.keep_detections(TENANT, [detection("bob", kind="anomalousToken")], NOW))
    await scene.press(ClickKind.SUBMIT_RELEASE, "UANNA", **(SUBMITTED | {"people": ("bob",)}))
    (request,) = scene.requests()
    await scene.press(ClickKind.WITHDRAW, "UANNA", request.id)
    await scene.press(ClickKind.ASK_AGAIN, "UANNA", request.id)
    first, second = scene.requests()
    assert (second.kind, second.approvals_needed) == (first.kind, 2)
    assert plan_of(scene, second).released == plan_of(scene, first).released


@pytest.mark.parametrize(
    ("by", "change", "refusal"),
    [
        ("UCARA", {}, Refusal.NOT_A_REQUESTER),
        ("UANNA", {"at": Posted("C9", "1.1")}, Refusal.WRONG_PLACE),
    ],
)
async def test_who_may_not_ask_can_not_ask_again_and_only_on_the_card(scene, by, change, refusal):
    scene.flag("ada")
    old = await ended(scene, RequestState.REJECTED)
    await scene.press(ClickKind.ASK_AGAIN, by, old.id, **change)
    assert (len(scene.requests()), scene.refusals()) == (1, [(by, refusal)])


async def test_a_request_that_waits_or_ran_is_not_asked_for_again(scene):
    scene.flag("ada")
    request = await scene.ask()
    scene.flag("ada", "newcomer")
    await scene.press(ClickKind.ASK_AGAIN, "UANNA", request.id)
    await scene.press(ClickKind.APPROVE, "UBEN", request.id)
    await scene.press(ClickKind.ASK_AGAIN, "UANNA", request.id)
    assert [refusal for _, refusal in scene.refusals()] == [Refusal.REQUEST_OPEN, Refusal.ALREADY_SETTLED]
    assert len(scene.requests()) == 1


async def test_the_press_delivered_twice_asks_once(scene):
    scene.flag("ada")
    old = await ended(scene, RequestState.WITHDRAWN)
    click = scene.click(ClickKind.ASK_AGAIN, "UANNA", old.id)
    await scene.carry_out(click)
    await scene.carry_out(click)
    assert len(scene.requests()) == 2


async def test_a_request_lives_four_hours_by_default_and_a_new_one_as_long(scene):
    scene.flag("ada")
    old = await ended(scene, RequestState.EXPIRED)
    await scene.press(ClickKind.ASK_AGAIN, "UANNA", old.id)
    again = scene.requests()[-1]
    assert again.expires_at - again.created_at == 4 * HOUR


async def test_a_user_without_a_profile_is_left_out_though_others_are_known(scene):
    scene.flag("ada", "bob")
    scene.look(lambda tx: tx.surges.add_users(TENANT, SURGE, ["new"], NOW))
    scene.look(lambda tx: tx.directory.keep_risky(TENANT, [risky("new")], NOW))
    scene.look(lambda tx: tx.directory.keep_profiles(TENANT, [profile("ada")], NOW))
    assert plan_of(scene, await scene.ask()).user_ids == ("ada", "bob")
