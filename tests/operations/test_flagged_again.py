"""Cleared users are watched for a fortnight."""

import pytest

from bot.operations.delivering.account_for import account_for_surge, figures_of
from bot.operations.watching.note_flagged_again import WATCHED_AFTER
from bot.operations.watching.poll_tenant import poll_tenant
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.watch.surge import SurgeState
from tests.values import DAY, SECOND, SURGE, TENANT, detection, surge


async def cleared(scene, state=SurgeState.CLOSED):
    scene.flag("ada", "bob")
    run = await scene.approved()
    await scene.steps(run)
    scene.look(lambda tx: tx.surges.keep_surge(surge(state=state, users=2)))
    return run


async def arrive(scene, *found):
    scene.graph.detection_pages = [found]
    assert await poll_tenant(scene.tenant)


def account(scene):
    return scene.look(lambda tx: account_for_surge(tx, tx.surges.surge_by_id(TENANT, SURGE), scene.clock.now()))


@pytest.mark.parametrize("state", [SurgeState.ENDED, SurgeState.CLOSED])
async def test_a_detection_dated_after_the_verified_clean_up_reopens_the_surge_and_is_told(scene, state):
    run = await cleared(scene, state)
    at = scene.outcomes(run)["ada"].verified_at + 1
    scene.clock.pass_(60)
    await arrive(scene, detection("ada", at=at))
    assert account(scene).surge.state is SurgeState.REOPENED
    assert account(scene).flagged_again == account(scene).latest_run.flagged_again == 1
    ((_, actor, facts),) = scene.written(Event.USERS_FLAGGED_AGAIN)
    assert (actor, facts["users"], facts["surge"]) == ("countersign", ["ada"], SURGE)
    assert scene.written(Event.SURGE_REOPENED)
    assert {(CardSubject.SURGE, "C1"), (CardSubject.RUN, "C1")} <= scene.due_cards()
    figure = scene.look(lambda tx: figures_of(tx, tx.surges.surge_by_id(TENANT, SURGE)))[0]
    assert (figure.name, [person.user_id for person in figure.people]) == ("re-flagged after clean-up", ["ada"])


async def test_a_user_is_told_once_however_many_detections_follow(scene):
    run = await cleared(scene)
    at = scene.outcomes(run)["ada"].verified_at
    scene.clock.pass_(60)
    await arrive(scene, detection("ada", at=at + 1), detection("ada", at=at + 2))
    await arrive(scene, detection("ada", at=at + 1), detection("ada", at=at + 3))
    await arrive(scene, detection("bob", at=at + 4))
    assert [facts["users"] for _, _, facts in scene.written(Event.USERS_FLAGGED_AGAIN)] == [["ada"], ["bob"]]
    assert account(scene).flagged_again == 2


async def test_a_late_detection_from_before_the_clean_up_is_no_new_flag(scene):
    run = await cleared(scene)
    await arrive(scene, detection("ada", name="late", at=scene.outcomes(run)["ada"].verified_at))
    assert scene.written(Event.USERS_FLAGGED_AGAIN) == []
    assert account(scene).surge.state is SurgeState.CLOSED
    assert account(scene).flagged_again == 0


async def test_a_persons_word_is_no_new_flag(scene):
    run = await cleared(scene)
    at = scene.outcomes(run)["ada"].verified_at + SECOND
    await arrive(scene, detection("ada", kind="adminConfirmedUserCompromised", at=at))
    assert scene.written(Event.USERS_FLAGGED_AGAIN) == []


async def test_after_a_fortnight_a_flag_is_a_flag_like_any_other(scene):
    run = await cleared(scene)
    scene.clock.at += WATCHED_AFTER + DAY
    await arrive(scene, detection("ada", at=scene.outcomes(run)["ada"].verified_at + WATCHED_AFTER + 1))
    assert scene.written(Event.USERS_FLAGGED_AGAIN) == []
    assert account(scene).flagged_again == 0


async def test_verified_users_start_anew_from_the_time_of_the_reading_that_showed_it(scene):
    run = await cleared(scene)
    times = {user: outcome.verified_at for user, outcome in scene.outcomes(run).items()}
    assert dict(scene.detector.forgiven) == times
