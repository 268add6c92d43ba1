"""Actions on the account itself: sent in batches of twenty, each user with an answer of his own."""

from dataclasses import replace

import pytest

from bot.act.outcome import OutcomeState
from bot.act.pause import PauseReason
from bot.act.run import RunState
from bot.decide.action import Action
from bot.decide.plan import canonical, plan_hash
from bot.decide.request import RequestState
from bot.ports.graph import Answer, GraphError, Problem
from bot.record.ledger import Event
from bot.watch.account import AccountState
from tests import values
from tests.operations.answers import FAILED, NO_ANSWER, SKIPPED, VERIFIED, WAITING, many
from tests.operations.fakes import ACCEPTED
from tests.values import HOUR, NOW, SECOND, TENANT, plan_of

REVOKE = Action.REVOKE_SESSIONS


async def going(scene, *users, action=REVOKE):
    """An approved run of this action for these users, whose accounts are there."""
    scene.flag(*users)
    for user in users:
        scene.graph.account_states_now[user] = AccountState(user, NOW - HOUR, None, NOW - HOUR, True, NOW)
    body = canonical(plan_of(*users, action=action))
    digest = plan_hash(body)

    def make(tx):
        tx.requests.add_plan(TENANT, digest, body)
        tx.requests.add_request(values.request(plan_hash=digest, state=RequestState.APPROVED))
        made = values.run(plan_hash=digest, state=RunState.QUEUED)
        tx.runs.add_run(made, users)
        return made

    return scene.look(make)


@pytest.mark.parametrize("action", [REVOKE, Action.REQUIRE_PASSWORD_CHANGE])
async def test_accounts_are_written_to_in_twenties_and_verified_by_what_changed(scene, action):
    run = await going(scene, *many(50), action=action)
    ended = await scene.steps(run)
    assert [len(users) for _, users in scene.graph.sent] == [20, 20, 10]
    assert ended.state is RunState.DONE
    assert set(scene.states(run).values()) == {VERIFIED}
    assert scene.graph.times("risky_users") == scene.graph.times("held_slot") == []
    assert scene.detector.forgiven == []


async def test_each_user_gets_the_outcome_of_their_own_answer(scene):
    run = await going(scene, *many(6))
    users = {
        "user000": ACCEPTED,
        "user001": Answer(403, "r", "the administrator's role is higher"),
        "user002": Answer(404, "r", "no such user"),
        "user003": Answer(503, "r", "try later"),
        "user004": Answer(429, "r", "too many"),
    }
    scene.graph.answers.append(Answer(200, "r", "", users))
    await scene.step(run)
    outcomes = scene.outcomes(run)
    assert {user: outcome.state for user, outcome in outcomes.items()} == {
        "user000": OutcomeState.ACCEPTED,
        "user001": FAILED,
        "user002": SKIPPED,
        "user003": WAITING,
        "user004": WAITING,
        "user005": WAITING,
    }
    assert outcomes["user001"].why == "Microsoft refused the user: the administrator's role is higher"
    assert [outcomes[user].sends for user in ("user003", "user004", "user005")] == [0, 0, 1]
    ((_, _, facts),) = scene.written(Event.BATCH_ANSWERED)
    assert facts["users"]["user001"] == 403
    assert (await scene.steps(run)).state is RunState.DONE
    states = scene.states(run)
    assert {states[user] for user in ("user003", "user004", "user005")} == {VERIFIED}


async def test_a_missing_permission_pauses_the_run_and_fails_nobody(scene):
    run = await going(scene, *many(3))
    refused = Answer(403, "r", "needs User.RevokeSessions.All")
    scene.graph.answers.append(Answer(200, "r", "", dict.fromkeys(many(3), refused)))
    await scene.step(run)
    paused = scene.run(run)
    assert (paused.state, paused.paused_because) == (RunState.PAUSED, PauseReason.REFUSED)
    assert "needs User.RevokeSessions.All" in paused.note
    assert set(scene.states(run).values()) == {WAITING}


async def test_an_account_that_is_gone_is_skipped_without_a_write(scene):
    run = await going(scene, "ada", "bob")
    del scene.graph.account_states_now["ada"]
    await scene.steps(run)
    assert [users for _, users in scene.graph.sent] == [("bob",)]
    assert scene.states(run) == {"ada": SKIPPED, "bob": VERIFIED}


async def test_a_batch_of_unknown_fate_is_read_back_and_only_the_rest_sent_again(scene):
    run = await going(scene, *many(4))
    scene.graph.answers.append(NO_ANSWER)
    await scene.step(run)
    now = scene.clock.now()
    for user in many(2):
        state = scene.graph.account_states_now[user]
        scene.graph.account_states_now[user] = replace(state, sessions_valid_from=now)
    await scene.step(run)
    assert [scene.states(run)[user] for user in many(4)] == [OutcomeState.ACCEPTED] * 2 + [WAITING] * 2
    assert (await scene.steps(run)).state is RunState.DONE
    assert [users for _, users in scene.graph.sent[1:]] == [("user002", "user003")]


async def test_who_stays_as_they_were_is_sent_again_and_fails_after_the_third_time(scene):
    run = await going(scene, "ada")
    scene.graph.effective = False
    assert (await scene.steps(run, most=300)).state is RunState.DONE
    assert len(scene.graph.sent) == 3
    assert scene.states(run) == {"ada": FAILED}


async def test_accounts_that_can_not_be_read_are_not_written_to(scene):
    run = await going(scene, "ada")
    scene.graph.failing["account_states"] = GraphError(Problem.UNAVAILABLE, "no answer")
    await scene.step(run)
    assert scene.graph.sent == []
    assert scene.run(run).note == "no answer"
    scene.graph.failing.clear()
    assert (await scene.steps(run)).state is RunState.DONE


async def test_accounts_have_a_canary_too(scene):
    scene.tenant.policy = replace(scene.tenant.policy, canary=10)
    run = await going(scene, *many(50))
    await scene.steps(run)
    assert [len(users) for _, users in scene.graph.sent] == [10, 20, 20]
    assert scene.run(run).canary_passed_at is not None
    assert scene.clock.now() < NOW + 60 * SECOND
