"""The kinds of request: one table of what is different between them, in which none is left out."""

import pytest

from bot.decide.request_kind import RULES, Choice, RequestKind


def test_every_kind_of_request_has_its_rules():
    assert list(RULES) == list(RequestKind)


@pytest.mark.parametrize("kind", RequestKind)
def test_a_kind_lifts_only_what_a_user_could_be_released_from_as_a_whole(kind):
    assert all(each.rules.is_releasable and not each.rules.is_of_detections for each in kind.rules.lifts)


@pytest.mark.parametrize("kind", RequestKind)
def test_only_what_clears_nothing_passes_over_another_detection(kind):
    assert kind.rules.detections_hold_back or not kind.rules.may_ask_for(clears_risk=True)


@pytest.mark.parametrize("kind", RequestKind)
def test_a_kind_that_lifts_a_reason_is_signed_by_break_glass_approvers_and_told_to_everybody(kind):
    assert not kind.rules.lifts or (kind.rules.only_break_glass and kind.rules.tells_everybody)


@pytest.mark.parametrize("kind", RequestKind)
def test_so_many_are_chosen_by_name_where_names_are_chosen_and_nobody_elsewhere(kind):
    assert (kind.rules.most_named > 0) is (kind.rules.chosen_by is Choice.NAME)


def test_a_recovery_clears_and_a_way_back_never_does():
    assert [RequestKind.RECOVERY.rules.may_ask_for(clears_risk=each) for each in (True, False)] == [True, False]
    assert [RequestKind.WAY_BACK.rules.may_ask_for(clears_risk=each) for each in (True, False)] == [False, True]


def test_no_two_kinds_have_the_same_title():
    assert len({kind.rules.title for kind in RequestKind}) == len(RequestKind)
