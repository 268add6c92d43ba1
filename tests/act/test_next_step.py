"""What comes next in a run."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.act.canary import IN_TIME, must_close
from bot.act.next_step import (
    FEW,
    USERS_A_PAGE,
    Finish,
    Nothing,
    PassCanary,
    Pause,
    ReadBack,
    Send,
    Verify,
    Wait,
    next_step,
)
from bot.act.pause import PauseReason
from bot.act.run import VISIBLE_WITHIN, Intent, RunFacts, RunState, Trip
from bot.decide.action import Action
from tests.values import HOUR, NOW, SECOND, run

SAFE = Action.CONFIRM_SAFE
INTENT = Intent("i", "b" * 32, 1, SAFE, ("ada",), NOW, 1)
NOBODY = RunFacts((), 0, 0, (), None, None)
TRIP = Trip(PauseReason.EVIDENCE, "the evidence is conflicting now")

FACTS = st.builds(
    RunFacts,
    unanswered=st.sampled_from([(), (INTENT,)]),
    waiting=st.integers(0, 3),
    accepted=st.integers(0, 3),
    due=st.sampled_from([(), ("ada",)]),
    next_look=st.none() | st.integers(NOW - HOUR, NOW + HOUR),
    last_sent_at=st.none() | st.integers(NOW - HOUR, NOW),
    again=st.integers(0, 3),
    sent=st.integers(0, 12),
    verified=st.integers(0, 10),
    failed=st.integers(0, 4),
    slowest=st.none() | st.integers(0, HOUR),
    trip=st.none() | st.just(TRIP),
    slot=st.just(SECOND),
)
RUNS = st.builds(
    lambda state, at, canary, since, passed: replace(
        run(state=state, not_before=at), canary=canary, canary_since=since, canary_passed_at=passed
    ),
    st.sampled_from(RunState),
    st.integers(NOW - 9, NOW + 9),
    st.integers(0, 10),
    st.none() | st.integers(NOW - 2 * IN_TIME, NOW),
    st.none() | st.just(NOW),
)


@given(RUNS, FACTS)
def test_an_intent_without_an_answer_comes_before_everything_else(going, facts):
    step = next_step(going, replace(facts, unanswered=(INTENT,)), NOW)
    assert step == ReadBack(INTENT)


@given(RUNS, FACTS)
def test_only_a_run_that_is_not_held_up_nor_over_sends_or_finishes(going, facts):
    step = next_step(going, facts, NOW)
    if isinstance(step, Send | Finish):
        assert going.state in {RunState.QUEUED, RunState.RUNNING}
    if isinstance(step, Send):
        assert facts.waiting
        assert going.not_before <= NOW


@given(RUNS, FACTS)
def test_a_run_never_finishes_while_somebody_waits_to_be_sent(going, facts):
    assume(facts.waiting)
    assert not isinstance(next_step(going, facts, NOW), Finish)


@given(RUNS, FACTS)
def test_a_wait_names_a_time_to_come(going, facts):
    facts = replace(facts, due=(), next_look=NOW + SECOND if facts.accepted else None)
    if not facts.unanswered and going.state.writes and facts.waiting:
        assume(not going.is_on_trial or going.canary_since is None or going.canary_since + IN_TIME > NOW)
    step = next_step(going, facts, NOW)
    if isinstance(step, Wait):
        assert step.until > NOW


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.STOPPED, RunState.DONE])
def test_reading_goes_on_while_nothing_is_written(state):
    facts = replace(NOBODY, waiting=1, accepted=1, due=("ada",), next_look=NOW, last_sent_at=NOW - SECOND)
    assert next_step(run(state=state), facts, NOW) == Verify(("ada",))


def test_a_paused_run_with_nobody_to_read_needs_nothing():
    assert next_step(run(state=RunState.PAUSED), replace(NOBODY, waiting=5), NOW) == Nothing()


def test_after_a_failed_write_the_next_waits_for_its_time():
    facts = replace(NOBODY, waiting=1)
    assert next_step(run(not_before=NOW + 5), facts, NOW) == Wait(NOW + 5)
    assert next_step(run(not_before=NOW + 5), facts, NOW + 5) == Send()


@pytest.mark.parametrize(("age", "ends"), [(VISIBLE_WITHIN - 1, False), (VISIBLE_WITHIN, True)])
def test_a_run_ends_when_the_last_accepted_had_half_an_hour_to_become_visible(age, ends):
    facts = replace(NOBODY, accepted=1, next_look=NOW + SECOND, last_sent_at=NOW - age)
    assert next_step(run(), facts, NOW) == (Finish() if ends else Wait(NOW + SECOND))


def test_a_run_whose_accepted_users_are_not_watched_any_more_ends():
    """It was paused, or its process was down, for longer than the users are watched."""
    assert next_step(run(), replace(NOBODY, accepted=3), NOW) == Finish()


def test_a_run_with_nobody_left_ends_at_once():
    assert next_step(run(state=RunState.QUEUED), NOBODY, NOW) == Finish()


# The canary.

TRIAL = replace(run(), canary=10, canary_since=NOW)
TRIALS = st.builds(
    lambda canary, since: replace(run(), canary=canary, canary_since=since),
    st.integers(1, 10),
    st.none() | st.integers(NOW - 2 * IN_TIME, NOW),
)


def out(verified=0, failed=0, accepted=0, waiting=100, **known):
    """The canary's users by outcome, and so many who wait for it."""
    return replace(
        NOBODY,
        waiting=waiting,
        accepted=accepted,
        verified=verified,
        failed=failed,
        **{"sent": verified + failed + accepted} | known,
    )


@given(TRIALS, FACTS)
def test_while_the_canary_is_out_no_more_new_users_go_than_there_is_room_for(going, facts):
    step = next_step(going, facts, NOW)
    if isinstance(step, Send):
        assert step.most == max(0, going.canary - facts.sent)
        assert step.most or facts.again


@given(RUNS, FACTS)
def test_the_canary_passes_only_with_enough_who_are_closed_and_before_anybody_else_goes(going, facts):
    step = next_step(going, facts, NOW)
    if isinstance(step, PassCanary):
        assert going.is_on_trial
        assert facts.verified >= must_close(going.canary)
    if isinstance(step, Send) and step.most is None:
        assert going.state is RunState.QUEUED or not going.is_on_trial


def test_a_canary_of_ten_passes_with_eight():
    assert next_step(TRIAL, out(verified=7, accepted=3, next_look=NOW + 9), NOW) == Wait(NOW + 9)
    assert next_step(TRIAL, out(verified=8, accepted=2), NOW) == PassCanary()


def test_a_skipped_user_of_the_canary_is_replaced():
    assert next_step(TRIAL, out(verified=2, accepted=6), NOW) == Send(2)


def test_a_user_of_the_canary_who_stayed_as_they_were_is_sent_again_without_a_new_one():
    assert next_step(TRIAL, out(verified=7, accepted=2, sent=10, again=1), NOW) == Send(0)


@pytest.mark.parametrize(("late", "pauses"), [(IN_TIME - 1, False), (IN_TIME, True)])
def test_a_canary_that_does_not_close_in_a_quarter_of_an_hour_pauses_the_run(late, pauses):
    step = next_step(TRIAL, out(verified=7, accepted=3), NOW + late)
    assert step == (
        Pause(
            PauseReason.CANARY,
            "7 of the 10 users who went first are closed at Microsoft, 0 failed; 8 must be closed before the rest goes",
        )
        if pauses
        else Wait(NOW + IN_TIME)
    )


def test_a_canary_that_can_not_pass_any_more_pauses_the_run_at_once():
    assert next_step(TRIAL, out(verified=1, failed=2, accepted=7), NOW) == Wait(NOW + IN_TIME)
    step = next_step(TRIAL, out(verified=1, failed=3, accepted=6), NOW)
    assert isinstance(step, Pause)
    assert step.reason is PauseReason.CANARY


def test_a_canary_with_nobody_left_behind_it_holds_nobody_up():
    assert next_step(TRIAL, out(verified=1, waiting=0), NOW + IN_TIME) == Finish()


def test_while_the_canary_is_out_its_users_are_read():
    assert next_step(TRIAL, out(accepted=10, due=("ada",)), NOW) == Verify(("ada",))


# Tripwires.


@given(RUNS, FACTS)
def test_a_touched_tripwire_pauses_a_run_before_anything_more_is_written(going, facts):
    facts = replace(facts, trip=TRIP, unanswered=())
    step = next_step(going, facts, NOW)
    assert not isinstance(step, Send | PassCanary)
    assert isinstance(step, Pause) is (going.state.writes and facts.waiting > 0)
    if isinstance(step, Pause):
        assert step.reason.needs_signature


# Reading by the page.


def test_a_reading_by_the_page_waits_until_the_last_page_can_show_what_was_written_last():
    many = tuple(f"user{n}" for n in range(FEW + 1))
    facts = replace(
        NOBODY,
        accepted=len(many),
        due=many,
        next_look=NOW - HOUR,
        last_sent_at=NOW,
        sent=10 * USERS_A_PAGE,
        slowest=30 * SECOND,
        slot=SECOND,
    )
    assert next_step(run(), facts, NOW + SECOND) == Wait(NOW + 20 * SECOND)
    assert next_step(run(), facts, NOW + 20 * SECOND) == Verify(many)
    assert next_step(run(), replace(facts, slowest=None), NOW + SECOND) == Verify(many)
    seen_late = replace(facts, slowest=HOUR)
    assert next_step(run(), seen_late, NOW + 61 * SECOND) == Verify(many), "an outage says nothing of Microsoft's pace"
    assert next_step(run(), replace(facts, due=many[:FEW]), NOW + SECOND) == Verify(many[:FEW])
