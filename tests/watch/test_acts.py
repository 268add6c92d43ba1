"""Acts after a takeover: whose they are, why they were done, and beside whom they are counted."""

import pytest

from bot.watch.acts import ActKind, acts_of, compared
from bot.watch.audits import Audit
from bot.watch.facts import Cause

FLAG = 100
METHOD, PASSWORD = "User registered security info", "Reset password (self-service)"


def audit(number=1, *, activity=METHOD, by="ada", to="ada", at=150, address="192.0.2.7", result="success"):
    return Audit(f"a{number}", at, activity, "UserManagement", result, by, "" if by else "App", "", address, (to,), ())


def found(
    *audits, kind=ActKind.TAKEOVER, flagged_at=None, networks=frozenset(), known_users=frozenset(), surge_start=None
):
    return acts_of(
        audits,
        kind,
        {"ada", "bob"},
        flagged_at={"ada": FLAG, "bob": FLAG} if flagged_at is None else flagged_at,
        networks=networks,
        known_users=known_users,
        surge_start=surge_start,
    )


@pytest.mark.parametrize(
    ("entry", "networks", "cause"),
    [
        (audit(at=50), {("ada", "192.0.2")}, Cause.OWN),
        (audit(at=150), {("ada", "192.0.2")}, Cause.FORCED),
        (audit(at=150), {("ada", "198.51.100")}, Cause.OWN),
        (audit(at=150), None, Cause.OWN),
        (audit(at=150, by="helen"), None, Cause.HELP_DESK),
        (audit(at=150, by=""), None, Cause.HELP_DESK),
    ],
)
def test_a_new_method_is_the_users_own_unless_the_lock_out_or_another_explains_it(entry, networks, cause):
    assert [each.cause for each in found(entry, networks=networks)] == [cause]


@pytest.mark.parametrize(
    ("entry", "networks", "cause"),
    [
        (audit(activity=PASSWORD, at=150), None, Cause.FORCED),
        (audit(activity=PASSWORD, at=150), {("ada", "198.51.100")}, Cause.OWN),
        (audit(activity=PASSWORD, at=50), None, Cause.OWN),
        (audit(activity="Reset password (by admin)", by="helen"), None, Cause.HELP_DESK),
    ],
)
def test_a_password_changed_after_the_flag_is_forced_unless_it_came_from_a_new_network(entry, networks, cause):
    assert [each.cause for each in found(entry, kind=ActKind.CHANGE, networks=networks)] == [cause]


def test_acts_of_others_failed_ones_and_other_activities_are_left_out():
    page = [audit(1, by="eve", to="eve"), audit(2, result="failure"), audit(3, activity="Update user")]
    assert found(*page) == ()


@pytest.mark.parametrize(
    ("at", "networks", "is_counted"),
    [
        (50, {("ada", "192.0.2")}, False),
        (50, None, False),
        (50, {("ada", "198.51.100")}, True),
        (80, {("ada", "192.0.2")}, True),
    ],
)
def test_what_was_done_before_the_surge_counts_only_from_a_new_network(at, networks, is_counted):
    assert bool(found(audit(at=at), networks=networks, surge_start=80)) is is_counted


def test_an_entry_that_comes_twice_counts_once():
    assert len(found(audit(), audit())) == 1


def test_a_consent_is_its_givers_though_its_target_is_an_app():
    (act,) = found(audit(activity="Consent to application", by="bob", to="some-app", at=50))
    assert (act.user_id, act.cause) == ("bob", Cause.OWN)


def test_whose_earlier_sign_ins_were_not_read_is_not_called_new():
    (act,) = found(audit(at=50), networks={("bob", "192.0.2")}, known_users={"bob"})
    assert act.is_new is None


def test_unflagged_users_are_counted_by_head_and_by_new_network_where_that_was_read():
    others = found(
        audit(1, at=1), audit(2, at=2), audit(3, by="bob", to="bob"), flagged_at={}, networks={("bob", "192.0.2")}
    )
    made = compared((), flagged=10, others=others, unflagged=20)
    assert (made.unflagged_users, made.unflagged_new) == (2, 1)
    unread = found(audit(1, at=1), flagged_at={}, networks=None)
    assert compared((), flagged=10, others=unread, unflagged=20).unflagged_new is None
