"""What people see of requests of every kind: who, why, how many and why so many, and what comes next."""

import json
from dataclasses import replace

import pytest

from bot.decide.action import Action
from bot.decide.request import RequestState, Verdict, Vote
from bot.decide.request_kind import RequestKind
from bot.ports.slack import ClickKind, DetailsDialog, NamedUser, RecoveryDialog, ReleaseDialog, WayBackDialog
from bot.record.account import CallAccount, PersonLine, Shortage
from bot.slack.cards.call import call_card
from bot.slack.cards.offer import can_ask
from bot.slack.cards.render import view
from bot.slack.cards.request import request_card
from bot.slack.cards.surge import surge_card
from bot.watch.evidence import Band
from sim.workspace import buttons, plain
from sim.workspace.blocks import problems_of_view
from tests.slack import accounts
from tests.slack.accounts import FOUR, GRACE, HOUR, LIN, request_account, run_account, surge_account
from tests.slack.test_other_cards import dialog


def shown(account) -> str:
    return plain({"blocks": request_card(account, calls_per_second=1).blocks})


def asked(state=RequestState.PENDING, *, votes=(), **changes):
    of_request = {name: changes.pop(name) for name in list(changes) if hasattr(accounts.request(), name)}
    return replace(request_account(state, **changes), request=accounts.request(state, **of_request), votes=votes)


@pytest.mark.parametrize(
    ("band", "action", "said"),
    [
        ("", Action.CONFIRM_SAFE, "No evidence was weighed yet"),
        (Band.LEANS_FALSE_ALARM, Action.CONFIRM_SAFE, "one signature besides the requester's is the least"),
        (Band.INSUFFICIENT, Action.CONFIRM_SAFE, "more signatures are needed than for a false alarm"),
        (Band.LEANS_ATTACK, Action.CONFIRM_SAFE, "a break-glass approver must be among the signers"),
        (Band.LEANS_ATTACK, Action.CONFIRM_COMPROMISED, "and this contains it"),
    ],
)
def test_the_card_says_what_the_evidence_leans_to_and_why_so_many_must_sign(band, action, said):
    text = shown(asked(band=str(band), plan=replace(accounts.plan(), action=action)))
    assert said in text
    assert f"evidence: {band or 'not weighed'}" in text


def test_one_of_two_is_counted_by_people_and_says_who_broke_the_glass():
    votes = (
        Vote(GRACE, Verdict.APPROVE, FOUR, ("a",)),
        Vote("U0GRACE0002", Verdict.APPROVE, FOUR, ("a",)),
        Vote(LIN, Verdict.APPROVE, FOUR, ("b",), with_code=True, break_glass=True),
    )
    said = shown(asked(votes=votes, approvals_needed=3, break_glass_needed=2))
    assert "Signatures: 2 of 3" in said
    assert "@U0LIN000001, break glass" in said
    assert "1 more signature is missing, 1 of them under break glass." in said


@pytest.mark.parametrize(("could", "said"), [(2, "2 people could."), (0, "Too few could sign: 0 people could")])
def test_how_many_could_sign_is_said_and_loudly_where_they_are_too_few(could, said):
    assert said in shown(asked(could_sign=could))


def test_what_could_not_be_read_is_on_the_card_that_is_signed():
    gaps = ("who is privileged is not available: needs RoleManagement.Read.Directory",)
    said = shown(asked(plan=replace(accounts.plan(), gaps=gaps)))
    assert "Not available when this was asked for" in said
    assert "RoleManagement.Read.Directory" in said


@pytest.mark.parametrize("state", [RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.EXPIRED])
def test_an_ended_request_keeps_one_button_and_loses_it_when_somebody_pressed_it(state):
    ended = asked(state, may_ask_again=True)
    assert buttons({"blocks": request_card(ended, calls_per_second=1).blocks}) == ["Ask again"]
    assert buttons({"blocks": request_card(asked(state), calls_per_second=1).blocks}) == []


def test_a_superseded_request_says_why():
    why = "the evidence got worse: it was inconclusive, and is leans to an attack now"
    assert "the evidence got worse" in shown(asked(RequestState.SUPERSEDED, settled_why=why, settled_by=None))


def test_a_release_names_its_user_and_what_they_were_held_back_for():
    people = (PersonLine("u", "ada@contoso.example", "", "privileged: holds a directory role (Global Administrator)"),)
    said = shown(asked(kind=RequestKind.RELEASE, people=people, plan=accounts.plan(1, 0)))
    assert said.startswith("Release: Confirm safe for 1 user: pending")
    assert "ada@contoso.example: privileged: holds a directory role (Global Administrator)" in said
    assert "only under the larger quorum" in said


def test_a_recovery_is_loud_on_its_card_and_in_the_calls():
    account = asked(kind=RequestKind.RECOVERY, approvals_needed=2, break_glass_needed=2, plan=accounts.plan(1, 0))
    assert shown(account).startswith("BREAK GLASS recovery of signers: Confirm safe for 1 user")
    told = plain({"blocks": call_card(CallAccount(account, "")).blocks})
    assert "break glass is asked for" in told
    assert "Only break-glass approvers can sign it" in told


def test_a_reminder_says_that_it_is_one_until_the_request_ends():
    told = plain({"blocks": call_card(CallAccount(request_account(), "", is_reminder=True)).blocks})
    assert "Your signature is still wanted" in told
    assert "half of the time is gone" in told
    ended = CallAccount(request_account(RequestState.EXPIRED), "", is_reminder=True)
    assert "half of the time" not in plain({"blocks": call_card(ended).blocks})


# What the surge's card offers.


def pending(**changes):
    return asked(created_at=FOUR + HOUR, **changes)


def test_beside_a_pending_request_a_follow_up_is_offered_only_for_whom_a_newer_briefing_counted():
    older = surge_account(briefing=accounts.briefing(made_at=FOUR, eligible=500), requests=(pending(),))
    none = surge_account(briefing=accounts.briefing(made_at=FOUR + 2 * HOUR, eligible=0), requests=(pending(),))
    some = surge_account(briefing=accounts.briefing(made_at=FOUR + 2 * HOUR, eligible=3), requests=(pending(),))
    assert [can_ask(each) for each in (older, none, some)] == [False, False, True]
    assert "Request remediation" in buttons({"blocks": surge_card(some).blocks})


@pytest.mark.parametrize("state", [RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.EXPIRED])
def test_after_a_request_ended_the_card_offers_the_next_though_nobody_counted_since(state):
    ended = asked(state, created_at=FOUR, settled_at=FOUR + 3 * HOUR)
    account = surge_account(briefing=accounts.briefing(made_at=FOUR + 2 * HOUR, eligible=0), requests=(ended,))
    assert can_ask(account)


def test_while_a_run_is_under_way_newcomers_are_offered_too():
    running = asked(RequestState.APPROVED, run=run_account(), created_at=FOUR, settled_at=FOUR + HOUR)
    some = surge_account(briefing=accounts.briefing(made_at=FOUR + 2 * HOUR, eligible=3), requests=(running,))
    assert can_ask(some)
    assert not can_ask(replace(some, briefing=accounts.briefing(made_at=FOUR + 2 * HOUR, eligible=None)))


def test_every_request_that_waits_has_its_line_on_the_card():
    two = (pending(), pending(requester=LIN))
    said = plain({"blocks": surge_card(surge_account(requests=two)).blocks})
    assert said.count("Request pending") == 2


@pytest.mark.parametrize(
    ("changes", "said", "offered"),
    [
        ({}, "Press Request recovery", True),
        ({"break_glass": 0}, "COUNTERSIGN_BREAK_GLASS_APPROVERS", True),
        ({"is_asked_for": True}, "is asked for, in the thread below", False),
    ],
)
def test_when_too_few_can_sign_the_card_says_how_to_go_on(changes, said, offered):
    short = Shortage(**({"able": 0, "needed": 1, "flagged": 2, "break_glass": 2, "is_asked_for": False} | changes))
    made = surge_card(surge_account(shortage=short))
    text = plain({"blocks": made.blocks})
    assert "Too few can sign. 2 accounts of signers are flagged; 0 of the 1 who must sign could." in text
    assert said in text
    assert ("Request recovery" in buttons({"blocks": made.blocks})) is offered


# The dialogs.

NAMED = (NamedUser("id-1", "ada@contoso.example", "another open detection"), NamedUser("id-2", "bob@x.example", "role"))


def release(**changes):
    facts = {
        "surge_id": accounts.SURGE,
        "channel": "C0IDENTITY",
        "surge_name": "S-85PV",
        "actions": (Action.CONFIRM_SAFE, Action.DISMISS_RISK),
        "people": NAMED,
        "more": 0,
        "approvals_needed": 2,
        "break_glass_needed": 0,
        "expires_in_seconds": 4 * 3600,
    }
    return ReleaseDialog(**(facts | changes))


def recovery(**changes):
    facts = {
        "surge_id": accounts.SURGE,
        "channel": "C0IDENTITY",
        "surge_name": "S-85PV",
        "actions": (Action.CONFIRM_SAFE, Action.DISMISS_RISK),
        "people": NAMED,
        "most": 5,
        "approvals_needed": 2,
        "break_glass": (GRACE, LIN),
        "expires_in_seconds": 4 * 3600,
    }
    return RecoveryDialog(**(facts | changes))


def way_back(**changes):
    facts = {
        "surge_id": accounts.SURGE,
        "channel": "C0IDENTITY",
        "surge_name": "S-85PV",
        "actions": (Action.CONFIRM_COMPROMISED, Action.REVOKE_SESSIONS),
        "runs": (("b2" * 16, "1,180 users, signed 2025-04-20 08:00 UTC, done"),),
        "approvals_needed": 1,
        "expires_in_seconds": 4 * 3600,
    }
    return WayBackDialog(**(facts | changes))


@pytest.mark.parametrize("made", [release(), release(more=12), recovery(), way_back()])
def test_each_dialog_carries_ids_and_nothing_else_and_slack_takes_it(made):
    drawn = view(made)
    assert json.loads(drawn["private_metadata"]) == {"surge": accounts.SURGE, "channel": "C0IDENTITY"}
    assert problems_of_view(drawn) == []


def test_of_more_than_a_hundred_the_user_is_typed():
    element = next(block["element"] for block in view(release(more=1))["blocks"] if block.get("block_id") == "people")
    assert element["type"] == "plain_text_input"
    assert "3 users can be released" in plain(view(release(more=1)))


def test_a_recovery_names_who_may_break_the_glass_and_chooses_no_more_than_it_may():
    many = tuple(NamedUser(f"id-{n}", f"signer{n}@contoso.example", "") for n in range(8))
    drawn = view(recovery(people=many))
    element = next(block["element"] for block in drawn["blocks"] if block.get("block_id") == "people")
    assert (len(element["initial_options"]), element["max_selected_items"]) == (5, 5)
    assert "@U0GRACE0001" in plain(drawn)


def test_the_request_dialog_tells_the_action_at_once_and_offers_a_release():
    drawn = view(dialog(can_release=True, takes="26 calls, about 30 s at Microsoft's limit", already_closed=3))
    action = next(block for block in drawn["blocks"] if block.get("block_id") == "action")
    assert action["dispatch_action"] is True
    assert "26 calls, about 30 s" in plain(drawn)
    assert "3 users closed before" in plain(drawn)
    assert "Release one of them" in buttons(drawn)


def test_with_nobody_eligible_another_action_can_be_chosen_still_and_nothing_submitted():
    drawn = view(dialog(choices=(), eligible=0, action=Action.REQUIRE_PASSWORD_CHANGE))
    assert "submit" not in drawn
    assert json.loads(drawn["private_metadata"])["surge"] == accounts.SURGE
    assert [block["type"] for block in drawn["blocks"] if block.get("block_id") == "action"] == ["actions"]


def test_details_offer_the_release_and_the_way_back():
    offers = (ClickKind.OPEN_RELEASE, ClickKind.OPEN_WAY_BACK)
    drawn = view(DetailsDialog("S-85PV", (), (), surge_id=accounts.SURGE, channel="C0IDENTITY", offers=offers))
    assert buttons(drawn) == ["Release a held-back user", "Way back for a run's users"]
    assert buttons(view(DetailsDialog("S-85PV", (), ()))) == []
