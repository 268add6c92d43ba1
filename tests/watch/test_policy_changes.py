"""A policy that protects less than when the surge opened is named, with who did it, until it is back."""

import pytest

from bot.watch.access_policies import Grant
from bot.watch.audits import Audit
from bot.watch.policy_changes import Weakening, weakened
from tests.watch.people import policy


def audit(at, *, by="helen", target="p1", activity="Update conditional access policy", result="success"):
    return Audit(f"a{at}", at, activity, "Policy", result, by, "" if by else "Script", "", "", (target,), ())


@pytest.mark.parametrize(
    ("now", "weakening", "details"),
    [
        ((), Weakening.GONE, ()),
        ((policy(levels=()),), Weakening.GONE, ()),
        ((policy(state="disabled"),), Weakening.SWITCHED_OFF, ()),
        ((policy(state="enabledForReportingButNotEnforced"),), Weakening.REPORT_ONLY, ()),
        ((policy(without_users=("ada", "bob")),), Weakening.NARROWED, ("2 more users excluded",)),
        ((policy(without_groups=("g",)),), Weakening.NARROWED, ("1 more group excluded",)),
        ((policy(users=("ada",)),), Weakening.NARROWED, ("no longer for all users",)),
        ((policy(grants=(Grant.MFA,)),), Weakening.SOFTENED, ("no longer: block",)),
    ],
)
def test_a_weaker_policy_is_named_by_what_became_of_it(now, weakening, details):
    (change,) = weakened([policy()], now)
    assert (change.weakening, change.details) == (weakening, details)
    assert change.sentence.startswith("Block high user risk ")


def test_a_level_or_group_taken_out_narrows_it():
    before = policy(levels=("medium", "high"), users=(), groups=("a", "b"))
    (change,) = weakened([before], [policy(users=(), groups=("a",))])
    assert change.details == ("1 group no longer included", "no longer at medium risk")


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (policy(), policy()),
        (policy(), policy(name="Renamed", levels=("medium", "high"))),
        (policy(users=("ada",)), policy()),
        (policy(without_users=("ada",)), policy()),
        (policy(state="disabled"), policy(state="disabled")),
        (policy(levels=()), policy(state="disabled")),
    ],
)
def test_a_policy_that_protects_as_much_or_more_is_not_named(before, now):
    assert weakened([before], [now]) == ()


def test_the_reminder_ends_when_the_policy_is_back():
    off = [policy(state="disabled")]
    assert weakened([policy()], off)
    assert weakened([policy()], off)
    assert weakened([policy()], [policy()]) == ()


def test_who_and_when_come_from_the_newest_entry_of_that_policy():
    audits = [
        audit(30, target="p2"),
        audit(20),
        audit(10, by="old"),
        audit(40, activity="Update user"),
        audit(50, result="failure"),
    ]
    (change,) = weakened([policy()], [policy(state="disabled")], audits)
    assert (change.by, change.at) == ("helen", 20)


def test_an_app_is_named_where_no_user_did_it_and_nobody_where_the_log_was_not_read():
    (change,) = weakened([policy()], [policy(state="disabled")], [audit(20, by="")])
    assert change.by == "Script"
    (change,) = weakened([policy()], [policy(state="disabled")])
    assert (change.by, change.at) == ("", None)
