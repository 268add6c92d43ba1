"""What is usual is learnt from the past months, in the background; and how many users there are, once a day."""

from dataclasses import replace

from bot.operations.watching.learn_history import learn_history
from bot.operations.watching.measure_tenant import measure_tenant
from bot.operations.watching.poll_tenant import poll_tenant
from bot.ports.graph import GraphError, Priority, Problem
from tests.operations.fakes import FakeDetector
from tests.values import DAY, NOW, TENANT, detection

DOWN = GraphError(Problem.UNAVAILABLE, "Microsoft did not answer")


def watch(scene):
    return scene.look(lambda tx: tx.watches.watch_of(TENANT))


def looked_at(scene):
    scene.look(lambda tx: tx.watches.keep_watch(replace(tx.watches.watch_of(TENANT), read_through=NOW)))


async def test_the_history_waits_for_the_first_look(scene):
    await learn_history(scene.tenant)
    assert scene.graph.times("detections") == []


async def test_90_days_are_read_once_at_the_lowest_priority(scene):
    looked_at(scene)
    await learn_history(scene.tenant)
    await learn_history(scene.tenant)
    assert scene.graph.times("detections") == [(NOW - 90 * DAY, Priority.DEEP)]
    assert watch(scene).history_read_at == NOW


async def test_the_past_is_taken_as_visible_when_it_was_detected(scene):
    looked_at(scene)
    scene.tenant.work.detector = FakeDetector()
    scene.graph.detection_pages = [[detection("ada", at=NOW - 60 * DAY)]]
    await learn_history(scene.tenant)
    (flag,) = scene.tenant.work.detector.observed
    assert flag.visible_at == flag.detected_at == NOW - 60 * DAY
    assert scene.look(lambda tx: tx.detections.flags_since(TENANT, 0)) == (flag,)


async def test_a_history_that_breaks_off_is_begun_anew_and_keeps_nothing_twice(scene):
    looked_at(scene)
    scene.graph.detection_pages = [[detection("ada", at=NOW - 60 * DAY)], DOWN]
    await learn_history(scene.tenant)
    assert watch(scene).history_read_at is None
    scene.graph.detection_pages = [[detection("ada", at=NOW - 60 * DAY)]]
    await learn_history(scene.tenant)
    assert watch(scene).history_read_at == NOW
    assert len(scene.look(lambda tx: tx.detections.flags_since(TENANT, 0))) == 1


async def test_the_history_does_not_move_on_how_far_the_watch_has_read(scene):
    await poll_tenant(scene.tenant)
    before = watch(scene)
    scene.clock.pass_(600)
    await learn_history(scene.tenant)
    assert watch(scene).read_through == before.read_through


async def test_the_detector_learns_how_many_users_there_are_once_a_day(scene):
    scene.tenant.work.detector = FakeDetector()
    await measure_tenant(scene.tenant)
    await measure_tenant(scene.tenant)
    assert scene.tenant.work.detector.sizes == [3_000]
    scene.clock.pass_(24 * 3600)
    await measure_tenant(scene.tenant)
    assert scene.tenant.work.detector.sizes == [3_000, 3_000]
