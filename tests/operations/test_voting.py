"""Signing: no order of clicks runs a plan without the people it needs."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.act.run import RunState
from bot.decide.refusal import Refusal, explain
from bot.decide.request import RequestState
from bot.ports.graph import GraphError, Problem
from bot.ports.slack import ClickKind, Posted, SlackError
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from tests.values import directory_user, person, risky

APPROVE, REJECT, WITHDRAW = ClickKind.APPROVE, ClickKind.REJECT, ClickKind.WITHDRAW


@pytest.fixture
async def asked(scene):
    """A pending request for two users, its card in the thread."""
    scene.flag("ada", "bob")
    request = await scene.ask()
    scene.stand(CardSubject.REQUEST, request.id)
    scene.slack.answered.clear()
    return request


def untouched(scene, request):
    return (scene.request(request), scene.votes(request), scene.run_of(request)) == (request, [], None)


async def test_a_second_person_signs_and_the_run_is_queued_in_the_same_breath(scene, asked):
    await scene.press(APPROVE, "UBEN", asked.id)
    settled = scene.request(asked)
    run = scene.run_of(asked)
    assert (settled.state, settled.settled_by, settled.settled_at) == (RequestState.APPROVED, "UBEN", scene.clock.now())
    assert (run.state, run.plan_hash) == (RunState.QUEUED, asked.plan_hash)
    assert set(scene.outcomes(run)) == {"ada", "bob"}
    events = [event for event, _, _ in scene.written()]
    assert events[-3:] == [Event.REQUEST_VOTED, Event.REQUEST_APPROVED, Event.RUN_QUEUED]
    assert {(CardSubject.REQUEST, "C1"), (CardSubject.RUN, "C1"), (CardSubject.CALL, "UBEN")} <= scene.due_cards()
    assert scene.tenant.bells.act.is_set()
    assert scene.slack.answered == []


async def test_a_signature_is_one_look_then_the_network_then_one_transaction(scene, asked, monkeypatch):
    click = scene.click(APPROVE, "UBEN", asked.id)
    await scene.inbox.take(click)
    steps = []

    def note(owner, name, step):
        whole = getattr(owner, name)

        def noted(*args, **values):
            steps.append(step)
            return whole(*args, **values)

        monkeypatch.setattr(owner, name, noted)

    note(scene.store, "look", "look")
    note(scene.store, "transact", "transaction")
    note(scene.slack, "person", "network")
    note(scene.graph, "users_by_address", "network")
    note(scene.graph, "risky_user", "network")
    scene.inbox.carry_out_soon(click)
    await scene.inbox.drain()
    assert scene.request(asked).state is RequestState.APPROVED
    assert steps == ["look", "network", "network", "network", "transaction"]


async def test_whoever_had_to_wait_for_others_to_be_judged_looks_again_before_microsoft_is_asked(scene, asked):
    scene.tenant.policy = replace(scene.tenant.policy, approvers=("UBEN", "UCARA", "UDORA", "UEVE"))
    scene.slack.people["UEVE"] = person("UEVE")
    read, asked_for = scene.graph.users_by_address, []

    async def slowly(address):
        asked_for.append(address)
        await asyncio.sleep(0.2)
        return await read(address)

    scene.graph.users_by_address = slowly
    await scene.carry_out(*(scene.click(APPROVE, by, asked.id) for by in ("UBEN", "UCARA", "UDORA", "UEVE")))
    assert (len(asked_for), len(scene.votes(asked))) == (2, 1)
    assert [refusal for _, refusal in scene.refusals()] == [Refusal.ALREADY_SETTLED] * 3


async def test_the_requester_can_not_sign(scene, asked):
    await scene.press(APPROVE, "UANNA", asked.id)
    assert untouched(scene, asked)
    ((who, words),) = scene.slack.answered
    assert (who, scene.refusals()) == ("UANNA", [("UANNA", Refusal.OWN_REQUEST)])
    assert "your own request" in words


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"by": "UDORA"}, Refusal.NOT_AN_APPROVER),
        ({"by": "UNOBODY"}, Refusal.PERSON_UNREADABLE),
        ({"team_id": "TOTHER"}, Refusal.OTHER_WORKSPACE),
        ({"at": Posted("C1", "1.1")}, Refusal.WRONG_PLACE),
        ({"at": Posted("C9", "1745143200.000100")}, Refusal.WRONG_PLACE),
        ({"at": Posted("", "")}, Refusal.WRONG_PLACE),
    ],
)
@pytest.mark.parametrize("kind", [APPROVE, REJECT])
async def test_who_may_not_sign_is_told_why_and_nothing_changes(scene, asked, kind, change, refusal):
    change = dict(change)
    click = await scene.press(kind, change.pop("by", "UBEN"), asked.id, **change)
    assert untouched(scene, asked)
    assert [found for _, found in scene.refusals()] == [refusal]
    assert len(scene.slack.answered) == 1
    assert scene.is_done(click)


@pytest.mark.parametrize("fault", ["is_guest", "is_bot", "is_deleted", "is_stranger"])
async def test_being_on_the_list_does_not_let_somebody_sign_who_is_no_full_member(scene, asked, fault):
    scene.slack.people["UBEN"] = person("UBEN", **{fault: True})
    await scene.press(APPROVE, "UBEN", asked.id)
    assert untouched(scene, asked)
    assert len(scene.refusals()) == 1


async def test_with_an_empty_list_nobody_can_sign(scene, asked):
    scene.tenant.policy = replace(scene.tenant.policy, approvers=())
    await scene.press(APPROVE, "UBEN", asked.id)
    assert untouched(scene, asked)
    assert scene.refusals() == [("UBEN", Refusal.NOBODY_MAY)]


async def test_who_left_the_group_since_they_were_called_can_not_sign(scene, asked):
    scene.tenant.policy = replace(scene.tenant.policy, approvers=("SADMINS",))
    scene.slack.groups["SADMINS"] = frozenset({"UCARA"})
    await scene.press(APPROVE, "UBEN", asked.id)
    assert untouched(scene, asked)
    await scene.press(APPROVE, "UCARA", asked.id)
    assert scene.request(asked).state is RequestState.APPROVED


async def test_membership_that_slack_does_not_tell_is_no_membership(scene, asked):
    scene.tenant.policy = replace(scene.tenant.policy, approvers=("SADMINS",))
    scene.slack.failing["members"] = SlackError("ratelimited")
    await scene.press(APPROVE, "UBEN", asked.id)
    assert untouched(scene, asked)


async def test_a_signer_whose_account_is_in_the_plan_is_refused(scene, asked):
    scene.graph.accounts["uben@contoso.example"] = (directory_user("ada", "uben@contoso.example"),)
    scene.graph.risky["ada"] = risky("ada", state="remediated")
    await scene.press(APPROVE, "UBEN", asked.id)
    assert untouched(scene, asked)
    assert scene.refusals() == [("UBEN", Refusal.AMONG_THE_FLAGGED)]
    assert "in the plan" in scene.slack.answered[0][1]


@pytest.mark.parametrize("state", ["atRisk", "confirmedCompromised", "unheardOf"])
async def test_a_signer_who_is_at_risk_at_this_moment_is_refused(scene, asked, state):
    scene.graph.risky["account-of-UBEN"] = risky("account-of-UBEN", state=state)
    await scene.press(APPROVE, "UBEN", asked.id)
    assert untouched(scene, asked)
    assert scene.refusals() == [("UBEN", Refusal.AMONG_THE_FLAGGED)]
    assert "at risk at this moment" in scene.slack.answered[0][1]


async def test_a_signer_whose_risk_was_cleared_can_sign(scene, asked):
    scene.graph.risky["account-of-UBEN"] = risky("account-of-UBEN", state="confirmedSafe")
    await scene.press(APPROVE, "UBEN", asked.id)
    assert scene.request(asked).state is RequestState.APPROVED


@pytest.mark.parametrize("method", ["users_by_address", "risky_user"])
async def test_while_graph_can_not_be_read_no_signature_counts(scene, asked, method):
    scene.graph.failing[method] = GraphError(Problem.UNAVAILABLE, "Microsoft did not answer")
    await scene.press(APPROVE, "UBEN", asked.id)
    assert untouched(scene, asked)
    assert scene.refusals() == [("UBEN", Refusal.RISK_UNREADABLE)]
    assert "Microsoft did not answer" in scene.slack.answered[0][1]


async def test_a_rejection_needs_nothing_from_graph(scene, asked):
    scene.graph.failing["users_by_address"] = GraphError(Problem.UNAVAILABLE, "Microsoft did not answer")
    await scene.press(REJECT, "UBEN", asked.id)
    assert scene.request(asked).state is RequestState.REJECTED
    assert scene.run_of(asked) is None


async def test_an_address_of_two_accounts_can_not_sign(scene, asked):
    address = "uben@contoso.example"
    scene.graph.accounts[address] = (directory_user("one", address), directory_user("two", address))
    await scene.press(APPROVE, "UBEN", asked.id)
    assert untouched(scene, asked)
    assert scene.refusals() == [("UBEN", Refusal.ACCOUNT_AMBIGUOUS)]


async def test_two_slack_accounts_of_one_person_are_one_person(scene, asked):
    scene.graph.accounts["uben@contoso.example"] = (directory_user("account-of-UANNA", "uben@contoso.example"),)
    await scene.press(APPROVE, "UBEN", asked.id)
    assert untouched(scene, asked)
    assert scene.refusals() == [("UBEN", Refusal.SAME_PERSON)]


async def test_where_two_must_sign_the_same_one_counts_once(scene):
    scene.flag("ada")
    scene.tenant.policy = replace(scene.tenant.policy, approvals_needed=2)
    request = await scene.ask()
    await scene.press(APPROVE, "UBEN", request.id)
    await scene.press(APPROVE, "UBEN", request.id)
    assert (scene.request(request).state, scene.votes(request)) == (RequestState.PENDING, ["UBEN"])
    assert scene.refusals() == [("UBEN", Refusal.ALREADY_SIGNED)]
    await scene.press(APPROVE, "UCARA", request.id)
    assert scene.request(request).state is RequestState.APPROVED


async def test_how_many_must_sign_is_fixed_when_the_request_is_made(scene):
    scene.flag("ada")
    scene.tenant.policy = replace(scene.tenant.policy, approvals_needed=2)
    request = await scene.ask()
    scene.tenant.policy = replace(scene.tenant.policy, approvals_needed=1)
    await scene.press(APPROVE, "UBEN", request.id)
    assert scene.request(request).state is RequestState.PENDING


async def test_two_approvals_at_once_make_one_run_and_the_late_one_hears_who_signed(scene, asked):
    clicks = [scene.click(APPROVE, by, asked.id) for by in ("UBEN", "UCARA")]
    await scene.carry_out(*clicks)
    assert len(scene.votes(asked)) == 1
    assert len(scene.written(Event.RUN_QUEUED)) == len(scene.written(Event.REQUEST_APPROVED)) == 1
    (late,) = {"UBEN", "UCARA"} - set(scene.votes(asked))
    ((who, words),) = scene.slack.answered
    assert (who, scene.refusals()) == (late, [(late, Refusal.ALREADY_SETTLED)])
    assert f"approved by <@{scene.votes(asked)[0]}>" in words


async def test_an_approval_and_a_rejection_at_once_settle_once(scene, asked):
    await scene.carry_out(scene.click(APPROVE, "UBEN", asked.id), scene.click(REJECT, "UCARA", asked.id))
    state = scene.request(asked).state
    assert len(scene.written(Event.REQUEST_APPROVED, Event.REQUEST_REJECTED)) == 1
    assert (scene.run_of(asked) is not None) is (state is RequestState.APPROVED)


async def test_an_approval_and_a_withdrawal_at_once_settle_once(scene, asked):
    await scene.carry_out(scene.click(APPROVE, "UBEN", asked.id), scene.click(WITHDRAW, "UANNA", asked.id))
    state = scene.request(asked).state
    assert len(scene.written(Event.REQUEST_APPROVED, Event.REQUEST_WITHDRAWN)) == 1
    assert (scene.run_of(asked) is not None) is (state is RequestState.APPROVED)


async def test_many_clicks_on_many_replicas_end_in_one_run(scene, asked):
    people = [f"U{number:03}" for number in range(12)]
    scene.tenant.policy = replace(scene.tenant.policy, approvers=tuple(people), matching_required=False)
    scene.slack.people |= {each: person(each) for each in people}
    for each in people:
        address = f"{each.lower()}@contoso.example"
        scene.graph.accounts[address] = (directory_user(f"account-of-{each}", address),)
    inboxes = [scene.new_inbox() for _ in range(3)]
    clicks = [scene.click(APPROVE, each, asked.id) for each in people]
    for number, click in enumerate(clicks):
        await inboxes[number % 3].take(click)
        inboxes[number % 3].carry_out_soon(click)
    await asyncio.gather(*(inbox.drain() for inbox in inboxes))
    assert len(scene.votes(asked)) == len(scene.written(Event.RUN_QUEUED)) == 1
    assert len(scene.slack.answered) == 11
    assert all(scene.is_done(click) for click in clicks)


@pytest.mark.parametrize("kind", [APPROVE, REJECT, WITHDRAW])
async def test_a_request_whose_time_is_up_can_not_be_changed_though_nobody_expired_it_yet(scene, asked, kind):
    scene.clock.at = asked.expires_at
    await scene.press(kind, "UANNA" if kind is WITHDRAW else "UBEN", asked.id)
    assert untouched(scene, asked)
    assert [refusal for _, refusal in scene.refusals()] == [Refusal.EXPIRED]


async def test_time_that_runs_out_between_click_and_commit_refuses_the_signature(scene, asked):
    scene.graph.seconds["risky_user"] = 3 * 3600
    scene.clock.pass_(2 * 3600)
    await scene.press(APPROVE, "UBEN", asked.id)
    assert untouched(scene, asked)
    assert scene.refusals() == [("UBEN", Refusal.EXPIRED)]


@pytest.mark.parametrize("kind", [APPROVE, REJECT])
async def test_a_withdrawn_request_can_not_be_signed(scene, asked, kind):
    await scene.press(WITHDRAW, "UANNA", asked.id)
    await scene.press(kind, "UBEN", asked.id)
    assert scene.request(asked).state is RequestState.WITHDRAWN
    assert (scene.votes(asked), scene.run_of(asked)) == ([], None)
    assert "withdrawn by <@UANNA>" in scene.slack.answered[0][1]


@pytest.mark.parametrize(
    ("by", "change", "refusal"),
    [
        ("UBEN", {}, Refusal.NOT_THE_REQUESTER),
        ("UANNA", {"team_id": "TOTHER"}, Refusal.OTHER_WORKSPACE),
        ("UANNA", {"at": Posted("C1", "1.1")}, Refusal.WRONG_PLACE),
    ],
)
async def test_only_the_requester_can_withdraw_and_only_on_the_card(scene, asked, by, change, refusal):
    await scene.press(WITHDRAW, by, asked.id, **change)
    assert untouched(scene, asked)
    assert scene.refusals() == [(by, refusal)]


async def test_one_rejection_ends_a_request(scene, asked):
    await scene.press(REJECT, "UCARA", asked.id)
    assert scene.request(asked).state is RequestState.REJECTED
    await scene.press(APPROVE, "UBEN", asked.id)
    assert (scene.run_of(asked), scene.votes(asked)) == (None, ["UCARA"])
    assert "rejected by <@UCARA>" in scene.slack.answered[0][1]


async def test_the_requester_withdraws_and_does_not_reject(scene, asked):
    await scene.press(REJECT, "UANNA", asked.id)
    assert untouched(scene, asked)


@pytest.mark.parametrize("subject_id", ["0" * 32, "", "'; DROP TABLE votes; --"])
async def test_a_forged_value_on_a_button_is_out_of_date(scene, asked, subject_id):
    await scene.press(APPROVE, "UBEN", subject_id, at=Posted("C1", "1.1"))
    assert untouched(scene, asked)
    assert scene.slack.answered == [("UBEN", explain(Refusal.OUT_OF_DATE))]


async def test_the_value_of_another_request_on_this_ones_card_signs_neither(scene, asked):
    here = scene.stand(CardSubject.REQUEST, asked.id)
    await scene.press(WITHDRAW, "UANNA", asked.id)
    other = await scene.ask("UANNA", reason="again")
    scene.stand(CardSubject.REQUEST, other.id)
    await scene.press(APPROVE, "UBEN", other.id, at=here)
    assert untouched(scene, other)
    assert scene.refusals() == [("UBEN", Refusal.WRONG_PLACE)]


async def test_a_plan_that_was_changed_since_can_not_be_signed_into_a_run(scene, asked):
    body = scene.look(lambda tx: tx.requests.plan_body("tenant-one", asked.plan_hash))
    with scene.store._engine.begin() as connection:
        connection.execute(text("UPDATE plans SET body = :body"), {"body": body.replace(b'"bob"', b'"eve"')})
    await scene.press(APPROVE, "UBEN", asked.id)
    assert untouched(scene, asked)
    assert scene.written(Event.REQUEST_VOTED) == []


async def test_a_signer_who_is_faster_than_the_record_of_the_post_is_asked_to_try_again(scene):
    scene.flag("ada", "bob")
    request = await scene.ask()

    def begin(tx):
        (card,) = tx.cards.cards_of("tenant-one", CardSubject.REQUEST, request.id)
        tx.cards.begin_posting(card, scene.clock.now())

    scene.look(begin)
    await scene.press(APPROVE, "UBEN", request.id, Posted("C1", "1.1"))
    assert scene.refusals() == [("UBEN", Refusal.TRY_AGAIN)]
    assert untouched(scene, request)
