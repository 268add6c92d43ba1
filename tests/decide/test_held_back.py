"""The reasons for which users are held back: one table, in which none is left out."""

from bot.decide.held_back import RULES, HeldBackReason


def test_every_reason_says_what_follows_from_it():
    assert list(RULES) == list(HeldBackReason)


def test_no_two_reasons_read_the_same():
    assert len({reason.value for reason in HeldBackReason}) == len(HeldBackReason)


def test_a_user_is_released_from_what_can_be_weighed_and_from_nothing_else():
    assert {reason for reason in HeldBackReason if not reason.rules.is_releasable} == {
        HeldBackReason.EMERGENCY,
        HeldBackReason.LAST_ADMINISTRATOR,
        HeldBackReason.EXTERNAL,
        HeldBackReason.NOT_LISTED,
        HeldBackReason.DELETED,
        HeldBackReason.NOT_PROFILED,
        HeldBackReason.CLOSED,
        HeldBackReason.MISFIT,
        HeldBackReason.ELSEWHERE,
        HeldBackReason.COHORT,
    }


def test_what_rests_on_detections_is_judged_at_each_write_and_need_not_come_to_light():
    for reason in HeldBackReason:
        assert not (reason.rules.is_of_detections and reason.rules.may_come_to_light)
