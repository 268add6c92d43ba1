"""A tripwire paused a run, and a signature takes a one-time code: Resume asks for it."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from bot.act.run import RunState
from bot.decide.refusal import Refusal
from bot.ports.slack import ClickKind, PlainDialog, Posted, SigningDialog
from bot.record.ledger import Event
from bot.store.tables import requests
from bot.watch.evidence import Band
from tests.operations.answers import flag_anew, many, tripped
from tests.operations.signing import code_of, enrol, hire
from tests.values import person

RESUME, SUBMIT = ClickKind.RESUME, ClickKind.SUBMIT_GOING_ON


@pytest.fixture
async def paused(scene):
    """A run that a tripwire paused, in a team where every signature takes a code. Ben and Cara have one."""
    run = await tripped(scene)
    scene.tenant.policy = replace(scene.tenant.policy, codes_required=True)
    enrol(scene, "UBEN", "UCARA")
    scene.slack.dialogs.clear()
    return run


@pytest.fixture
async def under_glass(scene, paused):
    """Its request was approved under break glass."""
    scene.tenant.policy = replace(scene.tenant.policy, codes_required=False, break_glass=("UGLASS",))
    hire(scene, "UGLASS")
    enrol(scene, "UGLASS")
    with scene.store._engine.begin() as connection:
        connection.execute(update(requests).values(break_glass_needed=1))
    return paused


async def resume(scene, by, run):
    """Press Resume and see the dialog."""
    await scene.press(RESUME, by, run.id)
    dialog = scene.slack.dialogs[-1]
    assert isinstance(dialog, SigningDialog)
    return dialog


async def submit(scene, by, run, dialog, code=None):
    typed = code_of(scene, by) if code is None else code
    return await scene.press(SUBMIT, by, run.id, opened_by=dialog.opened_by, shown=dialog.shown, code=typed)


async def test_resume_asks_for_the_code_and_says_what_is_signed(scene, paused):
    dialog = await resume(scene, "UBEN", paused)
    assert (dialog.submits, dialog.subject_id, dialog.users) == (SUBMIT, paused.id, 130)
    assert dialog.code_required
    assert "flagged for something else: 6 of its users" in dialog.paused_because
    assert scene.run(paused).state is RunState.PAUSED


async def test_with_the_code_the_run_goes_on_and_the_record_says_so(scene, paused):
    await submit(scene, "UCARA", paused, await resume(scene, "UCARA", paused))
    assert scene.run(paused).state is RunState.RUNNING
    ((_, actor, facts),) = scene.written(Event.RUN_COUNTERSIGNED)
    assert (actor, facts["flagged"], facts["withCode"]) == ("UCARA", 6, True)
    assert (await scene.steps(paused)).state is RunState.DONE


@pytest.mark.parametrize(
    ("code", "refusal"), [("000000", Refusal.CODE_WRONG), ("", Refusal.CODE_MISSING), ("abc", Refusal.CODE_WRONG)]
)
async def test_without_the_right_code_it_stays_paused(scene, paused, code, refusal):
    await submit(scene, "UBEN", paused, await resume(scene, "UBEN", paused), code)
    assert scene.refusals() == [("UBEN", refusal)]
    assert scene.run(paused).state is RunState.PAUSED


async def test_whoever_has_no_code_is_told_how_to_get_one(scene, paused):
    scene.look(lambda tx: tx.codes.remove_enrolment("UBEN"))
    await scene.press(RESUME, "UBEN", paused.id)
    assert scene.refusals() == [("UBEN", Refusal.CODE_NOT_ENROLLED)]
    assert scene.slack.dialogs == []


async def test_a_code_that_let_it_go_on_signs_nothing_again(scene, paused):
    dialog = await resume(scene, "UBEN", paused)
    used = code_of(scene, "UBEN")
    await submit(scene, "UBEN", paused, dialog)
    await scene.press(ClickKind.PAUSE, "UBEN", paused.id)
    held_up = replace(scene.run(paused), needs_signature=True)
    scene.look(lambda tx: tx.runs.keep_run(held_up))
    await submit(scene, "UBEN", paused, await resume(scene, "UBEN", paused), used)
    assert scene.refusals() == [("UBEN", Refusal.CODE_USED)]
    assert scene.run(paused).state is RunState.PAUSED


async def test_whoever_asked_is_not_asked_for_a_code(scene, paused):
    enrol(scene, "UANNA")
    await scene.press(RESUME, "UANNA", paused.id)
    assert scene.refusals() == [("UANNA", Refusal.OWN_REQUEST)]
    assert scene.slack.dialogs == []


async def test_a_stranger_who_is_enrolled_is_told_in_the_dialog(scene, paused):
    enrol(scene, "UDORA")
    scene.slack.people["UDORA"] = person("UDORA")
    await scene.press(RESUME, "UDORA", paused.id)
    assert isinstance(scene.slack.dialogs[-1], PlainDialog)
    assert scene.refusals() == [("UDORA", Refusal.NOT_AN_APPROVER)]


async def test_a_copy_of_the_card_in_another_channel_opens_no_dialog(scene, paused):
    await scene.press(RESUME, "UBEN", paused.id, at=Posted("C9COPY", "2.000000"))
    assert scene.refusals() == [("UBEN", Refusal.WRONG_PLACE)]
    assert scene.slack.dialogs == []


async def test_a_submission_whose_dialog_another_person_opened_lets_nothing_go_on(scene, paused):
    dialog = await resume(scene, "UBEN", paused)
    await submit(scene, "UCARA", paused, dialog)
    assert scene.refusals() == [("UCARA", Refusal.OUT_OF_DATE)]
    assert scene.run(paused).state is RunState.PAUSED


async def test_a_submission_without_a_dialog_lets_nothing_go_on(scene, paused):
    await scene.press(SUBMIT, "UBEN", paused.id, opened_by="", code=code_of(scene, "UBEN"))
    assert scene.refusals() == [("UBEN", Refusal.OUT_OF_DATE)]
    assert scene.run(paused).state is RunState.PAUSED


async def test_evidence_that_turned_while_the_dialog_was_open_is_judged_and_uses_no_code_up(scene, paused):
    dialog = await resume(scene, "UBEN", paused)
    scene.weigh(Band.STRONGLY_ATTACK)
    await submit(scene, "UBEN", paused, dialog)
    assert scene.refusals() == [("UBEN", Refusal.MORE_FOR_GOING_ON)]
    assert scene.look(lambda tx: tx.codes.enrolment_of("UBEN")).failures == 0
    scene.weigh(Band.STRONGLY_FALSE_ALARM)
    await submit(scene, "UBEN", paused, await resume(scene, "UBEN", paused))
    assert scene.run(paused).state is RunState.RUNNING


async def test_what_was_approved_under_break_glass_goes_on_under_break_glass_alone(scene, under_glass):
    await scene.press(RESUME, "UCARA", under_glass.id)
    assert isinstance(scene.slack.dialogs[-1], PlainDialog)
    dialog = await resume(scene, "UGLASS", under_glass)
    scene.tenant.policy = replace(scene.tenant.policy, break_glass=(), approvers=("UCARA", "UGLASS"))
    await submit(scene, "UGLASS", under_glass, dialog)
    scene.tenant.policy = replace(scene.tenant.policy, break_glass=("UGLASS",))
    assert [refusal for _, refusal in scene.refusals()] == [Refusal.NOT_BREAK_GLASS] * 2
    assert scene.run(under_glass).state is RunState.PAUSED
    await submit(scene, "UGLASS", under_glass, await resume(scene, "UGLASS", under_glass))
    assert scene.run(under_glass).state is RunState.RUNNING


@pytest.mark.parametrize("paused_again_by", ["another tripwire", "hand"])
async def test_a_dialog_that_stayed_open_does_not_end_another_pause(scene, paused, paused_again_by):
    old = await resume(scene, "UBEN", paused)
    await submit(scene, "UCARA", paused, await resume(scene, "UCARA", paused))
    scene.graph.effective = False
    if paused_again_by == "hand":
        await scene.press(ClickKind.PAUSE, "UANNA", paused.id)
    else:
        flag_anew(scene, *many(130)[50:56])
        await scene.step(paused)
    await submit(scene, "UBEN", paused, old)
    assert scene.refusals() == [("UBEN", Refusal.TRY_AGAIN)]
    assert scene.run(paused).state is RunState.PAUSED
    assert scene.look(lambda tx: tx.codes.enrolment_of("UBEN")).last_step == 0


async def test_a_run_that_was_stopped_meanwhile_does_not_go_on(scene, paused):
    dialog = await resume(scene, "UBEN", paused)
    await scene.press(ClickKind.STOP, "UANNA", paused.id)
    await submit(scene, "UBEN", paused, dialog)
    assert scene.refusals() == [("UBEN", Refusal.RUN_ENDED)]
    assert set(scene.states(paused)) == set(many(130))
    assert scene.run(paused).state is RunState.STOPPED
