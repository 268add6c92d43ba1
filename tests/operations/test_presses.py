"""The registry of presses: no kind is left out, and what it declares of each is what happens."""

from dataclasses import replace

import pytest

from bot.act.run import RunState
from bot.decide.policy import Who
from bot.operations.delivering.use_cases import USE_CASES
from bot.ports.presses import PRESSES
from bot.ports.slack import CardSubject, ClickKind
from tests.operations.signing import code_of, enrol
from tests.values import SURGE

ON_A_CARD = [kind for kind, press in PRESSES.items() if press.subject is not None]
WITH_AN_EVENT = [kind for kind, press in PRESSES.items() if press.event is not None]
ALLOWED = {Who.SIGNERS: "UBEN", Who.REJECTERS: "UBEN"}
"""Who may press besides Anna, who asks for everything."""


class OutOfReach:
    """A Graph that nobody may ask. What it knows of its own pace is no question to Microsoft."""

    def slot_seconds(self):
        return 1.0

    def __getattr__(self, name):
        raise AssertionError(f"asked Microsoft: {name}")


def test_no_kind_of_press_is_left_out_of_the_registry():
    assert set(PRESSES) == set(ClickKind)


def test_each_press_that_is_about_something_has_its_use_case():
    assert set(USE_CASES) == set(ON_A_CARD)


async def stand(scene, kind):
    """What such a press is about: gives its id."""
    scene.flag("ada", "bob")
    subject = PRESSES[kind].subject
    if subject is CardSubject.SURGE:
        return SURGE
    request = await scene.ask()
    if kind is ClickKind.ASK_AGAIN:
        await scene.press(ClickKind.WITHDRAW, "UANNA", request.id)
    if subject is CardSubject.REQUEST:
        return request.id
    await scene.press(ClickKind.APPROVE, "UCARA", request.id)
    run = scene.run_of(request)
    if kind is ClickKind.RESUME:
        scene.look(lambda tx: tx.runs.keep_run(replace(run, state=RunState.PAUSED)))
    return run.id


async def press(scene, kind, by):
    """Press it as somebody does who has its card, or its dialog, before them."""
    subject_id = await stand(scene, kind)
    values = {}
    if PRESSES[kind].asks_for is not None:
        values = {"action": "Confirm safe", "cohorts": ("cloud-only",), "reason": "x", "run_id": "0" * 32}
    elif PRESSES[kind].is_submission:
        enrol(scene, by)
        opener = ClickKind.RESUME if PRESSES[kind].subject is CardSubject.RUN else ClickKind.APPROVE
        opened_by = await scene.press(opener, by, subject_id)
        values = {"opened_by": opened_by.key, "code": code_of(scene, by)}
    return await scene.press(kind, by, subject_id, **values)


@pytest.mark.parametrize("kind", [kind for kind in ON_A_CARD if PRESSES[kind].who is not Who.ANY_MEMBER])
async def test_a_member_on_no_list_is_refused_by_each_press_in_the_words_it_declares(scene, kind):
    click = await press(scene, kind, "UDORA")
    assert set(scene.refusals()) == {("UDORA", PRESSES[kind].refusal)}
    assert scene.is_done(click)


@pytest.mark.parametrize("kind", WITH_AN_EVENT)
async def test_a_press_leaves_the_row_that_it_declares(scene, kind):
    by = ALLOWED.get(PRESSES[kind].who, "UANNA")
    await press(scene, kind, by)
    assert by in {actor for _, actor, _ in scene.written(PRESSES[kind].event)}
    assert scene.refusals() == []


@pytest.mark.parametrize("kind", [kind for kind in ON_A_CARD if not PRESSES[kind].asks_microsoft])
async def test_a_press_that_does_not_wait_for_the_tenants_holder_never_asks_microsoft(scene, kind):
    subject_id = await stand(scene, kind)
    click = scene.click(kind, ALLOWED.get(PRESSES[kind].who, "UANNA"), subject_id)
    scene.tenant.graph = OutOfReach()
    scene.tenant.work.hold = None
    await scene.carry_out(click)
    assert scene.is_done(click)


@pytest.mark.parametrize("kind", [kind for kind in ON_A_CARD if PRESSES[kind].asks_microsoft])
async def test_a_press_that_asks_microsoft_waits_for_the_tenants_holder(scene, kind):
    subject_id = await stand(scene, kind)
    scene.tenant.work.hold = None
    click = await scene.press(kind, "UBEN", subject_id)
    assert not scene.is_done(click)
