"""Careful first, then fast: a few go first, and who is being blocked before everybody else."""

import contextlib
from dataclasses import replace

import pytest

from bot.act.actions import RiskAction
from bot.act.canary import IN_TIME
from bot.act.outcome import OutcomeState
from bot.act.pause import PauseReason
from bot.act.run import RunState
from bot.decide.action import Action
from bot.operations.running.send_batches import BATCHES_A_PAGE
from bot.ports.graph import LARGEST_PAGE, GraphError, Problem
from bot.ports.slack import ClickKind
from bot.record.ledger import Event
from bot.watch.impact import Impact
from tests.operations.answers import FAILED, NO_ANSWER, SAFE, SKIPPED, VERIFIED, WAITING, answering, many
from tests.operations.fakes import ACCEPTED, takes_effect
from tests.values import NOW, SECOND, SURGE, TENANT, risky


@pytest.fixture(autouse=True)
def with_canary(scene):
    scene.tenant.policy = replace(scene.tenant.policy, canary=10)


def sizes(scene):
    return [len(users) for _, users in scene.graph.sent]


def block(scene, *users):
    found = [Impact(user, blocked_since=NOW, blocked_last=NOW, blocks=3) for user in users]
    scene.look(lambda tx: tx.impacts.keep_impacts(TENANT, SURGE, found))


async def test_ten_go_first_and_the_rest_only_when_they_are_seen_to_be_closed(scene):
    scene.flag(*many(130))
    run = await scene.approved()
    await scene.step(run)
    assert sizes(scene) == [10]
    assert scene.run(run).canary_since == scene.clock.now()
    ended = await scene.steps(run)
    assert sizes(scene) == [10, 60, 60]
    assert (ended.state, ended.canary) == (RunState.DONE, 10)
    assert ended.canary_passed_at is not None
    assert set(scene.states(run).values()) == {VERIFIED}
    ((_, _, facts),) = scene.written(Event.RUN_CANARY_PASSED)
    assert facts == {"canary": 10, "verified": 10, "failed": 0}


@pytest.mark.parametrize(("planned", "first"), [(1, [1]), (3, [1, 2]), (12, [6, 6])])
async def test_a_small_plan_sends_at_most_half_of_itself_first(scene, planned, first):
    scene.flag(*many(planned))
    run = await scene.approved()
    await scene.steps(run)
    assert sizes(scene) == first
    assert set(scene.states(run).values()) == {VERIFIED}


async def test_eight_of_ten_let_the_rest_go(scene):
    scene.flag(*many(30))
    run = await scene.approved()
    scene.graph.effective = False

    def eight_show():
        scene.graph.risky |= {user: takes_effect(risky(user), SAFE) for user in many(8)}
        scene.graph.risky |= {user: risky(user, processing=True) for user in many(10)[8:]}

    answering(scene, eight_show)
    await scene.step(run)
    scene.graph.effective = True
    await scene.steps(run, most=10)
    assert sizes(scene)[:2] == [10, 20]
    ((_, _, facts),) = scene.written(Event.RUN_CANARY_PASSED)
    assert facts["verified"] == 8


async def test_a_skipped_user_of_the_canary_is_replaced(scene):
    scene.flag(*many(30))
    run = await scene.approved()
    scene.graph.risky["user000"] = risky("user000", deleted=True)
    await scene.step(run)
    assert sizes(scene) == [10]
    assert "user000" not in scene.graph.sent[0][1]
    assert (await scene.steps(run)).state is RunState.DONE
    assert scene.states(run).pop("user000") is SKIPPED


async def paused_by_its_canary(scene):
    scene.flag(*many(30))
    run = await scene.approved()
    scene.graph.effective = False
    answering(scene, lambda: scene.graph.risky.update({user: risky(user, processing=True) for user in many(10)}))
    for _ in range(80):
        due = await scene.step(run)
        if scene.run(run).state is RunState.PAUSED:
            break
        scene.clock.at = max(scene.clock.at, due)
    return run


async def test_an_outage_of_microsoft_is_not_held_against_the_canary(scene):
    scene.flag(*many(30))
    run = await scene.approved()
    await scene.step(run)
    away = GraphError(Problem.UNAVAILABLE, "no answer")
    scene.graph.failing |= {"risky_users": away, "risky_user": away, "detections": away}
    while scene.clock.now() < NOW + IN_TIME + 120 * SECOND:
        scene.clock.at = max(scene.clock.now() + SECOND, await scene.step(run) or 0)
    assert scene.run(run).state is RunState.RUNNING
    scene.graph.failing.clear()
    assert (await scene.steps(run)).state is RunState.DONE
    assert set(scene.states(run).values()) == {VERIFIED}


async def test_an_hour_without_the_bot_is_not_held_against_the_canary_either(scene):
    scene.flag(*many(30))
    run = await scene.approved()
    await scene.step(run)
    scene.clock.at += 4 * IN_TIME
    assert (await scene.steps(run)).state is RunState.DONE
    assert scene.written(Event.RUN_PAUSED) == []


async def test_an_outage_of_microsoft_while_the_canary_is_still_to_go_is_not_held_against_it(scene):
    """A batch without an answer has to be read back before anything else."""
    scene.flag(*many(30))
    run = await scene.approved()
    scene.graph.answers.append(NO_ANSWER)
    await scene.step(run)
    away = GraphError(Problem.UNAVAILABLE, "no answer")
    scene.graph.failing |= {"risky_users": away, "risky_user": away}
    while scene.clock.now() < NOW + IN_TIME + 120 * SECOND:
        with contextlib.suppress(GraphError):
            await scene.step(run)
        scene.clock.at += 5 * SECOND
    scene.graph.failing.clear()
    assert (await scene.steps(run)).state is RunState.DONE
    assert scene.written(Event.RUN_PAUSED) == []


async def test_an_outage_of_microsoft_before_who_was_skipped_is_replaced_is_not_held_against_it(scene):
    scene.flag(*many(30))
    run = await scene.approved()
    answering(scene, lambda: scene.graph.risky.update({user: risky(user, deleted=True) for user in many(3)}))
    await scene.step(run)
    while SKIPPED not in scene.states(run).values():
        scene.clock.at = max(scene.clock.now(), await scene.step(run) or 0)
    away = GraphError(Problem.UNAVAILABLE, "no answer")
    scene.graph.failing |= {"risky_users": away, "risky_user": away}
    while scene.clock.now() < NOW + IN_TIME + 120 * SECOND:
        scene.clock.at = max(scene.clock.now() + SECOND, await scene.step(run) or 0)
    scene.graph.failing.clear()
    assert (await scene.steps(run)).state is RunState.DONE
    assert scene.written(Event.RUN_PAUSED) == []


async def test_a_canary_that_does_not_close_pauses_the_run_after_a_quarter_of_an_hour(scene):
    run = await paused_by_its_canary(scene)
    paused = scene.run(run)
    assert (paused.state, paused.paused_because, paused.needs_signature) == (RunState.PAUSED, PauseReason.CANARY, False)
    assert paused.note.startswith("the canary did not close in time: 0 of the 10 users")
    assert sizes(scene) == [10]
    assert NOW + IN_TIME <= scene.clock.now() < NOW + 2 * IN_TIME
    ((_, actor, facts),) = scene.written(Event.RUN_PAUSED)
    assert (actor, facts["reason"]) == ("countersign", "canary")


async def test_either_signer_may_go_on_with_the_rest_all_the_same(scene):
    run = await paused_by_its_canary(scene)
    scene.graph.effective = True
    await scene.press(ClickKind.RESUME, "UANNA", run.id)
    assert "goes all the same" in scene.run(run).note
    await scene.steps(run, most=20)
    assert sizes(scene) == [10, 20]
    ((_, actor, facts),) = scene.written(Event.RUN_RESUMED)
    assert (actor, facts["canaryWaived"]) == ("UANNA", True)


async def test_either_signer_may_stop_with_the_canary(scene):
    run = await paused_by_its_canary(scene)
    await scene.press(ClickKind.STOP, "UBEN", run.id)
    assert scene.run(run).state is RunState.STOPPED
    states = scene.states(run)
    assert {states[user] for user in many(10)} == {OutcomeState.ACCEPTED}
    assert {states[user] for user in set(states) - set(many(10))} == {SKIPPED}


async def test_a_pause_by_hand_does_not_count_against_the_canary(scene):
    scene.flag(*many(30))
    run = await scene.approved()
    await scene.step(run)
    await scene.press(ClickKind.PAUSE, "UBEN", run.id)
    assert scene.run(run).paused_because is PauseReason.BY_HAND
    scene.clock.at += 2 * IN_TIME
    await scene.press(ClickKind.RESUME, "UBEN", run.id)
    resumed = scene.run(run)
    assert (resumed.canary, resumed.canary_since) == (10, scene.clock.now())
    assert (await scene.steps(run)).state is RunState.DONE


async def test_a_canary_whose_fate_is_unknown_is_read_back_and_not_doubled(scene):
    scene.flag(*many(30))
    run = await scene.approved()
    scene.graph.answers.append(NO_ANSWER)
    await scene.step(run)
    assert (await scene.steps(run)).state is RunState.DONE
    assert {user for _, users in scene.graph.sent[1:3] for user in users} == set(scene.graph.sent[0][1])
    assert sizes(scene)[3:] == [20]


async def test_three_of_the_canary_who_fail_pause_the_run(scene):
    scene.flag(*many(30))
    run = await scene.approved()
    bad = set(many(3))

    async def judge():
        return replace(ACCEPTED, status=400, why="unknown") if bad & set(scene.graph.sent[-1][1]) else ACCEPTED

    scene.graph.answers.extend([judge] * 30)
    await scene.steps(run, most=60)
    assert scene.run(run).paused_because is PauseReason.CANARY
    states = scene.states(run)
    assert {states[user] for user in bad} == {FAILED}
    assert sum(1 for state in states.values() if state is WAITING) >= 20


async def test_who_is_blocked_right_now_is_the_canary_and_then_goes_before_the_others(scene):
    scene.flag(*many(200))
    run = await scene.approved()
    blocked = [f"user{number:03}" for number in range(100, 140)]
    block(scene, *blocked)
    ended = await scene.steps(run)
    assert ended.state is RunState.DONE
    first, second = scene.graph.sent[0][1], [user for _, users in scene.graph.sent[:3] for user in users]
    assert set(first) <= set(blocked)
    assert set(second[:40]) == set(blocked)


async def test_after_the_blocked_a_page_is_reckoned_by_who_is_still_at_risk(scene):
    """Whoever was just cleared is on no page any more: a page of the others would hold part of a batch too many."""
    scene.flag(*many(600))
    run = await scene.approved()
    block(scene, *many(300))
    await scene.steps(run)
    sizes = [size for size in scene.graph.page_sizes if size != LARGEST_PAGE]
    assert sizes[-1] == BATCHES_A_PAGE * RiskAction.batch_size


async def test_a_few_who_are_blocked_are_read_one_by_one(scene):
    scene.flag(*many(1200))
    run = await scene.approved()
    block(scene, "user1190", "user1191")
    await scene.step(run)
    assert scene.graph.sent[0][1] == ("user1190", "user1191")
    assert [user for user in scene.graph.times("risky_user") if user.startswith("user")] == ["user1190", "user1191"]


async def test_nobody_is_put_first_where_the_action_clears_no_risk(scene):
    scene.flag(*many(30))
    run = await scene.approved(action=Action.CONFIRM_COMPROMISED)
    block(scene, "user029")
    await scene.step(run)
    assert "user029" not in scene.graph.sent[0][1]
    assert {outcome.rank for outcome in scene.outcomes(run).values()} == {1}
    assert scene.clock.now() < NOW + SECOND
