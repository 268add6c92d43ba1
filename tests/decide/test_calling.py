"""Whom to call, and when: tier by tier over the life of a request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.calling import ListedSigner, SignerList, able_signers, distinct, round_at, rounds
from tests.values import HOUR, NOW, request


def signer(name, *accounts, **marks):
    return ListedSigner(name, accounts or (f"account-of-{name}",), **({"is_approver": True} | marks))


def able(*people, conflicted=(), matching_required=True, **who):
    known = {"requester": "UANNA", "requester_accounts": ("account-of-UANNA",), "under_glass": False}
    found = able_signers(SignerList(people, matching_required), conflicted=conflicted, **(known | who))
    return [each.user_id for each in found]


def test_the_requester_can_not_sign_under_any_account():
    assert able(signer("UANNA"), signer("UALIAS", "account-of-UANNA"), signer("UBEN")) == ["UBEN"]


def test_whoever_is_at_risk_or_in_the_plan_can_not_sign():
    assert able(signer("UBEN"), signer("UCARA", "one", "two"), conflicted={"two"}) == ["UBEN"]


def test_whoever_could_not_be_matched_can_sign_only_where_that_is_not_asked_for():
    nobody = ListedSigner("UBEN", (), problem="none bears the address", is_approver=True)
    assert able(nobody) == []
    assert able(nobody, matching_required=False) == ["UBEN"]


def test_whoever_could_not_be_read_is_called_all_the_same():
    assert able(ListedSigner("UBEN", (), problem="Slack did not tell", is_unread=True, is_approver=True)) == ["UBEN"]


def test_break_glass_approvers_are_asked_where_the_request_needs_them_and_alone_for_a_recovery():
    people = signer("UBEN"), signer("UGLASS", is_approver=False, is_break_glass=True)
    assert able(*people) == ["UBEN"]
    assert able(*people, under_glass=True) == ["UBEN", "UGLASS"]
    assert able(*people, under_glass=True, only_glass=True) == ["UGLASS"]


@pytest.mark.parametrize(
    ("people", "number"),
    [
        ((), 0),
        ((signer("A"), signer("B")), 2),
        ((signer("A", "one"), signer("B", "one", "two"), signer("C", "two"), signer("D")), 2),
        ((signer("A", "one"), signer("C", "two"), signer("B", "one", "two")), 1),
    ],
)
def test_people_who_share_an_account_are_one(people, number):
    assert distinct(people) == number


def test_calls_go_out_at_the_request_at_half_time_and_then_to_each_next_tier_before_it_expires():
    asked = request(created_at=NOW, expires_at=NOW + 4 * HOUR)
    assert [round_at(asked, number, 1) - NOW for number in range(rounds(1))] == [0, 2 * HOUR]
    assert [round_at(asked, number, 2) - NOW for number in range(rounds(2))] == [0, 2 * HOUR, 3 * HOUR]


@given(st.integers(1, 30), st.integers(1, 10**13))
def test_every_round_comes_after_the_one_before_and_before_the_end(tiers, life):
    asked = request(created_at=NOW, expires_at=NOW + life)
    times = [round_at(asked, number, tiers) for number in range(rounds(tiers))]
    assert times == sorted(times)
    assert times[0] == NOW
    assert times[-1] < NOW + life or life < 2
