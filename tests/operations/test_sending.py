"""A run's writes: announced before they are sent, answered after, and nothing sent that was not signed."""

import pytest
from sqlalchemy import text

from bot.act.outcome import OutcomeState
from bot.act.run import RunState
from bot.decide.plan import plan_hash
from bot.decide.request import RequestState
from bot.ports.graph import Answer, GraphError, Problem
from bot.ports.slack import ClickKind
from bot.record.ledger import Event
from bot.store.leases import LeaseLostError
from tests.operations.answers import FAILED, NO_ANSWER, REFUSED, SAFE, VERIFIED, WAITING, answering, lose_lease, many
from tests.operations.fakes import ACCEPTED, takes_effect
from tests.values import NOW, SECOND, TENANT, risky


async def test_a_signed_run_is_sent_read_back_and_ends_verified(scene):
    scene.flag(*many(130))
    run = await scene.approved()
    ended = await scene.steps(run)
    assert [len(users) for _, users in scene.graph.sent] == [60, 60, 10]
    assert {action for action, _ in scene.graph.sent} == {SAFE}
    assert sorted(user for _, users in scene.graph.sent for user in users) == many(130)
    assert ended.state is RunState.DONE
    assert set(scene.states(run).values()) == {VERIFIED}
    assert scene.detector.forgiven
    ((_, _, facts),) = scene.written(Event.RUN_DONE)
    assert facts["verified"] == 130
    numbers = [facts["number"] for _, _, facts in scene.written(Event.BATCH_ANNOUNCED)]
    assert numbers == [facts["number"] for _, _, facts in scene.written(Event.BATCH_ANSWERED)] == [1, 2, 3]


async def test_the_intent_is_committed_before_the_write_and_the_answer_after_it(scene):
    scene.flag("ada", "bob")
    run = await scene.approved()
    seen = []

    def look():
        facts = scene.look(lambda tx: tx.runs.run_facts(run, NOW))
        seen.append((facts.unanswered[0].user_ids, facts.unanswered[0].epoch, set(scene.states(run).values())))
        seen.append(scene.written(Event.BATCH_ANNOUNCED)[0][2]["users"])

    answering(scene, look, Answer(204, "microsoft-1", ""))
    await scene.step(run)
    assert seen == [(("ada", "bob"), 1, {OutcomeState.SENDING}), ["ada", "bob"]]
    assert scene.look(lambda tx: tx.runs.run_facts(run, NOW)).unanswered == ()
    ((_, _, facts),) = scene.written(Event.BATCH_ANSWERED)
    assert (facts["status"], facts["microsoftRequestId"]) == (204, "microsoft-1")
    assert {outcome.sends for outcome in scene.outcomes(run).values()} == {1}


async def test_a_204_is_not_success(scene):
    scene.flag("ada")
    scene.graph.effective = False
    run = await scene.approved()
    await scene.step(run)
    assert scene.states(run) == {"ada": OutcomeState.ACCEPTED}


async def test_a_write_without_an_answer_is_read_back_before_anything_else_is_sent(scene):
    scene.flag(*many(70))
    run = await scene.approved()

    def half_took_effect():
        for user in many(30):
            scene.graph.risky[user] = takes_effect(scene.graph.risky[user], SAFE)

    answering(scene, half_took_effect, NO_ANSWER)
    scene.graph.answers.append(NO_ANSWER)
    await scene.step(run)
    first = scene.graph.sent[0][1]
    assert len(scene.look(lambda tx: tx.runs.run_facts(run, NOW)).unanswered) == len(scene.graph.sent) == 2
    scene.graph.asked.clear()
    await scene.step(run)
    assert len(scene.graph.sent) == 2
    assert scene.graph.times("risky_users")
    states = scene.states(run)
    assert {user for user in first if states[user] is OutcomeState.ACCEPTED} == set(many(30))
    assert (await scene.steps(run)).state is RunState.DONE
    assert set(scene.states(run).values()) == {VERIFIED}
    again = [user for _, users in scene.graph.sent[2:] for user in users]
    assert not set(again) & set(many(30))
    assert len(scene.written(Event.BATCH_READ_BACK)) == 2


async def test_a_process_that_died_between_intent_and_write_sends_once_it_has_read_back(scene):
    scene.flag("ada")
    run = await scene.approved()

    class DiedError(Exception):
        pass

    def die():
        raise DiedError

    answering(scene, die)
    with pytest.raises(DiedError):
        await scene.step(run)
    scene.graph.sent.clear()
    assert (await scene.steps(run)).state is RunState.DONE
    assert scene.states(run) == {"ada": VERIFIED}
    assert len(scene.graph.sent) == 1


async def test_while_users_can_not_be_read_back_nothing_is_sent(scene):
    scene.flag("ada")
    run = await scene.approved()
    scene.graph.answers.append(NO_ANSWER)
    await scene.step(run)
    scene.graph.failing["risky_users"] = GraphError(Problem.UNAVAILABLE, "no answer")
    with pytest.raises(GraphError):
        await scene.step(run)
    assert len(scene.graph.sent) == 1
    assert scene.run(run).note == "no answer"


async def test_what_our_own_write_did_is_our_own_though_it_shows_only_after_the_reading_back(scene):
    scene.flag("ada")
    run = await scene.approved()
    scene.graph.answers.append(NO_ANSWER)
    await scene.step(run)
    await scene.step(run)
    scene.graph.risky["ada"] = takes_effect(scene.graph.risky["ada"], SAFE)
    await scene.steps(run)
    assert scene.states(run) == {"ada": VERIFIED}


async def test_a_batch_that_is_refused_is_halved_until_the_one_who_is_refused_stands_alone(scene):
    scene.flag(*many(64))

    async def judge():
        return REFUSED if "user007" in scene.graph.sent[-1][1] else ACCEPTED

    scene.graph.answers.extend([judge] * 40)
    run = await scene.approved()
    ended = await scene.steps(run)
    assert ended.state is RunState.DONE
    states = scene.states(run)
    assert states.pop("user007") is FAILED
    assert set(states.values()) == {VERIFIED}
    sizes = [len(users) for _, users in scene.graph.sent if "user007" in users]
    assert sizes == [60, 30, 15, 7, 3, 1]
    assert "Microsoft refused the user" in scene.outcomes(run)["user007"].why


async def test_a_429_harms_nobody(scene):
    scene.flag("ada", "bob")
    scene.graph.answers.append(Answer(429, "r", "too many"))
    run = await scene.approved()
    await scene.step(run)
    assert {outcome.state for outcome in scene.outcomes(run).values()} == {WAITING}
    assert {(outcome.sends, outcome.batch_limit) for outcome in scene.outcomes(run).values()} == {(0, 60)}
    assert scene.run(run).state is RunState.RUNNING
    assert (await scene.steps(run)).state is RunState.DONE


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refusal_that_waiting_does_not_mend_pauses_the_run_and_says_why(scene, status):
    scene.flag(*many(70))
    scene.graph.answers.append(Answer(status, "r", "needs IdentityRiskyUser.ReadWrite.All"))
    run = await scene.approved()
    await scene.step(run)
    paused = scene.run(run)
    assert (paused.state, paused.steered_by) == (RunState.PAUSED, None)
    assert "needs IdentityRiskyUser.ReadWrite.All" in paused.note
    assert len(scene.graph.sent) == 1
    assert await scene.step(run) is None
    await scene.press(ClickKind.RESUME, "UBEN", run.id)
    assert (await scene.steps(run)).state is RunState.DONE
    assert set(scene.states(run).values()) == {VERIFIED}


@pytest.mark.parametrize("status", [500, 503])
async def test_after_a_failure_of_microsofts_the_next_write_waits(scene, status):
    scene.flag("ada")
    scene.graph.answers.append(Answer(status, "r", "try later"))
    run = await scene.approved()
    await scene.step(run)
    assert await scene.step(run) == scene.clock.now() + 5 * SECOND
    assert len(scene.graph.sent) == 1
    assert (await scene.steps(run)).state is RunState.DONE


@pytest.mark.parametrize("when", ["before", "between"])
async def test_a_plan_whose_bytes_were_changed_is_not_run(scene, when):
    scene.flag("ada", "bob")
    run = await scene.approved()

    def change():
        body = scene.look(lambda tx: tx.requests.plan_body(TENANT, run.plan_hash))
        with scene.store._engine.begin() as connection:
            connection.execute(text("UPDATE plans SET body = :body"), {"body": body.replace(b'"bob"', b'"eve"')})

    if when == "between":
        scene.graph.effective = False
        scene.graph.answers.append(Answer(429, "r", "too many"))
        await scene.step(run)
    sent = len(scene.graph.sent)
    change()
    scene.graph.risky["eve"] = risky("eve")
    await scene.step(run)
    assert len(scene.graph.sent) == sent
    assert scene.run(run).state is RunState.PAUSED
    assert "not the one that was signed" in scene.run(run).note
    await scene.press(ClickKind.RESUME, "UBEN", run.id)
    await scene.step(run)
    assert len(scene.graph.sent) == sent
    assert scene.run(run).state is RunState.PAUSED


@pytest.mark.parametrize("state", [each for each in RequestState if each is not RequestState.APPROVED])
async def test_a_run_whose_request_is_not_approved_writes_nothing(scene, state):
    scene.flag("ada")
    run = await scene.approved()
    with scene.store._engine.begin() as connection:
        connection.execute(text("UPDATE requests SET state = :state"), {"state": state.value})
    await scene.step(run)
    assert scene.graph.sent == []
    assert scene.run(run).state is RunState.PAUSED


async def test_a_run_that_names_another_plan_than_its_request_writes_nothing(scene):
    scene.flag("ada")
    run = await scene.approved()
    body = scene.look(lambda tx: tx.requests.plan_body(TENANT, run.plan_hash)).replace(b'"ada"', b'"eve"')
    scene.look(lambda tx: tx.requests.add_plan(TENANT, plan_hash(body), body))
    with scene.store._engine.begin() as connection:
        connection.execute(text("UPDATE runs SET plan_hash = :other"), {"other": plan_hash(body)})
    await scene.step(run)
    assert scene.graph.sent == []
    assert scene.run(run).state is RunState.PAUSED


async def test_a_lease_lost_between_two_batches_ends_the_sending(scene):
    scene.flag(*many(130))
    run = await scene.approved()
    answering(scene, lambda: lose_lease(scene))
    with pytest.raises(LeaseLostError):
        await scene.step(run)
    assert len(scene.graph.sent) == 1
    assert len(scene.look(lambda tx: tx.runs.run_facts(run, NOW)).unanswered) == 1


async def test_without_the_lease_nothing_is_sent(scene):
    scene.flag("ada")
    run = await scene.approved()
    scene.tenant.work.hold = None
    with pytest.raises(LeaseLostError):
        await scene.step(run)
    assert scene.graph.sent == []


async def test_a_process_that_was_frozen_before_the_write_claims_again_and_does_not_send(scene):
    """It announced a batch, slept for longer than its lease, and another took over."""
    scene.flag("ada")
    run = await scene.approved()
    store = scene.tenant.store

    class Freezes:
        def __getattr__(self, name):
            return getattr(store, name)

        async def transact(self, work):
            made = await store.transact(work)
            if scene.graph.in_slot:
                scene.clock.pass_(6)
                lose_lease(scene)
            return made

    scene.tenant.store = Freezes()
    with pytest.raises(LeaseLostError):
        await scene.step(run)
    assert scene.graph.sent == []


async def test_a_process_that_is_to_end_begins_no_batch(scene):
    scene.flag("ada")
    run = await scene.approved()
    scene.tenant.work.stopping = True
    await scene.step(run)
    assert scene.graph.sent == []
    assert scene.states(run) == {"ada": WAITING}
