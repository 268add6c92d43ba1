"""A run's writes: announced before they are sent, answered after, and nothing sent that was not signed."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.act.outcome import OutcomeState
from bot.act.run import RunState
from bot.decide.action import Action
from bot.decide.plan import plan_hash
from bot.decide.refusal import Refusal
from bot.decide.request import RequestState
from bot.ports.graph import Answer, GraphError, Problem
from bot.ports.messages import CardSubject
from bot.ports.slack import ClickKind, Posted
from bot.ports.store import LeaseLostError
from bot.record.ledger import Event
from tests.operations.fakes import ACCEPTED, takes_effect
from tests.values import DAY, END, NOW, SECOND, SURGE, TENANT, detection, risky, surge

SAFE = Action.CONFIRM_SAFE
NO_ANSWER = Answer(None, "", "the connection was lost")
REFUSED = Answer(400, "r-400", "somebody in it is unknown")
VERIFIED, SKIPPED, WAITING, FAILED = (
    OutcomeState.VERIFIED,
    OutcomeState.SKIPPED,
    OutcomeState.WAITING,
    OutcomeState.FAILED,
)


def many(count):
    return [f"user{number:03}" for number in range(count)]


def answering(scene, change, answer=ACCEPTED):
    """An answer that comes after something happened while the write was on its way."""

    async def answer_late():
        done = change()
        if hasattr(done, "__await__"):
            await done
        return answer

    scene.graph.answers.append(answer_late)


def lose_lease(scene):
    with scene.store._engine.begin() as connection:
        connection.execute(text("UPDATE leases SET holder = 'another', epoch = epoch + 1"))


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
        facts = scene.look(lambda tx: tx.runs.facts(run, NOW))
        seen.append((facts.unanswered[0].user_ids, facts.unanswered[0].epoch, set(scene.states(run).values())))
        seen.append(scene.written(Event.BATCH_ANNOUNCED)[0][2]["users"])

    answering(scene, look, Answer(204, "microsoft-1", ""))
    await scene.step(run)
    assert seen == [(("ada", "bob"), 1, {OutcomeState.SENDING}), ["ada", "bob"]]
    assert scene.look(lambda tx: tx.runs.facts(run, NOW)).unanswered == ()
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
    assert len(scene.look(lambda tx: tx.runs.facts(run, NOW)).unanswered) == len(scene.graph.sent) == 2
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
    assert len(scene.look(lambda tx: tx.runs.facts(run, NOW)).unanswered) == 1


async def test_without_the_lease_nothing_is_sent(scene):
    scene.flag("ada")
    run = await scene.approved()
    scene.tenant.hold = None
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
    scene.tenant.stopping = True
    await scene.step(run)
    assert scene.graph.sent == []
    assert scene.states(run) == {"ada": WAITING}


# What was read just before.


async def test_another_detection_that_came_after_the_signature_takes_its_user_out(scene):
    scene.flag("ada", "bob")
    run = await scene.approved()
    scene.clock.pass_(61)
    scene.graph.detection_pages = [[detection("ada", kind="anomalousToken", at=scene.clock.now() - SECOND)]]
    await scene.step(run)
    assert scene.graph.sent == [(SAFE, ("bob",))]
    outcome = scene.outcomes(run)["ada"]
    assert (outcome.state, outcome.why) == (SKIPPED, "another open detection: anomalousToken")


@pytest.mark.parametrize(("old", "readings"), [(0, 0), (49, 0), (50, 1), (600, 1)])
async def test_detections_older_than_a_minute_are_read_again_before_a_write(scene, old, readings):
    scene.flag("ada")
    run = await scene.approved()
    scene.tenant.detections_read_at = scene.clock.now() - old * SECOND
    await scene.step(run)
    assert len(scene.graph.times("detections")) == readings
    assert len(scene.graph.sent) == 1


async def test_without_fresh_detections_nothing_is_sent(scene):
    scene.flag("ada")
    run = await scene.approved()
    scene.clock.pass_(600)
    scene.graph.failing["detections"] = GraphError(Problem.UNAVAILABLE, "no answer")
    await scene.step(run)
    assert scene.graph.sent == []
    assert scene.states(run) == {"ada": WAITING}


async def test_a_moved_timestamp_leads_to_a_look_at_the_detections_and_not_to_a_refusal(scene):
    scene.flag("ada", "bob")
    run = await scene.approved()
    scene.graph.risky["ada"] = replace(scene.graph.risky["ada"], last_updated_text="moved")
    scene.clock.pass_(1)
    assert (await scene.steps(run)).state is RunState.DONE
    assert scene.graph.times("detections")
    assert set(scene.states(run).values()) == {VERIFIED}


async def test_a_moved_timestamp_with_another_detection_behind_it_takes_its_user_out(scene):
    scene.flag("ada", "bob")
    run = await scene.approved()
    scene.graph.risky["ada"] = replace(scene.graph.risky["ada"], last_updated_text="moved")
    scene.graph.detection_pages = [[detection("ada", kind="passwordSpray", at=scene.clock.now())]]
    scene.clock.pass_(1)
    await scene.steps(run)
    assert [users for _, users in scene.graph.sent] == [("bob",)]
    assert scene.states(run) == {"ada": SKIPPED, "bob": VERIFIED}


async def test_a_state_older_than_ten_slots_is_read_again_before_a_write(scene):
    scene.flag("ada")
    run = await scene.approved()
    scene.graph.seconds["held_slot"] = 10 * scene.graph.slot + 0.01
    await scene.step(run)
    assert scene.graph.sent == []
    scene.graph.seconds.clear()
    assert (await scene.steps(run)).state is RunState.DONE


async def test_a_state_that_was_read_alone_is_as_old_as_its_reading(scene):
    scene.flag("ada")
    run = await scene.approved()
    scene.graph.risky["ada"] = replace(scene.graph.risky["ada"], risk_state="unheardOf")
    scene.graph.seconds["risky_user"] = 10 * scene.graph.slot + 0.01
    await scene.step(run)
    assert scene.graph.sent == []


async def test_detections_that_aged_while_a_slot_was_waited_for_are_read_again(scene):
    scene.flag("ada")
    run = await scene.approved()
    scene.graph.slot = 30.0
    scene.graph.seconds["held_slot"] = 90
    await scene.step(run)
    assert scene.graph.times("detections") or not scene.graph.sent


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (risky("ada", state="dismissed", detail="adminDismissedAllRiskForUser"), "closed by somebody else"),
        (risky("ada", deleted=True), "the account was deleted"),
        (risky("ada", state="confirmedCompromised"), "confirmed compromised by a person"),
        (None, "Microsoft does not list the user"),
    ],
)
async def test_whom_others_settled_since_is_skipped_with_the_reason(scene, now, why):
    scene.flag("ada", "bob")
    run = await scene.approved()
    if now is None:
        del scene.graph.risky["ada"]
    else:
        scene.graph.risky["ada"] = now
    assert (await scene.steps(run)).state is RunState.DONE
    assert [users for _, users in scene.graph.sent] == [("bob",)]
    outcome = scene.outcomes(run)["ada"]
    assert outcome.state is SKIPPED
    assert why in outcome.why


async def test_nobody_outside_the_plan_is_written_to(scene):
    scene.flag("ada")
    run = await scene.approved()
    scene.graph.risky |= {user: risky(user) for user in ("eve", "mallory")}
    scene.look(lambda tx: tx.surges.add_users(TENANT, SURGE, ["eve"], NOW))
    await scene.steps(run)
    assert [users for _, users in scene.graph.sent] == [("ada",)]


async def test_a_pass_that_breaks_off_is_begun_again_and_loses_nobody(scene):
    scene.flag(*many(70))
    run = await scene.approved()
    scene.graph.failing["risky_users"] = GraphError(Problem.UNAVAILABLE, "no answer")
    await scene.step(run)
    assert (scene.graph.sent, scene.run(run).note) == ([], "no answer")
    scene.graph.failing.clear()
    assert (await scene.steps(run)).state is RunState.DONE
    assert set(scene.states(run).values()) == {VERIFIED}


async def test_a_kind_never_cleared_in_bulk_takes_its_user_out_though_it_surges_too(scene):
    scene.flag("ada", "bob")
    run = await scene.approved()
    scene.look(lambda tx: tx.surges.save(surge(types=("leakedCredentials", "passwordSpray"))))
    scene.look(lambda tx: tx.detections.keep(TENANT, [detection("ada", kind="passwordSpray", at=END)], NOW))
    await scene.step(run)
    assert scene.graph.sent == [(SAFE, ("bob",))]


# Effects, read back.


async def test_who_does_not_change_is_sent_three_times_and_then_has_failed(scene):
    scene.flag("ada", "bob")
    scene.graph.effective = False
    answering(scene, lambda: scene.graph.risky.update(bob=takes_effect(risky("bob"), SAFE)))
    run = await scene.approved()
    ended = await scene.steps(run, most=400)
    assert ended.state is RunState.DONE
    assert [users for _, users in scene.graph.sent] == [("ada", "bob"), ("ada",), ("ada",)]
    assert scene.states(run) == {"ada": FAILED, "bob": VERIFIED}
    assert scene.outcomes(run)["ada"].sends == 3


async def test_an_effect_that_comes_after_the_second_write_is_verified(scene):
    scene.flag("ada")
    scene.graph.effective = False
    scene.graph.answers.append(ACCEPTED)
    answering(scene, lambda: scene.graph.risky.update(ada=takes_effect(risky("ada"), SAFE)))
    run = await scene.approved()
    assert (await scene.steps(run, most=200)).state is RunState.DONE
    assert len(scene.graph.sent) == 2
    assert scene.states(run) == {"ada": VERIFIED}


async def test_only_a_reading_begun_after_the_write_verifies(scene):
    """More users than are read one by one: a page that was asked for before the answer came says nothing."""
    scene.flag(*many(5))
    run = await scene.approved()
    await scene.step(run)
    sent_later = [replace(each, sent_at=NOW + DAY, look_at=NOW) for each in scene.outcomes(run).values()]
    scene.look(lambda tx: tx.runs.set_outcomes(run, sent_later))
    await scene.step(run)
    assert set(scene.states(run).values()) == {OutcomeState.ACCEPTED}
    scene.clock.at = NOW + DAY + SECOND
    await scene.steps(run)
    assert set(scene.states(run).values()) == {VERIFIED}


async def test_a_run_ends_with_those_who_are_not_visible_yet_and_they_are_corrected_later(scene):
    scene.flag("ada")
    scene.graph.effective = False
    run = await scene.approved()
    answering(scene, lambda: scene.graph.risky.update(ada=risky("ada", processing=True)))
    ended = await scene.steps(run, most=200)
    assert ended.state is RunState.DONE
    assert scene.states(run) == {"ada": OutcomeState.ACCEPTED}
    scene.graph.risky["ada"] = takes_effect(risky("ada"), SAFE)
    scene.clock.pass_(3600)
    await scene.step(run)
    assert scene.states(run) == {"ada": VERIFIED}
    assert len(scene.graph.sent) == 1
    assert (CardSubject.RUN, "C1") in scene.due_cards()


async def test_after_the_run_is_over_nobody_is_sent_again(scene):
    scene.flag("ada")
    scene.graph.effective = False
    run = await scene.approved()
    answering(scene, lambda: scene.press(ClickKind.STOP, "UBEN", run.id))
    await scene.step(run)
    scene.clock.pass_(3600)
    await scene.step(run)
    scene.clock.pass_(3600)
    await scene.step(run)
    assert len(scene.graph.sent) == 1
    assert scene.states(run) == {"ada": OutcomeState.ACCEPTED}


# Steering.


async def test_a_pause_takes_effect_before_the_next_batch_and_a_resume_goes_on(scene):
    scene.flag(*many(130))
    run = await scene.approved()
    answering(scene, lambda: scene.press(ClickKind.PAUSE, "UCARA", run.id))
    await scene.step(run)
    paused = scene.run(run)
    assert (len(scene.graph.sent), paused.state, paused.steered_by) == (1, RunState.PAUSED, "UCARA")
    scene.clock.pass_(60)
    await scene.step(run)
    assert len(scene.graph.sent) == 1
    await scene.press(ClickKind.RESUME, "UANNA", run.id)
    assert (await scene.steps(run)).state is RunState.DONE
    assert set(scene.states(run).values()) == {VERIFIED}
    actors = [actor for _, actor, _ in scene.written(Event.RUN_PAUSED, Event.RUN_RESUMED)]
    assert actors == ["UCARA", "UANNA"]


async def test_a_stop_leaves_the_rest_untouched_and_keeps_what_was_on_its_way(scene):
    scene.flag(*many(130))
    run = await scene.approved()
    answering(scene, lambda: scene.press(ClickKind.STOP, "UBEN", run.id))
    await scene.step(run)
    scene.clock.pass_(10)
    await scene.step(run)
    assert len(scene.graph.sent) == 1
    assert scene.run(run).state is RunState.STOPPED
    states = scene.states(run)
    sent = scene.graph.sent[0][1]
    assert {states[user] for user in sent} == {VERIFIED}
    assert {states[user] for user in set(states) - set(sent)} == {SKIPPED}
    assert await scene.step(run) is None


async def test_a_stop_while_a_writes_fate_is_unknown_ends_after_the_reading_back(scene):
    scene.flag("ada", "bob")
    run = await scene.approved()

    def stop():
        scene.graph.risky["ada"] = takes_effect(risky("ada"), SAFE)
        return scene.press(ClickKind.STOP, "UBEN", run.id)

    answering(scene, stop, NO_ANSWER)
    await scene.step(run)
    await scene.step(run)
    assert scene.states(run) == {"ada": OutcomeState.ACCEPTED, "bob": SKIPPED}
    scene.clock.pass_(10)
    await scene.step(run)
    assert scene.states(run) == {"ada": VERIFIED, "bob": SKIPPED}
    assert len(scene.graph.sent) == 1


@pytest.mark.parametrize(
    ("state", "kind", "refusal"),
    [
        (RunState.PAUSED, ClickKind.PAUSE, Refusal.RUN_NOT_RUNNING),
        (RunState.RUNNING, ClickKind.RESUME, Refusal.RUN_NOT_PAUSED),
        (RunState.QUEUED, ClickKind.RESUME, Refusal.RUN_NOT_PAUSED),
        (RunState.DONE, ClickKind.PAUSE, Refusal.RUN_ENDED),
        (RunState.DONE, ClickKind.RESUME, Refusal.RUN_ENDED),
        (RunState.STOPPED, ClickKind.STOP, Refusal.RUN_ENDED),
    ],
)
async def test_a_run_can_not_be_steered_where_it_is_not(scene, state, kind, refusal):
    scene.flag("ada")
    run = await scene.approved()
    scene.look(lambda tx: tx.runs.save(replace(run, state=state)))
    await scene.press(kind, "UBEN", run.id)
    assert scene.refusals() == [("UBEN", refusal)]
    assert scene.run(run).state is state


@pytest.mark.parametrize(
    ("by", "at", "refusal"),
    [("UDORA", None, Refusal.NOT_AN_APPROVER), ("UBEN", Posted("C1", "1.1"), Refusal.WRONG_PLACE)],
)
@pytest.mark.parametrize("kind", [ClickKind.PAUSE, ClickKind.STOP])
async def test_who_may_neither_ask_nor_sign_can_not_steer_nor_can_a_copy_of_the_card(scene, by, at, refusal, kind):
    scene.flag("ada")
    run = await scene.approved()
    await scene.press(kind, by, run.id, at=at)
    assert scene.refusals() == [(by, refusal)]
    assert scene.run(run).state is RunState.QUEUED
