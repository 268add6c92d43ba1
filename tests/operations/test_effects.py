"""Effects are read back, and only a reading begun after the write can verify."""

from collections import Counter
from dataclasses import replace

from bot.act.outcome import OutcomeState
from bot.act.run import RunState
from bot.ports.graph import LARGEST_PAGE, GraphError, Problem
from bot.ports.slack import ClickKind
from bot.store.cards import CardSubject
from tests.operations.answers import (
    FAILED,
    SAFE,
    VERIFIED,
    WAITING,
    answering,
    many,
)
from tests.operations.fakes import ACCEPTED, takes_effect
from tests.values import DAY, NOW, SECOND, TENANT, risky


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
    scene.look(lambda tx: tx.outcomes.keep_outcomes(run, sent_later))
    await scene.step(run)
    assert set(scene.states(run).values()) == {OutcomeState.ACCEPTED}
    scene.clock.at = NOW + DAY + SECOND
    await scene.steps(run)
    assert set(scene.states(run).values()) == {VERIFIED}


async def test_what_one_page_shows_is_kept_though_the_next_one_fails(scene):
    scene.flag(*many(60))
    run = await scene.approved()
    await scene.step(run)
    await scene.step(run)
    scene.clock.pass_(5)
    scene.graph.page_size = 40
    scene.graph.failing["next_page"] = GraphError(Problem.UNAVAILABLE, "no answer")
    while VERIFIED not in scene.states(run).values():
        scene.clock.at = max(scene.clock.now(), await scene.step(run) or 0)
    assert Counter(scene.states(run).values())[VERIFIED] == 40
    unseen = [each for each in scene.outcomes(run).values() if each.state is OutcomeState.ACCEPTED]
    assert unseen
    assert all(each.look_at > scene.clock.now() for each in unseen)
    del scene.graph.failing["next_page"]
    await scene.steps(run)
    assert set(scene.states(run).values()) == {VERIFIED}


async def test_one_who_is_sent_again_is_read_alone_however_many_are_on_their_way(scene):
    """The directory's last word of those on their way is old: fewer may be at risk there than are on their way."""
    scene.flag(*many(60))
    run = await scene.approved()
    await scene.step(run)
    outcomes = scene.outcomes(run)
    closed = [takes_effect(scene.graph.risky[user], SAFE) for user in outcomes]
    scene.look(lambda tx: tx.directory.keep_risky(TENANT, closed, scene.clock.now() + 1))
    again = replace(outcomes["user000"], state=WAITING, look_at=0)
    scene.look(lambda tx: tx.outcomes.keep_outcomes(run, [again]))
    scene.graph.risky["user000"] = risky("user000")
    before = len(scene.graph.times("risky_user"))
    await scene.step(run)
    assert scene.graph.sent[-1] == (SAFE, ("user000",))
    assert all(0 < size <= LARGEST_PAGE for size in scene.graph.page_sizes)
    assert len(scene.graph.times("risky_user")) == before + 1


async def test_users_whom_no_page_shows_are_each_read_in_turn(scene):
    """Two who never change don't keep the others from being read, and nobody is looked at on and on."""
    scene.flag(*many(30))
    run = await scene.approved()
    await scene.step(run)
    stuck = {user: replace(risky(user), is_processing=True) for user in many(30)}
    scene.graph.risky.update(stuck)
    scene.graph.unlisted = True
    scene.clock.pass_(600)
    await scene.step(run)
    assert all(each.look_at > scene.clock.now() for each in scene.outcomes(run).values())
    for _ in range(120):
        scene.clock.at = max(scene.clock.now(), await scene.step(run) or 0)
    assert set(scene.graph.times("risky_user")) >= set(many(30))
    assert scene.clock.now() - NOW >= 3600 * SECOND, "120 looks last for hours"


async def test_while_microsoft_is_away_nobody_is_looked_for_at_once_again(scene):
    scene.flag(*many(30))
    run = await scene.approved()
    await scene.step(run)
    scene.clock.pass_(5)
    scene.graph.failing["risky_users"] = GraphError(Problem.UNAVAILABLE, "no answer")
    for _ in range(3):
        scene.clock.at = max(scene.clock.now(), await scene.step(run) or 0)
    assert all(each.look_at >= scene.clock.now() for each in scene.outcomes(run).values())


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


async def test_a_clock_that_is_far_from_microsofts_delays_a_verification_and_does_not_prevent_it(scene):
    """Their changes are dated a minute before our writes: the narrow margin misses them, the wide one does not."""
    scene.flag(*many(60))
    run = await scene.approved()
    await scene.step(run)
    scene.clock.pass_(10)
    await scene.step(run)
    margins = [scene.clock.now() - 10 * SECOND - since for since, _ in scene.graph.times("risky_users") if since]
    assert margins == [15 * SECOND]
    late = [
        replace(each, state=OutcomeState.ACCEPTED, sent_at=NOW, look_at=NOW) for each in scene.outcomes(run).values()
    ]
    scene.look(lambda tx: tx.outcomes.keep_outcomes(run, late))
    scene.clock.at = NOW + 200 * SECOND
    await scene.step(run)
    assert scene.graph.times("risky_users")[-1][0] == NOW - 600 * SECOND
    assert set(scene.states(run).values()) == {VERIFIED}
