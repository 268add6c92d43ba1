"""A surge over its life."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.watch.surge import SurgeState, detected_surge_of, is_worth_opening, open_elsewhere, short_name, take_detected
from tests.values import END, LEAKED, NOW, SECOND, START, detected, detection, surge


@pytest.mark.parametrize(
    ("at", "kind", "held"),
    [
        (START, LEAKED, True),
        (END, LEAKED, True),
        (START - 1, LEAKED, False),
        (END + 1, LEAKED, False),
        (START + SECOND, "passwordSpray", False),
        (START + SECOND, "", False),
    ],
)
def test_a_detection_belongs_by_type_and_window_alone(at, kind, held):
    assert surge().holds(detection("ada", at=at, kind=kind)) is held


def test_a_moved_last_update_does_not_move_a_detection_out_of_its_surge():
    assert surge().holds(detection("ada", updated="2031-01-01T00:00:00Z"))


@given(st.binary(min_size=16, max_size=16))
def test_a_short_name_can_be_said_aloud_and_written_down(bits):
    name = short_name(bits.hex())
    assert re.fullmatch(r"S-[A-Z0-9]{4}", name)
    assert not set(name[2:]) & set("IOLU")
    assert name == short_name(bits.hex())


@pytest.mark.parametrize(
    ("before", "ended_at", "after"),
    [
        (SurgeState.OPEN, None, SurgeState.OPEN),
        (SurgeState.OPEN, NOW, SurgeState.ENDED),
        (SurgeState.ENDED, NOW, SurgeState.ENDED),
        (SurgeState.ENDED, None, SurgeState.REOPENED),
        (SurgeState.REOPENED, None, SurgeState.REOPENED),
        (SurgeState.REOPENED, NOW, SurgeState.ENDED),
        (SurgeState.CLOSED, NOW, SurgeState.CLOSED),
        (SurgeState.CLOSED, None, SurgeState.REOPENED),
    ],
)
def test_a_surge_ends_reopens_and_stays_closed_as_the_detector_sees_it(before, ended_at, after):
    taken = take_detected(surge(state=before), detected("ada", ended_at=ended_at))
    assert (taken.state, taken.ended_at) == (after, ended_at)


def test_growth_changes_neither_the_name_of_a_surge_nor_who_has_seen_it():
    before = replace(surge(), acknowledged_by="UANNA", acknowledged_at=NOW, snoozed_by="UBEN", snoozed_until=NOW)
    taken = take_detected(before, detected("ada", "bob", "cy", "dee", end=END + 1))
    assert (taken.users, taken.window_end) == (4, END + 1)
    assert replace(taken, users=before.users, window_end=before.window_end) == before


def test_what_a_restart_hands_the_detector_leads_to_the_same_surge():
    seen = detected("ada", "bob", ended_at=NOW)
    kept = take_detected(surge(), seen)
    assert detected_surge_of(kept, ["bob", "ada"]) == seen


@pytest.mark.parametrize(
    ("ended_at", "open_users", "worth"),
    [(None, set(), True), (NOW, {"bob"}, True), (NOW, {"cy"}, False), (NOW, set(), False)],
)
def test_an_ended_surge_is_worth_a_card_only_while_somebody_in_it_is_at_risk(ended_at, open_users, worth):
    assert is_worth_opening(detected("ada", "bob", ended_at=ended_at), frozenset(open_users)) is worth


def test_open_detections_outside_the_surge_are_found_and_closed_ones_are_not():
    outside = detection("ada", at=END + 1)
    other_kind = detection("bob", kind="anomalousToken")
    unknown = detection("cy", kind="anomalousToken", state="aNewWord")
    found = open_elsewhere(
        surge(),
        [
            detection("ada"),
            outside,
            detection("bob"),
            other_kind,
            unknown,
            detection("dee", kind="anomalousToken", state="dismissed"),
        ],
    )
    assert found == {"ada": (outside,), "bob": (other_kind,), "cy": (unknown,)}
