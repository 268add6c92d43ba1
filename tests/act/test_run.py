"""What comes next in a run, and who goes out in a batch."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import (
    MOST_SENDS,
    VISIBLE_WITHIN,
    WATCHED_FOR,
    Finish,
    Intent,
    Nothing,
    ReadBack,
    RunFacts,
    RunState,
    Send,
    Verify,
    Wait,
    after_verification,
    judge_page,
    next_look,
    next_step,
)
from bot.decide.action import Action
from tests.values import HOUR, NOW, SECOND, detection, risky, run

SAFE = Action.CONFIRM_SAFE
RESEND = 120 * SECOND
INTENT = Intent("i", "b" * 32, 1, SAFE, ("ada",), NOW, 1)
NOBODY = RunFacts((), 0, 0, (), None, None)

FACTS = st.builds(
    RunFacts,
    unanswered=st.sampled_from([(), (INTENT,)]),
    waiting=st.integers(0, 3),
    accepted=st.integers(0, 3),
    due=st.sampled_from([(), ("ada",)]),
    next_look=st.none() | st.integers(NOW - HOUR, NOW + HOUR),
    last_sent_at=st.none() | st.integers(NOW - HOUR, NOW),
)
RUNS = st.builds(
    lambda state, at: run(state=state, not_before=at), st.sampled_from(RunState), st.integers(NOW - 9, NOW + 9)
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


# A page, judged just before writing.


def waiting(*users, **known):
    return {user: Outcome(user, OutcomeState.WAITING, **known) for user in users}


SEEN = "2025-04-20T05:00:00Z"


def judge(page, outcomes=None, *, action=SAFE, others=None, seen=SEEN, detections_read_at=NOW, page_read_at=NOW):
    users = [user.user_id for user in page]
    return judge_page(
        action=action,
        outcomes=waiting(*users) if outcomes is None else outcomes,
        page=page,
        seen=dict.fromkeys(users, seen),
        others=others or {},
        detections_read_at=detections_read_at,
        page_read_at=page_read_at,
    )


USERS = [f"user{n}" for n in range(5)]
PAGES = st.lists(
    st.builds(
        lambda user, state, processing, deleted, updated: risky(
            user, state=state, processing=processing, deleted=deleted, updated=updated
        ),
        st.sampled_from(USERS),
        st.sampled_from(["atRisk", "atRisk", "confirmedCompromised", "confirmedSafe", "unheardOf"]),
        st.booleans(),
        st.sampled_from([False, False, False, True]),
        st.sampled_from([SEEN, "moved"]),
    ),
    max_size=9,
)
OUTCOMES = st.dictionaries(
    st.sampled_from(USERS),
    st.tuples(
        st.sampled_from([OutcomeState.WAITING] * 4 + list(OutcomeState)), st.integers(0, 2), st.sampled_from([1, 2, 60])
    ),
).map(
    lambda found: {
        user: Outcome(user, state, sends=sends, sent_at=NOW - HOUR if sends else None, batch_limit=limit)
        for user, (state, sends, limit) in found.items()
    }
)
OTHERS = st.sets(st.sampled_from(USERS)).map(
    lambda users: {user: (detection(user, kind="anomalousToken"),) for user in users}
)


@settings(max_examples=300, deadline=None)
@given(
    PAGES,
    OUTCOMES,
    OTHERS,
    st.sampled_from(sorted([SAFE, Action.DISMISS_RISK, Action.CONFIRM_COMPROMISED])),
    st.booleans(),
)
def test_a_batch_names_only_those_who_wait_and_have_nothing_against_them(page, outcomes, others, action, stale):
    judged = judge(
        page, outcomes, action=action, others=others, detections_read_at=NOW - 1 if stale else NOW, page_read_at=NOW
    )
    shown = {user.user_id: user for user in page}
    assert not [user for user, times in Counter(judged.batch).items() if times > 1]
    assert len(judged.batch) <= min([60, *(outcomes[user].batch_limit for user in judged.batch)])
    assert not {outcome.user_id for outcome in judged.settled} & set(judged.batch)
    for user_id in judged.batch:
        user = shown[user_id]
        assert outcomes[user_id].state is OutcomeState.WAITING
        assert user_id not in others
        assert not user.is_deleted
        assert user.risk_state not in {"confirmedSafe", "dismissed"} or action is Action.CONFIRM_COMPROMISED
        assert user.risk_state != "confirmedCompromised"
        assert not stale or user.last_updated_text == SEEN


@settings(deadline=None)
@given(PAGES, OUTCOMES, OTHERS)
def test_nothing_but_what_waits_is_settled(page, outcomes, others):
    for outcome in judge(page, outcomes, others=others).settled:
        assert outcomes[outcome.user_id].state is OutcomeState.WAITING
        assert outcome.state not in {OutcomeState.WAITING, OutcomeState.SENDING}
        assert outcome.sends == outcomes[outcome.user_id].sends


def test_a_page_of_500_goes_out_in_batches_of_60():
    page = [risky(f"user{n:03}") for n in range(500)]
    outcomes = waiting(*(user.user_id for user in page))
    sizes = []
    while outcomes:
        judged = judge(page, outcomes)
        sizes.append(len(judged.batch))
        for user_id in judged.batch:
            del outcomes[user_id]
        assert judged.more is bool(outcomes)
    assert sizes == [60] * 8 + [20]


@pytest.mark.parametrize("limit", [30, 15, 7, 3, 1])
def test_users_of_a_refused_batch_go_out_in_smaller_ones_apart_from_the_rest(limit):
    page = [risky(f"user{n:03}") for n in range(60)]
    small = {user.user_id for user in page[10:40]}
    outcomes = {
        user.user_id: Outcome(user.user_id, OutcomeState.WAITING, batch_limit=limit if user.user_id in small else 60)
        for user in page
    }
    judged = judge(page, outcomes)
    assert len(judged.batch) == limit
    assert set(judged.batch) <= small
    assert judged.more


def test_a_user_who_comes_twice_on_a_page_goes_out_once():
    judged = judge([risky("ada"), risky("ada")])
    assert judged.batch == ("ada",)
    assert not judged.more


def test_who_is_not_in_the_plan_is_left_alone():
    judged = judge([risky("stranger")], {})
    assert (judged.batch, judged.settled) == ((), ())


@pytest.mark.parametrize(
    ("user", "why"),
    [
        (risky("ada", deleted=True), "the account was deleted"),
        (risky("ada", deleted=True, state="confirmedSafe"), "the account was deleted"),
        (risky("ada", state="dismissed", detail="adminDismissed"), "closed by somebody else (adminDismissed)"),
        (risky("ada", state="remediated", detail=""), "closed by somebody else (remediated)"),
        (risky("ada", state="confirmedCompromised"), "confirmed compromised by a person"),
    ],
)
def test_who_is_not_to_be_written_to_is_skipped_with_the_reason(user, why):
    judged = judge([user])
    assert judged.batch == ()
    assert [(each.state, each.why) for each in judged.settled] == [(OutcomeState.SKIPPED, why)]


def test_another_open_detection_skips_a_user_and_names_its_kinds():
    others = {"ada": (detection("ada", kind="b"), detection("ada", kind="a"))}
    judged = judge([risky("ada"), risky("bob")], others=others)
    assert judged.batch == ("bob",)
    assert [(each.user_id, each.why) for each in judged.settled] == [("ada", "another open detection: a, b")]


def test_what_shows_after_our_own_write_is_our_own():
    sent = waiting("ada", "bob", sends=1, sent_at=NOW - HOUR)
    judged = judge([risky("ada", state="confirmedSafe"), risky("bob", processing=True)], sent)
    states = {each.user_id: each.state for each in judged.settled}
    assert states == {"ada": OutcomeState.VERIFIED, "bob": OutcomeState.ACCEPTED}


@pytest.mark.parametrize(("detections_read_at", "goes"), [(NOW - 1, False), (NOW, True), (NOW + 1, True)])
def test_a_moved_timestamp_alone_leads_to_a_look_at_the_detections(detections_read_at, goes):
    judged = judge([risky("ada", updated="moved"), risky("bob")], detections_read_at=detections_read_at)
    assert judged.look_again is not goes
    assert judged.batch == (("ada", "bob") if goes else ("bob",))
    assert judged.settled == ()


# The effect, read back.


def accepted(**known):
    return Outcome("ada", OutcomeState.ACCEPTED, **({"sends": 1, "sent_at": NOW} | known))


def verify(outcome, user, *, at=NOW, action=SAFE):
    return after_verification(outcome, action=action, user=user, now=at, resend_after=RESEND)


def test_a_visible_effect_verifies():
    assert verify(accepted(), risky("ada", state="confirmedSafe")).state is OutcomeState.VERIFIED


def test_a_204_alone_verifies_nobody():
    judged = verify(accepted(), risky("ada"))
    assert judged.state is OutcomeState.ACCEPTED
    assert judged.look_at > NOW


def test_an_effect_that_microsoft_still_processes_is_not_verified():
    judged = verify(accepted(), risky("ada", state="confirmedSafe", processing=True), at=NOW + RESEND)
    assert judged.state is OutcomeState.ACCEPTED


@pytest.mark.parametrize(
    ("user", "why"),
    [(None, "Microsoft does not list"), (risky("ada", deleted=True, state="confirmedSafe"), "the account was deleted")],
)
def test_who_is_gone_is_skipped_and_not_called_verified(user, why):
    judged = verify(accepted(), user)
    assert judged.state is OutcomeState.SKIPPED
    assert why in judged.why


@pytest.mark.parametrize(("late", "state"), [(RESEND - 1, OutcomeState.ACCEPTED), (RESEND, OutcomeState.WAITING)])
def test_who_stays_as_he_was_is_sent_again_after_a_while(late, state):
    assert verify(accepted(), risky("ada"), at=NOW + late).state is state


def test_who_is_being_processed_is_not_sent_again_however_long_it_takes():
    assert verify(accepted(), risky("ada", processing=True), at=NOW + 9 * HOUR).state is OutcomeState.ACCEPTED


def test_after_the_third_accepted_write_without_effect_a_user_has_failed():
    assert MOST_SENDS == 3
    judged = verify(accepted(sends=3), risky("ada"), at=NOW + RESEND)
    assert (judged.state, judged.sends) == (OutcomeState.FAILED, 3)
    assert "3 requests" in judged.why


@given(st.integers(0, 3 * WATCHED_FOR))
def test_the_next_look_is_always_to_come_and_within_the_hour(age):
    assert NOW + SECOND <= next_look(NOW - age, NOW) <= NOW + HOUR


class UserLife(RuleBasedStateMachine):
    """One user of a run: pages, answers, readings, hours, and what others do to him, in any order."""

    def __init__(self):
        super().__init__()
        self.outcome = Outcome("ada", OutcomeState.WAITING)
        self.user = risky("ada")
        self.now = NOW
        self.writes = 0
        self.final: Outcome | None = None

    @rule(
        state=st.sampled_from(["atRisk", "confirmedSafe", "confirmedCompromised", "unheardOf"]),
        processing=st.booleans(),
    )
    def somebody_changes_him(self, state, processing):
        self.user = replace(self.user, risk_state=state, is_processing=processing)

    @rule()
    def he_is_deleted(self):
        self.user = replace(self.user, is_deleted=True)

    @rule(seconds=st.sampled_from([1, 60, 200, 4000]))
    def time_passes(self, seconds):
        self.now += seconds * SECOND

    @rule(others=st.booleans())
    def a_page_is_judged(self, others):
        found = {"ada": (detection("ada", kind="anomalousToken"),)} if others else {}
        judged = judge_page(
            action=SAFE,
            outcomes={"ada": self.outcome},
            page=[self.user],
            seen={"ada": SEEN},
            others=found,
            detections_read_at=self.now,
            page_read_at=self.now,
        )
        for settled in judged.settled:
            self.outcome = settled
        if judged.batch:
            assert not others
            self.writes += 1
            self.outcome = replace(
                self.outcome, state=OutcomeState.ACCEPTED, sends=self.outcome.sends + 1, sent_at=self.now
            )

    @rule(gone=st.sampled_from([False, False, True]))
    def he_is_read(self, gone):
        if self.outcome.state is OutcomeState.ACCEPTED:
            self.outcome = verify(self.outcome, None if gone else self.user, at=self.now)

    @invariant()
    def he_is_written_to_three_times_at_most(self):
        assert self.writes == self.outcome.sends <= MOST_SENDS

    @invariant()
    def what_is_final_stays(self):
        if self.final is not None:
            assert self.outcome == self.final
        elif self.outcome.state.is_final:
            self.final = self.outcome

    @invariant()
    def only_a_write_of_ours_verifies(self):
        assert self.outcome.state is not OutcomeState.VERIFIED or self.writes


TestUserLife = UserLife.TestCase
TestUserLife.settings = settings(max_examples=80, stateful_step_count=20, deadline=None)
