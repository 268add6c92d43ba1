"""A run that clears risk stops when what was signed is no longer so, and goes on only with a new signature."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from bot.act.pause import PauseReason
from bot.act.run import RunState
from bot.decide.action import Action
from bot.decide.refusal import Refusal
from bot.ports.slack import ClickKind
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.store.tables import outcomes
from bot.watch.evidence import Band, Suspect
from tests.operations.answers import SKIPPED, VERIFIED, WAITING, flag_anew, many, tripped
from tests.values import DAY, HOUR, NOW, SECOND, START, TENANT, detection, profile, risky


async def test_up_to_five_who_are_flagged_for_something_else_are_skipped_and_the_run_goes_on(scene):
    run = await tripped(scene, users=5)
    await scene.steps(run)
    assert scene.run(run).state is RunState.DONE
    states = scene.states(run)
    assert {states.pop(user) for user in many(5)} == {SKIPPED}
    assert set(states.values()) == {VERIFIED}


async def test_more_than_five_pause_the_run_before_anything_is_written(scene):
    run = await tripped(scene)
    paused = scene.run(run)
    assert (paused.state, paused.paused_because) == (RunState.PAUSED, PauseReason.FLAGGED_ANEW)
    assert paused.needs_signature
    assert paused.note.startswith("too many of its users were flagged for something else: 6 of its users")
    assert scene.graph.sent == []
    ((_, actor, facts),) = scene.written(Event.RUN_TRIPPED)
    assert (actor, facts["reason"]) == ("countersign", "flagged_anew")
    assert (CardSubject.RUN, "C1") in scene.due_cards()


async def test_a_tripwire_that_is_touched_between_two_batches_ends_the_pass_at_the_next_one(scene):
    scene.flag(*many(600))
    run = await scene.approved()
    scene.graph.seconds["held_slot"] = 20.0
    scene.graph.slot = 20.0
    fresh = [detection(user, kind="anomalousToken", at=NOW + SECOND) for user in many(6)]
    scene.graph.detection_pages = [fresh]
    await scene.step(run)
    assert 0 < len(scene.graph.sent) < 10
    await scene.step(run)
    assert scene.run(run).paused_because is PauseReason.FLAGGED_ANEW
    assert WAITING in scene.states(run).values()


async def test_three_times_the_usual_is_told_from_the_tenants_own_past(scene):
    """Twenty-eight days of 84 such users a day: in an hour 3.5 are usual, and ten are no reason to stop."""
    past = [
        detection(f"past{day}-{number}", kind="anomalousToken", at=START - day * DAY - HOUR)
        for day in range(1, 28)
        for number in range(87)
    ]
    scene.look(lambda tx: tx.detections.keep_detections(TENANT, past, None))
    run = await tripped(scene, users=10)
    await scene.steps(run)
    assert scene.run(run).state is RunState.DONE


@pytest.mark.parametrize("band", [Band.CONFLICTING, Band.LEANS_ATTACK, Band.STRONGLY_ATTACK])
async def test_evidence_that_turns_pauses_the_run(scene, band):
    scene.flag(*many(130))
    run = await scene.approved()
    scene.weigh(band)
    await scene.step(run)
    paused = scene.run(run)
    assert (paused.state, paused.paused_because, paused.needs_signature) == (
        RunState.PAUSED,
        PauseReason.EVIDENCE,
        True,
    )
    assert band.value in paused.note
    assert scene.graph.sent == []


@pytest.mark.parametrize("band", [Band.STRONGLY_FALSE_ALARM, Band.INCONCLUSIVE, Band.INSUFFICIENT])
async def test_evidence_that_does_not_speak_of_an_attack_pauses_nothing(scene, band):
    scene.flag("ada", "bob")
    run = await scene.approved()
    scene.weigh(band)
    assert (await scene.steps(run)).state is RunState.DONE


async def test_an_action_that_clears_no_risk_has_no_tripwires(scene):
    scene.flag(*many(30))
    run = await scene.approved(action=Action.CONFIRM_COMPROMISED)
    scene.weigh(Band.STRONGLY_ATTACK)
    flag_anew(scene, *many(10))
    await scene.step(run)
    assert scene.run(run).state is RunState.RUNNING
    assert scene.graph.sent


async def test_going_on_needs_a_signature_of_somebody_who_did_not_ask(scene):
    run = await tripped(scene)
    await scene.press(ClickKind.RESUME, "UANNA", run.id)
    assert scene.refusals() == [("UANNA", Refusal.OWN_REQUEST)]
    await scene.press(ClickKind.RESUME, "UDORA", run.id)
    assert scene.refusals()[-1] == ("UDORA", Refusal.NOT_AN_APPROVER)
    assert scene.run(run).state is RunState.PAUSED
    await scene.press(ClickKind.RESUME, "UCARA", run.id)
    ((_, actor, facts),) = scene.written(Event.RUN_COUNTERSIGNED)
    assert (actor, facts["flagged"]) == ("UCARA", 6)
    assert scene.written(Event.RUN_RESUMED) == []
    assert (await scene.steps(run)).state is RunState.DONE
    states = scene.states(run)
    assert {states.pop(user) for user in many(6)} == {SKIPPED}
    assert set(states.values()) == {VERIFIED}


async def test_whoever_is_flagged_can_not_sign_for_going_on(scene):
    run = await tripped(scene)
    scene.graph.risky["account-of-UBEN"] = risky("account-of-UBEN")
    await scene.press(ClickKind.RESUME, "UBEN", run.id)
    assert scene.refusals() == [("UBEN", Refusal.AMONG_THE_FLAGGED)]
    assert scene.run(run).state is RunState.PAUSED


async def test_what_was_countersigned_does_not_stop_it_again_but_more_of_it_does(scene):
    run = await tripped(scene)
    await scene.press(ClickKind.RESUME, "UBEN", run.id)
    scene.graph.effective = False
    flag_anew(scene, *many(130)[50:56])
    await scene.step(run)
    assert scene.run(run).paused_because is PauseReason.FLAGGED_ANEW
    await scene.press(ClickKind.RESUME, "UBEN", run.id)
    assert scene.run(run).flagged_known == 12


async def test_evidence_that_asks_for_more_signatures_is_not_got_round_by_one(scene):
    """The very person who signed at first can't make up for a second one under break glass."""
    scene.flag("ada", "bob")
    run = await scene.approved()
    scene.weigh(Band.STRONGLY_ATTACK)
    await scene.step(run)
    assert scene.run(run).paused_because is PauseReason.EVIDENCE
    await scene.press(ClickKind.RESUME, "UBEN", run.id)
    assert scene.refusals() == [("UBEN", Refusal.MORE_FOR_GOING_ON)]
    assert scene.run(run).state is RunState.PAUSED
    assert scene.graph.sent == []


async def test_evidence_that_turns_within_a_pass_stops_the_next_batch(scene):
    scene.flag(*many(130))
    scene.tenant.policy = replace(scene.tenant.policy, canary=0)
    run = await scene.approved()
    send = scene.graph.send

    async def and_turn(action, user_ids):
        scene.weigh(Band.STRONGLY_ATTACK)
        return await send(action, user_ids)

    scene.graph.send = and_turn
    await scene.step(run)
    assert len(scene.graph.sent) == 1
    await scene.step(run)
    assert scene.run(run).paused_because is PauseReason.EVIDENCE


async def test_whom_the_evidence_names_after_the_signature_is_skipped(scene):
    scene.flag("ada", "bob")
    scene.weigh(Band.STRONGLY_FALSE_ALARM)
    run = await scene.approved()
    scene.weigh(Band.STRONGLY_FALSE_ALARM, Suspect("ada", "a new method from a new network"))
    assert (await scene.steps(run)).state is RunState.DONE
    assert scene.states(run) == {"ada": SKIPPED, "bob": VERIFIED}
    assert scene.graph.sent == [(Action.CONFIRM_SAFE, ("bob",))]


async def test_who_turns_out_to_be_disabled_after_the_signature_is_skipped(scene):
    scene.flag("ada", "bob")
    run = await scene.approved()
    found = [profile("ada", enabled=False)]
    scene.look(lambda tx: tx.directory.keep_profiles(TENANT, found, scene.clock.now() + 1))
    assert (await scene.steps(run)).state is RunState.DONE
    assert scene.states(run) == {"ada": SKIPPED, "bob": VERIFIED}


async def test_a_row_that_is_not_in_the_signed_plan_is_never_written_to(scene):
    scene.flag("ada", mallory=risky("mallory"))
    run = await scene.approved()
    with scene.store._engine.begin() as connection:
        rows = connection.execute(select(outcomes)).mappings().all()
        plan = {row["user_id"] for row in rows}
        connection.execute(insert(outcomes).values({**rows[0], "user_id": "eve"}))
    scene.graph.risky["eve"] = risky("eve")
    await scene.step(run)
    assert {user for _, users in scene.graph.sent for user in users} <= plan


async def test_stopping_needs_no_signature(scene):
    run = await tripped(scene)
    await scene.press(ClickKind.STOP, "UANNA", run.id)
    stopped = scene.run(run)
    assert (stopped.state, stopped.needs_signature, stopped.paused_because) == (RunState.STOPPED, False, None)
