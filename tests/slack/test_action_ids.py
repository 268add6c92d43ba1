"""The names under which Slack hands back a press: old messages and open dialogs carry them, whatever becomes of us."""

from bot.decide.request import RequestKind
from bot.ports.presses import PRESSES, Form
from bot.ports.slack import ClickKind
from bot.slack.action_ids import ASKING, BUTTONS, DIALOGS, SIGNING
from bot.slack.listeners.views import CHOICES


def test_the_buttons_of_old_messages_are_known_by_the_names_they_carry():
    assert BUTTONS == {
        ClickKind.OPEN_REQUEST: "countersign-open-request",
        ClickKind.ACKNOWLEDGE: "countersign-acknowledge",
        ClickKind.SNOOZE: "countersign-snooze",
        ClickKind.DETAILS: "countersign-details",
        ClickKind.APPROVE: "countersign-approve",
        ClickKind.REJECT: "countersign-reject",
        ClickKind.WITHDRAW: "countersign-withdraw",
        ClickKind.PAUSE: "countersign-pause",
        ClickKind.RESUME: "countersign-resume",
        ClickKind.STOP: "countersign-stop",
        ClickKind.ASK_AGAIN: "countersign-ask-again",
        ClickKind.OPEN_RELEASE: "countersign-open-release",
        ClickKind.OPEN_RECOVERY: "countersign-open-recovery",
        ClickKind.OPEN_WAY_BACK: "countersign-open-way-back",
    }


def test_the_dialogs_that_stand_open_are_known_by_the_names_they_carry():
    assert ASKING == {
        "countersign-request": ClickKind.SUBMIT_REQUEST,
        "countersign-release": ClickKind.SUBMIT_RELEASE,
        "countersign-recovery": ClickKind.SUBMIT_RECOVERY,
        "countersign-way-back": ClickKind.SUBMIT_WAY_BACK,
    }
    assert SIGNING == {
        "countersign-approval": ClickKind.SUBMIT_APPROVAL,
        "countersign-going-on": ClickKind.SUBMIT_GOING_ON,
    }


def test_whatever_can_be_pressed_has_a_name_of_its_own():
    named = [*BUTTONS.values(), *DIALOGS.values()]
    assert len(named) == len(set(named))
    nameless = set(PRESSES) - set(BUTTONS) - set(DIALOGS)
    assert {PRESSES[kind].form for kind in nameless} == {Form.CHOICE, Form.NONE}


def test_each_kind_of_request_has_the_field_of_whom_it_is_for():
    assert set(CHOICES) == set(RequestKind)
