"""Whether a write took effect, and when to look again."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.act.effect import after_verification, next_look
from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import MOST_SENDS, WATCHED_FOR
from bot.decide.action import Action
from bot.watch.account import AccountState
from tests.values import HOUR, MINUTE, NOW, SECOND, risky

SAFE = Action.CONFIRM_SAFE
RESEND = 120 * SECOND


def accepted(**known):
    return Outcome("ada", OutcomeState.ACCEPTED, **({"sends": 1, "sent_at": NOW} | known))


def verify(outcome, found, *, at=NOW, action=SAFE):
    return after_verification(outcome, action=action, found=found, read_at=at - 1, now=at, resend_after=RESEND)


def test_a_visible_effect_verifies_with_the_time_of_the_reading():
    judged = verify(accepted(), risky("ada", state="confirmedSafe"))
    assert (judged.state, judged.verified_at) == (OutcomeState.VERIFIED, NOW - 1)


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
def test_who_stays_as_they_were_is_sent_again_after_a_while(late, state):
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


def test_looks_come_at_growing_intervals_and_hourly_after_half_an_hour():
    sent_at, now, looks = NOW, NOW, []
    while now < NOW + 3 * HOUR:
        now = next_look(sent_at, now)
        looks.append(now)
    gaps = [later - earlier for earlier, later in itertools.pairwise(looks)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == HOUR
    assert sum(1 for look in looks if look <= NOW + 30 * MINUTE) > 15


# Accounts.

ACCOUNT = AccountState("ada", NOW - HOUR, False, NOW - HOUR, True, NOW)


@pytest.mark.parametrize(
    ("action", "changed", "state"),
    [
        (Action.REVOKE_SESSIONS, {}, OutcomeState.ACCEPTED),
        (Action.REVOKE_SESSIONS, {"sessions_valid_from": None}, OutcomeState.ACCEPTED),
        (Action.REVOKE_SESSIONS, {"sessions_valid_from": NOW}, OutcomeState.VERIFIED),
        (Action.REVOKE_SESSIONS, {"sessions_valid_from": NOW - MINUTE - 1}, OutcomeState.ACCEPTED),
        (Action.REVOKE_SESSIONS, {"must_change_password": True}, OutcomeState.ACCEPTED),
        (Action.REQUIRE_PASSWORD_CHANGE, {}, OutcomeState.ACCEPTED),
        (Action.REQUIRE_PASSWORD_CHANGE, {"must_change_password": None}, OutcomeState.ACCEPTED),
        (Action.REQUIRE_PASSWORD_CHANGE, {"must_change_password": True}, OutcomeState.VERIFIED),
        (Action.REQUIRE_PASSWORD_CHANGE, {"password_changed_at": NOW + 1}, OutcomeState.VERIFIED),
        (Action.REQUIRE_PASSWORD_CHANGE, {"password_changed_at": None}, OutcomeState.ACCEPTED),
        (Action.REQUIRE_PASSWORD_CHANGE, {"sessions_valid_from": NOW}, OutcomeState.ACCEPTED),
    ],
)
def test_an_account_verifies_by_what_the_action_changes_on_it(action, changed, state):
    assert verify(accepted(), replace(ACCOUNT, **changed), action=action).state is state


@pytest.mark.parametrize("action", [Action.REVOKE_SESSIONS, Action.REQUIRE_PASSWORD_CHANGE])
def test_an_account_that_stays_as_it_was_is_sent_again_and_fails_after_the_third_time(action):
    assert verify(accepted(), ACCOUNT, action=action, at=NOW + RESEND).state is OutcomeState.WAITING
    assert verify(accepted(sends=3), ACCOUNT, action=action, at=NOW + RESEND).state is OutcomeState.FAILED
    assert verify(accepted(), None, action=action).why == "the account was deleted"


def test_an_effect_is_judged_from_the_reading_that_can_show_it():
    with pytest.raises(TypeError):
        verify(accepted(), ACCOUNT)
    with pytest.raises(TypeError):
        verify(accepted(), risky("ada"), action=Action.REVOKE_SESSIONS)
