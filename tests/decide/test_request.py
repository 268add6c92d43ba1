"""The life of a request: no order of votes, times and changes approves it without the people it needs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.decide.refusal import Refusal
from bot.decide.request import (
    RequestState,
    Verdict,
    Vote,
    missing_signatures,
    refuse_change,
    refuse_vote,
    signers_of,
    state_after,
)
from tests.values import HOUR, NOW, request

PEOPLE = ("UANNA", "UBEN", "UCARA", "UDORA", "UEMIL")
VOTES = st.lists(st.builds(Vote, st.sampled_from(PEOPLE), st.sampled_from(Verdict), st.integers(NOW, NOW + HOUR)))
FINAL = [state for state in RequestState if state is not RequestState.PENDING]


@given(VOTES, st.integers(-2, 5))
def test_no_votes_approve_without_the_needed_distinct_people_other_than_the_requester(votes, needed):
    waiting = request(needed=needed)
    others = {vote.user_id for vote in votes if vote.user_id != "UANNA" and vote.verdict is Verdict.APPROVE}
    if state_after(waiting, votes) is RequestState.APPROVED:
        assert len(others) >= max(1, needed)
        assert all(vote.verdict is Verdict.APPROVE for vote in votes if vote.user_id != "UANNA")


@given(st.integers(2, 5), st.integers(1, 9))
def test_one_person_counts_once_however_many_votes_they_have(needed, votes):
    alone = [Vote("UBEN", Verdict.APPROVE, NOW + number) for number in range(votes)]
    assert state_after(request(needed=needed), alone) is RequestState.PENDING


@given(VOTES, st.integers(1, 3))
def test_the_order_of_the_votes_does_not_matter(votes, needed):
    waiting = request(needed=needed)
    assert state_after(waiting, votes) is state_after(waiting, votes[::-1])


@given(VOTES)
def test_one_rejection_rejects_however_many_approve(votes):
    rejected = [Vote("UBEN", Verdict.REJECT, NOW), *votes]
    assert state_after(request(), rejected) is RequestState.REJECTED


@given(st.sampled_from(FINAL), VOTES)
def test_every_final_state_stays_whatever_is_voted(state, votes):
    settled = request(state=state)
    assert state_after(settled, votes) is state


@given(st.sampled_from(FINAL), st.sampled_from(PEOPLE), VOTES, st.integers(NOW, NOW + 9 * HOUR))
def test_nobody_can_vote_on_what_is_settled(state, user_id, votes, now):
    assert refuse_vote(request(state=state), user_id=user_id, votes=votes, now=now) is (
        Refusal.EXPIRED if state is RequestState.EXPIRED else Refusal.ALREADY_SETTLED
    )


@pytest.mark.parametrize(("late", "refusal"), [(-1, None), (0, Refusal.EXPIRED), (1, Refusal.EXPIRED)])
def test_time_is_up_at_the_very_moment_that_was_named(late, refusal):
    waiting = request()
    assert refuse_change(waiting, now=waiting.expires_at + late) is refusal
    assert refuse_vote(waiting, user_id="UBEN", votes=(), now=waiting.expires_at + late) is refusal


def test_the_requester_can_not_sign_their_own_request():
    assert refuse_vote(request(), user_id="UANNA", votes=(), now=NOW) is Refusal.OWN_REQUEST


def test_nobody_votes_twice_not_even_with_the_other_word():
    votes = (Vote("UBEN", Verdict.REJECT, NOW),)
    assert refuse_vote(request(), user_id="UBEN", votes=votes, now=NOW) is Refusal.ALREADY_SIGNED


ACCOUNTS = st.lists(st.sampled_from("abcde"), max_size=2).map(tuple)
KNOWN_VOTES = st.lists(
    st.builds(
        Vote,
        st.sampled_from(PEOPLE),
        st.just(Verdict.APPROVE),
        st.integers(NOW, NOW + HOUR),
        ACCOUNTS,
        st.booleans(),
        st.booleans(),
    ),
    max_size=6,
)


def people_among(waiting, votes):
    """Who signed, told in the plainest way: names that ever stand together are one person's."""
    names = {user: {user} for user in PEOPLE}
    for vote in votes:
        joined = set().union(*(names.get(each, {each}) for each in (vote.user_id, *vote.accounts)))
        joined |= {vote.user_id, *vote.accounts}
        for each in joined:
            names[each] = joined
    asked = set().union(*(names.get(each, {each}) for each in (waiting.requester, *waiting.requester_accounts)))
    found = {frozenset(names[vote.user_id]) for vote in votes}
    return {person for person in found if not person & asked}


@given(KNOWN_VOTES, ACCOUNTS)
def test_votes_that_share_an_account_are_one_persons_and_the_requesters_are_nobodys(votes, accounts):
    waiting = request(accounts=accounts)
    assert len(signers_of(waiting, votes)) == len(people_among(waiting, votes))


@given(KNOWN_VOTES, ACCOUNTS, st.integers(1, 3), st.integers(0, 2))
def test_no_votes_approve_without_the_distinct_people_and_the_share_under_break_glass(votes, accounts, needed, glass):
    waiting = request(needed=needed, glass=glass, accounts=accounts)
    if state_after(waiting, votes) is RequestState.APPROVED:
        assert len(people_among(waiting, votes)) >= max(needed, glass)
        proved = [vote for vote in votes if vote.break_glass and vote.with_code]
        assert len(people_among(waiting, proved)) >= min(glass, 1)
        assert sum(any(v in proved for v in of) for of in signers_of(waiting, votes)) >= glass


@pytest.mark.parametrize(
    ("vote", "missing"),
    [
        (Vote("UBEN", Verdict.APPROVE, NOW, ("a",)), (1, 1)),
        (Vote("UBEN", Verdict.APPROVE, NOW, ("a",), with_code=True), (1, 1)),
        (Vote("UBEN", Verdict.APPROVE, NOW, ("a",), break_glass=True), (1, 1)),
        (Vote("UBEN", Verdict.APPROVE, NOW, ("a",), with_code=True, break_glass=True), (1, 0)),
    ],
)
def test_a_break_glass_signature_without_a_code_is_none(vote, missing):
    assert missing_signatures(request(needed=2, glass=1), [vote]) == missing


def test_enough_people_without_the_one_under_break_glass_do_not_approve():
    votes = [Vote(user, Verdict.APPROVE, NOW, (user,)) for user in ("UBEN", "UCARA", "UDORA")]
    assert state_after(request(needed=2, glass=1), votes) is RequestState.PENDING
    assert missing_signatures(request(needed=2, glass=1), votes) == (1, 1)


@pytest.mark.parametrize(
    ("accounts", "refusal"),
    [(("theirs",), Refusal.SAME_SIGNER), (("asked",), Refusal.SAME_PERSON), (("own",), None), ((), None)],
)
def test_a_second_slack_account_of_one_who_asked_or_signed_is_refused(accounts, refusal):
    votes = (Vote("UBEN", Verdict.APPROVE, NOW, ("theirs", "theirs-too")),)
    waiting = request(accounts=("asked",))
    assert refuse_vote(waiting, user_id="UCARA", votes=votes, now=NOW, accounts=accounts) is refusal


class RequestLife(RuleBasedStateMachine):
    """Votes, withdrawals and time in any order, each passing the guards as the use cases pass them."""

    def __init__(self):
        super().__init__()
        self.request = request(needed=2)
        self.votes: list[Vote] = []
        self.now = NOW
        self.history = [RequestState.PENDING]

    def become(self, state):
        if state is not self.request.state:
            self.request = request(needed=2, state=state)
            self.history.append(state)

    @rule(user_id=st.sampled_from(PEOPLE), verdict=st.sampled_from(Verdict))
    def vote(self, user_id, verdict):
        if refuse_vote(self.request, user_id=user_id, votes=self.votes, now=self.now) is None:
            self.votes.append(Vote(user_id, verdict, self.now))
            self.become(state_after(self.request, self.votes))

    @rule()
    def withdraw(self):
        if refuse_change(self.request, now=self.now) is None:
            self.become(RequestState.WITHDRAWN)

    @rule(hours=st.integers(0, 3))
    def time_passes(self, hours):
        self.now += hours * HOUR
        if refuse_change(self.request, now=self.now) is Refusal.EXPIRED:
            self.become(RequestState.EXPIRED)

    @invariant()
    def approved_only_by_two_others_in_time(self):
        if self.request.state is RequestState.APPROVED:
            signers = {vote.user_id for vote in self.votes if vote.verdict is Verdict.APPROVE}
            assert len(signers - {"UANNA"}) == 2
            assert all(vote.at < self.request.expires_at for vote in self.votes)

    @invariant()
    def it_changes_at_most_once(self):
        assert len(self.history) <= 2

    @invariant()
    def nobody_is_counted_twice_and_the_requester_never(self):
        voters = [vote.user_id for vote in self.votes]
        assert len(set(voters)) == len(voters)
        assert "UANNA" not in voters


TestRequestLife = RequestLife.TestCase
TestRequestLife.settings = settings(max_examples=60, stateful_step_count=12, deadline=None)
