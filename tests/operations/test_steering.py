"""A run can be paused, resumed and stopped, and takes no step beyond that."""

from dataclasses import replace

import pytest

from bot.act.outcome import OutcomeState
from bot.act.run import RunState
from bot.decide.refusal import Refusal
from bot.ports.graph import Answer
from bot.ports.slack import ClickKind, Posted
from bot.record.ledger import Event
from tests.operations.answers import (
    NO_ANSWER,
    SAFE,
    SKIPPED,
    VERIFIED,
    answering,
    many,
)
from tests.operations.fakes import takes_effect
from tests.values import risky


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
    assert scene.states(run) == {"ada": OutcomeState.ACCEPTED, "bob": OutcomeState.ACCEPTED}
    scene.clock.pass_(10)
    await scene.step(run)
    assert scene.states(run) == {"ada": VERIFIED, "bob": OutcomeState.ACCEPTED}
    scene.graph.risky["bob"] = takes_effect(risky("bob"), SAFE)
    scene.clock.pass_(3600)
    await scene.step(run)
    assert scene.states(run) == {"ada": VERIFIED, "bob": VERIFIED}, "what shows late was ours"
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
    scene.look(lambda tx: tx.runs.keep_run(replace(run, state=state)))
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


async def test_after_a_stop_nobody_is_left_waiting_for_an_answer_that_asked_to_wait(scene):
    scene.flag("ada", "bob")
    run = await scene.approved()
    answering(scene, lambda: scene.press(ClickKind.STOP, "UBEN", run.id), Answer(429, "r", "try later"))
    await scene.step(run)
    assert scene.run(run).state is RunState.STOPPED
    assert set(scene.states(run).values()) == {SKIPPED}
    assert await scene.step(run) is None


async def test_after_a_stop_a_write_that_may_have_been_carried_out_is_looked_for(scene):
    scene.flag("ada", "bob")
    run = await scene.approved()
    answering(scene, lambda: scene.press(ClickKind.STOP, "UBEN", run.id), Answer(503, "r", "try later"))
    await scene.step(run)
    assert scene.run(run).state is RunState.STOPPED
    assert set(scene.states(run).values()) == {OutcomeState.ACCEPTED}
    for user in ("ada", "bob"):
        scene.graph.risky[user] = takes_effect(risky(user), SAFE)
    scene.clock.pass_(3600)
    await scene.step(run)
    assert set(scene.states(run).values()) == {VERIFIED}


async def test_a_failed_answer_whose_write_took_effect_all_the_same_is_our_own(scene):
    scene.flag("ada")
    run = await scene.approved()

    async def took_effect():
        scene.graph.risky["ada"] = takes_effect(risky("ada"), SAFE)

    answering(scene, took_effect, Answer(504, "r", "gateway time-out"))
    await scene.step(run)
    await scene.steps(run)
    assert scene.states(run) == {"ada": VERIFIED}
