import json

import pytest

from bot.act.outcome import OutcomeState
from bot.act.run import RunState
from bot.decide.action import Action
from bot.decide.request import RequestState
from bot.ports.slack import DetailsDialog, DialogChoice, PlainDialog, RequestDialog
from bot.record.account import CallAccount, FigureMembers, PersonLine
from bot.slack.cards.call import call_card
from bot.slack.cards.outcomes import progress
from bot.slack.cards.render import view
from bot.slack.cards.request import cost, request_card
from bot.slack.cards.run import run_card
from bot.watch.briefing import Cohort
from sim.workspace import buttons, plain
from tests.slack import accounts
from tests.slack.accounts import request_account, run_account


def request_shown(account) -> str:
    return plain({"blocks": request_card(account, calls_per_second=1).blocks})


def request_buttons(account) -> list[str]:
    return buttons({"blocks": request_card(account, calls_per_second=1).blocks})


def test_a_request_names_requester_reason_number_and_what_is_missing():
    said = request_shown(request_account())
    assert said.splitlines()[0] == "Confirm safe for 1,180 users: pending"
    assert "@U0ADA000001 asks for this. 1 more signature is missing." in said
    assert "Microsoft's own log told of it" in said
    assert "Held back: 24 users" in said
    assert "24: another open detection that is not part of this surge" in said
    assert "Signatures: 0 of 1, one more is missing." in said
    assert "It closes the risk" in said


def test_a_pending_request_offers_approve_with_the_number_reject_and_withdraw():
    assert request_buttons(request_account()) == ["Approve 1,180 users", "Reject", "Withdraw"]


def test_approve_asks_once_more_with_number_and_action():
    card = request_card(request_account(), calls_per_second=1)
    approve = next(b for b in card.blocks if b["type"] == "actions")["elements"][0]
    assert approve["style"] == "primary"
    assert approve["confirm"]["text"]["text"].startswith("Confirm safe for 1,180 users.")


@pytest.mark.parametrize("state", [state for state in RequestState if state is not RequestState.PENDING])
def test_a_settled_request_keeps_its_body_and_loses_its_buttons(state: RequestState):
    settled = request_account(state)
    assert request_buttons(settled) == []
    assert "Microsoft's own log told of it" in request_shown(settled)
    assert f"Confirm safe for 1,180 users: {state.value}" in request_shown(settled)


def test_an_approved_request_says_by_whom_and_when():
    assert "Approved by @U0GRACE0001 at 2025-04-20 08:00 UTC." in request_shown(request_account(RequestState.APPROVED))


def test_what_it_takes_is_counted_in_calls_and_time():
    assert cost(1180, Action.CONFIRM_SAFE, 1.0) == "26 calls, about 30 s at Microsoft's limit"
    assert cost(1180, Action.CONFIRM_SAFE, 0.1) == "26 calls, about 4 minutes at Microsoft's limit"


def test_a_run_shows_bar_and_words():
    assert progress(run_account()) == "▓▓▓▓▓▓░░░░ 62 % (744 of 1,200)"
    said = plain({"blocks": run_card(run_account(users_a_minute=60, seconds_left=456.0)).blocks})
    assert "Running. 60 users a minute. About 8 minutes left." in said
    assert "verified 744" in said
    assert "waiting 456" in said


def test_a_bar_is_not_full_before_the_last_user():
    assert progress(run_account(verified=1199)) == "▓▓▓▓▓▓▓▓▓░ 99 % (1,199 of 1,200)"


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (RunState.QUEUED, ["Pause", "Stop"]),
        (RunState.RUNNING, ["Pause", "Stop"]),
        (RunState.PAUSED, ["Resume", "Stop"]),
        (RunState.STOPPED, []),
        (RunState.DONE, []),
    ],
)
def test_a_run_offers_what_fits_its_state(state: RunState, offered: list[str]):
    assert buttons({"blocks": run_card(run_account(state)).blocks}) == offered


def test_a_run_that_ended_says_who_asked_who_signed_and_why_some_were_not_done():
    counts = dict.fromkeys(OutcomeState, 0) | {
        OutcomeState.VERIFIED: 1195,
        OutcomeState.SKIPPED: 3,
        OutcomeState.ACCEPTED: 2,
    }
    account = run_account(RunState.DONE, counts=counts, open_reasons=(("another open detection: passwordSpray", 3),))
    said = plain({"blocks": run_card(account).blocks})
    assert "3: another open detection: passwordSpray" in said
    assert "Asked by @U0ADA000001, signed by @U0GRACE0001" in said
    assert "2 users not yet visible as done at Microsoft; they are read again for 48 hours" in said


def test_a_call_says_who_asks_and_links_to_the_request():
    card = call_card(CallAccount(request_account(), "https://contoso.slack.com/archives/C1/p1"))
    assert "Open the request" in plain({"blocks": card.blocks})
    assert "Your signature is wanted: Confirm safe for 1,180 users" in plain({"blocks": card.blocks})


def test_a_call_whose_request_is_settled_says_so():
    said = plain({"blocks": call_card(CallAccount(request_account(RequestState.APPROVED), "")).blocks})
    assert "Approved by @U0GRACE0001" in said
    assert "nothing left for you to do" in said
    assert "Your signature is wanted" not in said


def test_a_link_that_is_none_is_left_out():
    assert "Open the request" not in plain({"blocks": call_card(CallAccount(request_account(), "javascript:x")).blocks})


def dialog(**changes) -> RequestDialog:
    facts = {
        "surge_id": accounts.SURGE,
        "channel": "C0IDENTITY",
        "surge_name": "S-85PV",
        "actions": (Action.DISMISS_RISK, Action.CONFIRM_SAFE),
        "choices": (DialogChoice(Cohort.CLOUD_ONLY, 412), DialogChoice(Cohort.OKTA, 0), DialogChoice(Cohort.PING, 31)),
        "held_back": (("already closed", 24),),
        "held_back_people": (("Ann <!channel>", "already closed"),),
        "eligible": 443,
        "approvals_needed": 1,
        "expires_in_seconds": 4 * 3600,
    }
    return RequestDialog(**{**facts, **changes})


def test_the_request_dialog_carries_ids_and_nothing_else():
    made = view(dialog())
    assert json.loads(made["private_metadata"]) == {"surge": accounts.SURGE, "channel": "C0IDENTITY"}


def test_confirm_safe_and_every_cohort_are_chosen_at_first():
    inputs = {block["block_id"]: block["element"] for block in view(dialog())["blocks"] if block["type"] == "input"}
    assert inputs["action"]["initial_option"]["value"] == "Confirm safe"
    assert [option["value"] for option in inputs["cohorts"]["initial_options"]] == ["cloud-only", "Ping"]
    assert inputs["cohorts"]["options"][0]["text"]["text"] == "cloud-only, 412 users"


def test_the_dialog_says_who_is_held_back_and_why():
    said = plain(view(dialog()))
    assert "Held back: 24 users" in said
    assert "Ann <!channel>: already closed" in said
    assert "and 23 more: countersign show S-85PV" in said


def test_with_nobody_left_the_dialog_has_nothing_to_submit():
    made = view(dialog(choices=(DialogChoice(Cohort.PING, 0),), eligible=0))
    assert "submit" not in made
    assert "nobody can be acted on" in plain(made)


def test_details_show_the_first_people_and_where_the_rest_is():
    people = tuple(PersonLine(f"u{n}", f"u{n}@contoso.example", f"User {n}", "no sync") for n in range(1150))
    said = plain(
        view(DetailsDialog("S-85PV", (FigureMembers("cloud-only", people),), ("Closed users can be reopened.",)))
    )
    assert "cloud-only 1,150" in said
    assert "User 0 (u0@contoso.example): no sync" in said
    assert "and 1,130 more: countersign show S-85PV" in said
    assert "Closed users can be reopened." in said


def test_a_plain_dialog_mentions_people_and_formats_nothing():
    made = view(PlainDialog("Too late", "Approved by <@U0ADA000001> <!channel>"))
    elements = made["blocks"][0]["elements"][0]["elements"]
    assert elements[1] == {"type": "user", "user_id": "U0ADA000001"}
    assert elements[2] == {"type": "text", "text": " <!channel>"}
