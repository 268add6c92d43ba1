"""Reading what is new: nothing twice, nothing lost, and a surge told of as soon as it is sure."""

from dataclasses import replace

import pytest

from bot.operations.watching.poll_tenant import poll_deeply, poll_tenant, refresh_detections
from bot.operations.watching.track_surges import load_detector
from bot.ports.graph import GraphError, Priority, Problem
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from bot.store.leases import LeaseLostError
from bot.store.watches import Watch
from bot.watch.surge import SurgeState
from tests.operations.fakes import FakeDetector
from tests.values import DAY, HOUR, MINUTE, NOW, SECOND, TENANT, detected, detection

DOWN = GraphError(Problem.UNAVAILABLE, "Microsoft did not answer")


def watch(scene) -> Watch:
    return scene.look(lambda tx: tx.watches.watch_of(TENANT))


def keep_watch(scene, **values):
    scene.look(lambda tx: tx.watches.keep_watch(replace(tx.watches.watch_of(TENANT), **values)))


def readings(scene):
    return scene.graph.times("detections")


def surges(scene):
    return scene.look(lambda tx: tx.surges.all_surges(TENANT))


async def test_the_first_look_goes_back_seven_days(scene):
    assert await poll_tenant(scene.tenant)
    assert readings(scene) == [(NOW - 7 * DAY, Priority.WATCH)]
    assert (watch(scene).read_through, watch(scene).deep_read_at) == (NOW, NOW)


@pytest.mark.parametrize(("pages", "overlap"), [(1, 48 * HOUR), (5, 48 * HOUR), (6, HOUR)])
async def test_48_hours_overlap_while_they_are_few_pages_and_an_hour_beyond(scene, pages, overlap):
    keep_watch(scene, read_through=NOW - HOUR, deep_read_at=NOW - HOUR, pages_in_overlap=pages)
    await poll_tenant(scene.tenant)
    assert readings(scene) == [(NOW - HOUR - overlap, Priority.WATCH)]


async def test_how_many_pages_the_overlap_took_decides_the_next_one(scene):
    scene.graph.detection_pages = [()] * 6
    keep_watch(scene, read_through=NOW)
    await poll_tenant(scene.tenant)
    assert watch(scene).pages_in_overlap == 6
    scene.clock.pass_(300)
    await poll_tenant(scene.tenant)
    assert readings(scene)[1] == (NOW - HOUR, Priority.WATCH)
    assert watch(scene).pages_in_overlap == 6
    assert watch(scene).deep_read_at == NOW


@pytest.mark.parametrize(
    ("pages", "age", "since"),
    [(6, HOUR, NOW - HOUR - 48 * HOUR), (6, HOUR - 1, None), (5, HOUR, None), (6, None, NOW - 48 * HOUR)],
)
async def test_beyond_few_pages_the_long_reading_comes_hourly_at_the_lowest_priority(scene, pages, age, since):
    deep = None if age is None else NOW - age
    keep_watch(scene, read_through=NOW, deep_read_at=deep, pages_in_overlap=pages)
    await poll_deeply(scene.tenant)
    assert readings(scene) == ([] if since is None else [(since, Priority.DEEP)])
    assert watch(scene).read_through == NOW


async def test_before_the_first_look_there_is_no_long_reading(scene):
    await poll_deeply(scene.tenant)
    assert readings(scene) == []


async def test_after_a_long_outage_the_reading_starts_where_the_last_one_did(scene):
    keep_watch(scene, read_through=NOW - 30 * DAY, deep_read_at=NOW - 30 * DAY, pages_in_overlap=1)
    await poll_tenant(scene.tenant)
    assert readings(scene)[0][0] == NOW - 30 * DAY - 48 * HOUR


async def test_a_failed_page_loses_nothing(scene):
    scene.graph.detection_pages = [[detection("ada")], DOWN]
    assert not await poll_tenant(scene.tenant)
    assert watch(scene) == Watch(TENANT, problem="Microsoft did not answer")
    assert [flag.user_id for flag in scene.detector.observed] == ["ada"]
    scene.clock.pass_(300)
    scene.graph.detection_pages = [[detection("ada")], [detection("bob")]]
    assert await poll_tenant(scene.tenant)
    assert readings(scene)[1][0] == scene.clock.now() - 7 * DAY
    assert [flag.user_id for flag in scene.detector.observed] == ["ada", "bob"]
    assert watch(scene).problem == ""


async def test_a_failed_poll_does_not_move_what_was_read_through(scene):
    keep_watch(scene, read_through=NOW - HOUR, deep_read_at=NOW - HOUR, pages_in_overlap=2)
    scene.graph.detection_pages = [DOWN]
    before = watch(scene)
    assert not await poll_tenant(scene.tenant)
    assert watch(scene) == replace(before, problem=DOWN.why)
    assert scene.tenant.work.detections_read_at == 0


async def test_that_watching_does_not_work_stands_on_the_cards_once(scene):
    scene.flag("ada")
    scene.stand(CardSubject.SURGE, "5" * 32)
    scene.graph.detection_pages = [DOWN]
    await poll_tenant(scene.tenant)
    assert (CardSubject.SURGE, "C1") in scene.due_cards()
    scene.stand(CardSubject.SURGE, "5" * 32)
    await poll_tenant(scene.tenant)
    assert (CardSubject.SURGE, "C1") not in scene.due_cards()


async def test_no_detection_is_taken_twice_however_often_it_is_read(scene):
    scene.graph.detection_pages = [[detection("ada"), detection("bob")], [detection("ada")]]
    for _ in range(3):
        await poll_tenant(scene.tenant)
    assert sorted(flag.user_id for flag in scene.detector.observed) == ["ada", "bob"]
    assert len(scene.look(lambda tx: tx.detections.flags_since(TENANT, 0))) == 2


async def test_a_surge_is_told_of_before_the_next_page_is_asked_for(scene):
    scene.detector.detected_surges = (detected("ada", "bob"),)
    seen = []

    def second_page():
        seen.extend(surges(scene))
        seen.append(scene.due_cards())
        return [detection("cy")]

    scene.graph.detection_pages = [[detection("ada"), detection("bob")], second_page]
    await poll_tenant(scene.tenant)
    surge, due = seen
    assert (surge.state, surge.users) == (SurgeState.OPEN, 2)
    assert due == {(CardSubject.SURGE, "C1")}


async def test_a_surge_opens_once_grows_ends_and_opens_again_each_with_its_row(scene):
    for seen in (
        detected("ada", "bob"),
        detected("ada", "bob"),
        detected("ada", "bob", "cy"),
        detected("ada", "bob", "cy", ended_at=NOW),
        detected("ada", "bob", "cy", "dee"),
    ):
        scene.detector.detected_surges = (seen,)
        await poll_tenant(scene.tenant)
    (surge,) = surges(scene)
    assert (surge.state, surge.users) == (SurgeState.REOPENED, 4)
    assert [event for event, _, _ in scene.written()] == [
        Event.SURGE_OPENED,
        Event.SURGE_ENDED,
        Event.SURGE_REOPENED,
    ]
    assert scene.look(lambda tx: tx.surges.users_of_surge(TENANT, surge.id)) == ("ada", "bob", "cy", "dee")


@pytest.mark.parametrize(("state", "kept"), [("atRisk", 1), ("unheardOf", 1), ("remediated", 0)])
async def test_a_surge_that_ended_is_opened_only_while_somebody_in_it_is_at_risk(scene, state, kept):
    scene.graph.detection_pages = [[detection("ada", state="dismissed"), detection("bob", state=state)]]
    scene.detector.detected_surges = (detected("ada", "bob", ended_at=NOW),)
    await poll_tenant(scene.tenant)
    assert len(surges(scene)) == kept
    assert [surge.state for surge in surges(scene)] == [SurgeState.ENDED] * kept


async def test_after_a_restart_the_same_surge_goes_on_and_is_not_opened_anew(scene):
    scene.graph.detection_pages = [[detection("ada"), detection("bob")]]
    scene.detector.detected_surges = (detected("ada", "bob"),)
    await poll_tenant(scene.tenant)
    (before,) = surges(scene)
    fresh = FakeDetector(detected_surges=(detected("ada", "bob", "cy"),))
    scene.tenant.new_detector = lambda users: fresh
    await load_detector(scene.tenant)
    assert fresh.resumed == [detected("ada", "bob")]
    assert sorted(flag.user_id for flag in fresh.observed) == ["ada", "bob"]
    await poll_tenant(scene.tenant)
    (after,) = surges(scene)
    assert (after.id, after.users) == (before.id, 3)
    assert len(scene.written(Event.SURGE_OPENED)) == 1


async def test_after_a_restart_the_detector_knows_who_was_cleared_and_when(scene):
    scene.flag("ada")
    run = await scene.approved()
    await scene.steps(run)
    fresh = FakeDetector()
    scene.tenant.new_detector = lambda users: fresh
    await load_detector(scene.tenant)
    assert fresh.forgiven == [("ada", scene.outcomes(run)["ada"].verified_at)]
    assert scene.detector.forgiven == fresh.forgiven


@pytest.mark.parametrize("work", [poll_tenant, refresh_detections, load_detector])
async def test_a_process_without_the_lease_keeps_nothing(scene, work):
    scene.graph.detection_pages = [[detection("ada")]]
    scene.look(lambda tx: tx.leases.clear_leases())
    with pytest.raises(LeaseLostError):
        await work(scene.tenant)
    assert scene.look(lambda tx: tx.detections.flags_since(TENANT, 0)) == ()
    assert watch(scene) == Watch(TENANT)


async def test_the_short_reading_before_a_write_moves_on_what_was_read(scene):
    keep_watch(scene, read_through=NOW - 600 * SECOND, deep_read_at=NOW - HOUR, pages_in_overlap=2)
    assert await refresh_detections(scene.tenant)
    assert readings(scene) == [(NOW - 600 * SECOND - 15 * MINUTE, Priority.ACT)]
    assert watch(scene).read_through == scene.tenant.work.detections_read_at == NOW
    assert watch(scene).deep_read_at == NOW - HOUR


async def test_a_short_reading_before_the_first_look_was_complete_does_not_stand_for_it(scene):
    scene.graph.detection_pages = [[detection("ada")], DOWN]
    assert not await poll_tenant(scene.tenant)
    scene.graph.detection_pages = []
    scene.graph.asked.clear()
    await refresh_detections(scene.tenant)
    assert readings(scene)[0][0] == NOW - 7 * DAY
