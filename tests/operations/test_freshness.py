"""What a write rests on was read just before it: states, detections, and what they say of each user."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as replace_struct
from sqlalchemy import text

from bot.act.run import RunState
from bot.decide.held_back import HeldBackReason
from bot.decide.plan import Released, canonical, plan_hash, read_plan
from bot.operations.running.send_batches import page_size
from bot.ports.graph import GraphError, Problem
from tests.operations.answers import (
    SAFE,
    SKIPPED,
    VERIFIED,
    WAITING,
    many,
)
from tests.values import END, NOW, SECOND, SURGE, TENANT, detection, risky, surge


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
    scene.tenant.work.detections_read_at = scene.clock.now() - old * SECOND
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
    scene.look(lambda tx: tx.surges.keep_surge(surge(types=("leakedCredentials", "passwordSpray"))))
    scene.look(lambda tx: tx.detections.keep_detections(TENANT, [detection("ada", kind="passwordSpray", at=END)], NOW))
    await scene.step(run)
    assert scene.graph.sent == [(SAFE, ("bob",))]


async def test_a_type_that_joins_the_surge_after_the_signature_is_not_part_of_what_was_signed(scene):
    scene.flag("ada", "bob")
    run = await scene.approved()
    scene.look(lambda tx: tx.surges.keep_surge(surge(types=("leakedCredentials", "unfamiliarFeatures"))))
    scene.look(
        lambda tx: tx.detections.keep_detections(TENANT, [detection("ada", kind="unfamiliarFeatures", at=END)], NOW)
    )
    await scene.step(run)
    assert scene.graph.sent == [(SAFE, ("bob",))]


def release(scene, run, user, reason, *detection_ids):
    """Another plan in place of the run's: it names what the user was released from."""
    body = scene.look(lambda tx: tx.requests.plan_body(TENANT, run.plan_hash))
    plan = replace_struct(read_plan(body), released=(Released(user, reason, "", detection_ids),))
    digest = plan_hash(canonical(plan))

    def make(tx):
        tx.requests.add_plan(TENANT, digest, canonical(plan))

    scene.look(make)
    with scene.store._engine.begin() as connection:
        for table in ("runs", "requests"):
            connection.execute(text(f"UPDATE {table} SET plan_hash = :digest"), {"digest": digest})


async def test_who_was_released_from_a_persons_word_is_sent_and_nobody_else_like_them(scene):
    scene.flag("ada", "bob")
    run = await scene.approved()
    release(scene, run, "ada", HeldBackReason.CONFIRMED_COMPROMISED)
    scene.graph.risky |= {user: risky(user, state="confirmedCompromised") for user in ("ada", "bob")}
    await scene.step(run)
    assert [users for _, users in scene.graph.sent] == [("ada",)]
    assert scene.states(run)["bob"] is SKIPPED


async def test_a_release_holds_for_exactly_the_detections_that_were_weighed(scene):
    scene.flag("ada", "bob")
    run = await scene.approved()
    release(scene, run, "ada", HeldBackReason.OTHER_DETECTION, "weighed")
    weighed = [detection(user, name=name, kind="anomalousToken") for user, name in (("ada", "weighed"), ("bob", "new"))]
    scene.look(lambda tx: tx.detections.keep_detections(TENANT, weighed, NOW))
    await scene.step(run)
    assert [users for _, users in scene.graph.sent] == [("ada",)]
    assert scene.states(run)["bob"] is SKIPPED


@pytest.mark.parametrize(
    ("wanted", "at_risk", "size"),
    [
        (20_000, 20_000, 480),
        (20_000, 20_250, 483),
        (9_600, 10_000, 495),
        (100, 20_000, 500),
        (10, 0, 480),
        (0, 9, 480),
        (30, -97, 480),
        (1, -1, 480),
        (9, 8, 480),
    ],
)
def test_a_page_holds_eight_full_batches_of_those_who_are_wanted(wanted, at_risk, size):
    assert page_size(wanted, at_risk) == size
