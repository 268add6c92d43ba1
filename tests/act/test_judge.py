"""Who goes out in a batch, judged just before the write."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.act.judge import ReadUser, judge_accounts, judge_risky
from bot.act.outcome import Outcome, OutcomeState
from bot.decide.action import Action
from bot.watch.account import AccountState
from tests.values import HOUR, NOW, detection, risky

SAFE = Action.CONFIRM_SAFE


def waiting(*users, **known):
    return {user: Outcome(user, OutcomeState.WAITING, **known) for user in users}


SEEN = "2025-04-20T05:00:00Z"


def judge(page, outcomes=None, *, others=None, seen=SEEN, detections_read_at=NOW, page_read_at=NOW, **known):
    users = [user.user_id for user in page]
    return judge_risky(
        outcomes=waiting(*users) if outcomes is None else outcomes,
        readings=[ReadUser(user, page_read_at) for user in page],
        seen=dict.fromkeys(users, seen),
        others=others or {},
        detections_read_at=detections_read_at,
        **{"action": SAFE} | known,
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
        assert judged.left == len(outcomes)
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
    assert judged.left == 60 - limit


def test_a_user_who_comes_twice_on_a_page_goes_out_once():
    judged = judge([risky("ada"), risky("ada")])
    assert judged.batch == ("ada",)
    assert judged.left == 0


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


def test_who_is_being_blocked_goes_before_everybody_else():
    page = [risky(f"user{n:03}") for n in range(100)]
    outcomes = waiting(*(user.user_id for user in page))
    blocked = {f"user{n:03}" for n in range(70, 100)}
    outcomes |= {user: replace(outcomes[user], rank=0) for user in blocked}
    judged = judge(page, outcomes)
    assert set(judged.batch[:30]) == blocked
    assert len(judged.batch) == 60


@given(st.integers(0, 12), st.integers(0, 5))
def test_of_those_who_were_never_written_to_no_more_go_than_asked_for(most, again):
    outcomes = waiting(*(f"new{n}" for n in range(8))) | waiting(*(f"old{n}" for n in range(again)), sends=1, sent_at=0)
    judged = judge([risky(user) for user in outcomes], outcomes, most=most)
    assert [user for user in judged.batch if user.startswith("old")] == [f"old{n}" for n in range(again)]
    assert judged.new == min(most, 8) == len(judged.batch) - again


def test_who_was_released_though_confirmed_compromised_goes_and_nobody_else_like_them():
    page = [risky(user, state="confirmedCompromised") for user in ("ada", "bob")]
    judged = judge(page, released={"ada"})
    assert judged.batch == ("ada",)
    assert [(each.user_id, each.why) for each in judged.settled] == [("bob", "confirmed compromised by a person")]


def test_an_outcome_keeps_what_is_not_judged():
    known = Outcome("ada", OutcomeState.WAITING, sends=1, sent_at=NOW - HOUR, rank=0, batch_limit=7)
    (settled,) = judge([risky("ada", state="confirmedSafe")], {"ada": known}).settled
    assert settled == replace(known, state=OutcomeState.VERIFIED, verified_at=NOW)


# Actions on the account itself.


def account(user, **known):
    return AccountState(
        **{
            "user_id": user,
            "sessions_valid_from": None,
            "must_change_password": None,
            "password_changed_at": None,
            "account_enabled": True,
            "read_at": NOW,
        }
        | known
    )


def judge_them(*accounts, outcomes=None, action=Action.REVOKE_SESSIONS, others=None, most=None):
    found = {each.user_id: each for each in accounts}
    return judge_accounts(
        action=action,
        outcomes=waiting(*found) if outcomes is None else outcomes,
        accounts=found,
        others=others or {},
        most=most,
    )


def test_accounts_go_out_twenty_at_a_time():
    judged = judge_them(*(account(f"user{n}") for n in range(45)))
    assert len(judged.batch) == 20
    assert judged.left == 25


def test_an_account_that_is_gone_is_skipped():
    judged = judge_them(account("ada"), outcomes=waiting("ada", "bob"))
    assert judged.batch == ("ada",)
    assert [(each.user_id, each.why) for each in judged.settled] == [("bob", "the account was deleted")]


def test_who_must_change_the_password_already_is_not_asked_again():
    action = Action.REQUIRE_PASSWORD_CHANGE
    asked = account("ada", must_change_password=True)
    (settled,) = judge_them(asked, action=action).settled
    assert settled.state is OutcomeState.SKIPPED
    (ours,) = judge_them(asked, action=action, outcomes=waiting("ada", sends=1, sent_at=NOW - HOUR)).settled
    assert (ours.state, ours.verified_at) == (OutcomeState.VERIFIED, NOW)


def test_what_stands_against_a_user_stands_against_an_action_on_the_account_too():
    judged = judge_them(account("ada"), others={"ada": (detection("ada", kind="anomalousToken"),)})
    assert judged.batch == ()
    assert [each.why for each in judged.settled] == ["another open detection: anomalousToken"]


@pytest.mark.parametrize("state", [each for each in OutcomeState if each is not OutcomeState.WAITING])
def test_only_accounts_that_wait_are_judged(state):
    judged = judge_them(account("ada"), outcomes={"ada": Outcome("ada", state)})
    assert (judged.batch, judged.settled) == ((), ())


def test_an_action_is_judged_by_what_it_acts_on():
    with pytest.raises(TypeError):
        judge_them(account("ada"), action=SAFE)
    with pytest.raises(TypeError):
        judge([risky("ada")], action=Action.REVOKE_SESSIONS)
