"""Who may ask and sign. What can't be told counts against the person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.policy import (
    Account,
    Policy,
    groups_among,
    refuse_conflict,
    refuse_list,
    refuse_person,
)
from bot.decide.refusal import Refusal
from tests.values import person

TEAM = "TCONTOSO"
IDS = st.sampled_from(["UANNA", "UBEN", "UCARA", "SADMINS"])


def test_a_full_living_member_of_this_workspace_is_let_through():
    assert refuse_person(person(), team_id=TEAM) is None


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        (None, Refusal.PERSON_UNREADABLE),
        (person(is_deleted=True), Refusal.DEACTIVATED),
        (person(is_bot=True), Refusal.NOT_A_PERSON),
        (person(is_stranger=True), Refusal.OTHER_WORKSPACE),
        (person(team_id="TOTHER"), Refusal.OTHER_WORKSPACE),
        (person(team_id=""), Refusal.OTHER_WORKSPACE),
        (person(is_guest=True), Refusal.GUEST),
    ],
)
def test_whoever_is_not_one_is_refused_with_the_reason(who, refusal):
    assert refuse_person(who, team_id=TEAM) is refusal


@given(st.fixed_dictionaries({key: st.booleans() for key in ("is_deleted", "is_bot", "is_guest", "is_stranger")}))
def test_one_fault_is_enough_whatever_else_is_right(faults):
    assert (refuse_person(person(**faults), team_id=TEAM) is None) == (not any(faults.values()))


@given(st.text())
def test_an_empty_list_means_nobody(user_id):
    assert refuse_list(user_id, (), Refusal.NOT_AN_APPROVER) is Refusal.NOBODY_MAY


@given(IDS, st.sets(IDS, min_size=1))
def test_only_who_is_on_the_list_is_let_through(user_id, allowed):
    refusal = refuse_list(user_id, allowed, Refusal.NOT_A_REQUESTER)
    assert refusal is (None if user_id in allowed else Refusal.NOT_A_REQUESTER)


def test_groups_are_told_from_people_by_their_ids():
    assert groups_among(["UANNA", "SADMINS", "WBEN", "SHELPDESK"]) == ("SADMINS", "SHELPDESK")


def test_whoever_may_ask_or_sign_is_named_once():
    policy = Policy(("UANNA", "UBEN"), ("UBEN", "UCARA"), 1, 1, 1)
    assert policy.everyone_named == ("UANNA", "UBEN", "UCARA")


ACCOUNTS = st.lists(st.builds(Account, st.sampled_from("abcdef"), st.booleans()), max_size=4)
SOME = st.sets(st.sampled_from("abcdef"))


@given(ACCOUNTS, SOME, SOME)
def test_a_signer_is_let_through_only_without_any_conflict(accounts, planned, requesters):
    refusal = refuse_conflict(accounts=accounts, plan_user_ids=planned, requester_accounts=requesters)
    ids = {account.user_id for account in accounts}
    if ids & requesters:
        assert refusal is Refusal.SAME_PERSON
    elif ids & planned or any(account.is_at_risk for account in accounts):
        assert refusal is Refusal.AMONG_THE_FLAGGED
    else:
        assert refusal is None


def test_an_account_in_the_plan_is_a_conflict_though_its_risk_is_closed_already():
    found = refuse_conflict(accounts=[Account("a", is_at_risk=False)], plan_user_ids={"a"}, requester_accounts=())
    assert found is Refusal.AMONG_THE_FLAGGED


def test_a_second_account_at_risk_is_a_conflict_though_the_first_is_clean():
    accounts = [Account("a", is_at_risk=False), Account("a-admin", is_at_risk=True)]
    assert refuse_conflict(accounts=accounts, plan_user_ids=(), requester_accounts=()) is Refusal.AMONG_THE_FLAGGED
