"""The run's card: how the canary is doing, why a run stands still and what to do, who was flagged again."""

from dataclasses import replace

import pytest

from bot.act.outcome import OutcomeState
from bot.act.pause import WHAT_TO_DO, PauseReason
from bot.act.run import RunState
from bot.slack.cards.run import run_card
from bot.slack.cards.surge import surge_card
from sim.workspace import buttons, plain
from tests.slack.accounts import FOUR, GRACE, run_account, surge_account


def card(state=RunState.RUNNING, *, closed=6, flagged_again=0, **known):
    account = run_account(state, verified=closed)
    return {"blocks": run_card(replace(account, run=replace(account.run, **known), flagged_again=flagged_again)).blocks}


def test_while_the_canary_is_out_the_card_says_how_many_are_closed_and_what_is_waited_for():
    said = plain(card(canary=10, canary_since=FOUR))
    assert "Canary: 10 users go first, 6 closed so far. The rest follows when 8 are closed" in said
    assert "the run pauses" in said
    assert "a minute" not in said


def test_after_it_the_card_says_that_it_passed():
    assert "The canary of 10 passed at" in plain(card(canary=10, canary_since=FOUR, canary_passed_at=FOUR))
    assert "anary" not in plain(card())


@pytest.mark.parametrize("reason", PauseReason)
def test_a_paused_run_says_why_and_what_to_do(reason):
    shown = card(
        RunState.PAUSED,
        paused_because=reason,
        needs_signature=reason.needs_signature,
        note=f"{reason.value}: as it happened",
    )
    said = plain(shown)
    assert f"{reason.value[0].upper()}{reason.value[1:]}: as it happened" in said
    assert WHAT_TO_DO[reason] in said
    assert "Nothing is sent until" in said
    resume = "Resume with a new signature" if reason.needs_signature else "Resume"
    assert buttons(shown) == [resume, "Stop"]


def test_a_pause_by_hand_names_who_pressed_it():
    said = plain(card(RunState.PAUSED, paused_because=PauseReason.BY_HAND, steered_by=GRACE))
    assert f"Paused by <@{GRACE}>" in said or "Paused by @" in said


def test_users_who_were_flagged_again_are_counted_on_both_cards():
    assert "Re-flagged after clean-up: 3" in plain(card(RunState.DONE, flagged_again=3))
    assert "Re-flagged" not in plain(card(RunState.DONE))
    assert "Re-flagged after clean-up: 3" in plain({"blocks": surge_card(surge_account(flagged_again=3)).blocks})


def test_the_last_word_names_those_who_are_not_visible_yet():
    account = run_account(RunState.DONE, verified=1_197)
    counts = account.counts | {OutcomeState.WAITING: 0, OutcomeState.ACCEPTED: 3}
    said = plain({"blocks": run_card(replace(account, counts=counts)).blocks})
    assert "accepted (not yet visible) 3" in said
    assert "read again for 48 hours, and this card is corrected" in said
