"""Who was stopped from signing in, and what the database counts of a surge by itself."""

from dataclasses import replace

import pytest

from bot.act.outcome import OutcomeState
from bot.watch.impact import Impact
from bot.watch.profile import SignInKind
from tests.values import (
    DAY,
    END,
    HOUR,
    LEAKED,
    NOW,
    START,
    SURGE,
    TENANT,
    detection,
    directory_user,
    profile,
    risky,
    surge,
)

BLOCKED = Impact("ada", blocked_since=START, blocked_last=START + HOUR, blocks=3)


def test_impacts_come_back_as_they_were_kept_and_are_updated(transact, with_surge):
    stuck = Impact("bob", stuck_since=START, stuck_code=50142, succeeded_at=NOW)
    transact(lambda tx: tx.impacts.keep_impacts(TENANT, SURGE, [BLOCKED, stuck]))
    assert transact(lambda tx: tx.impacts.impacts_of(TENANT, SURGE)) == {"ada": BLOCKED, "bob": stuck}
    later = replace(BLOCKED, blocks=4, blocked_last=NOW)
    transact(lambda tx: tx.impacts.keep_impacts(TENANT, SURGE, [later]))
    assert transact(lambda tx: tx.impacts.impacts_of(TENANT, SURGE))["ada"] == later
    assert transact(lambda tx: tx.impacts.impacts_of("other", SURGE)) == {}


@pytest.mark.parametrize(
    ("impact", "is_blocked"),
    [
        (BLOCKED, True),
        (replace(BLOCKED, succeeded_at=START + HOUR + 1), False),
        (replace(BLOCKED, succeeded_at=START + 1), True),
        (Impact("ada", stuck_since=START, stuck_code=50142), False),
    ],
)
def test_blocked_now_is_who_has_not_signed_in_since_the_last_block(transact, with_surge, impact, is_blocked):
    transact(lambda tx: tx.impacts.keep_impacts(TENANT, SURGE, [impact]))
    assert transact(lambda tx: tx.impacts.blocked_users(TENANT, SURGE)) == (frozenset({"ada"} if is_blocked else ()))


def test_a_clean_up_is_told_by_when_it_was_verified(transact, with_run):
    found = transact(lambda tx: tx.outcomes.outcomes_of_run(TENANT, with_run.id))["ada"]
    verified = replace(found, state=OutcomeState.VERIFIED, verified_at=NOW)
    transact(lambda tx: tx.outcomes.keep_outcomes(with_run, [verified]))
    assert transact(lambda tx: tx.impacts.cleared_at(TENANT, SURGE)) == {"ada": NOW}
    assert transact(lambda tx: tx.impacts.cleared_at("other", SURGE)) == {}


@pytest.fixture
def with_people(transact, with_surge):
    """Three users of the surge, and one beside it; the directory knows all but one of them."""
    people = [
        replace(directory_user("ada", "ada@fabrikam.example"), department="Finance", password_changed_at=START),
        replace(directory_user("bob", "bob@CONTOSO.example"), department="Finance", password_changed_at=START - DAY),
        replace(directory_user("eve", "eve@fabrikam.example"), department="Sales", password_changed_at=NOW),
        directory_user("gus", "gus_fabrikam.example#EXT#@fabrikam.example"),
    ]
    found = [
        detection("ada", at=START),
        detection("ada", at=START - HOUR, name="before the surge"),
        detection("bob", at=END),
        detection("bob", at=START + HOUR, kind="anonymizedIPAddress"),
        detection("cy", at=START + HOUR),
        detection("eve", at=START + HOUR),
    ]
    transact(
        lambda tx: [
            tx.directory_users.keep_directory_users(TENANT, people),
            tx.directory_users.keep_directory_users("other", people),
            tx.detections.keep_detections(TENANT, found, NOW),
            tx.detections.keep_detections("other", found, NOW),
            tx.surges.add_users(TENANT, SURGE, ["ada", "bob", "cy"], NOW),
        ]
    )


def test_each_user_of_a_surge_has_the_first_flag_that_is_part_of_it(transact, with_people):
    found = transact(lambda tx: tx.counts.flagged_at(surge()))
    assert found == {"ada": START, "bob": END, "cy": START + HOUR}


def test_users_are_counted_by_the_types_of_the_surge(transact, with_people):
    assert transact(lambda tx: tx.counts.users_by_type(surge())) == {LEAKED: 3}
    both = surge(types=(LEAKED, "anonymizedIPAddress"))
    assert transact(lambda tx: tx.counts.users_by_type(both)) == {LEAKED: 3, "anonymizedIPAddress": 1}


def test_the_last_leak_before_a_time_is_found(transact, with_people):
    assert transact(lambda tx: tx.counts.last_detection(TENANT, LEAKED, START)) == START - HOUR
    assert transact(lambda tx: tx.counts.last_detection(TENANT, "riskyIPAddress", START)) is None


def test_departments_are_counted_for_the_tenant_and_for_a_surge(transact, with_people):
    assert transact(lambda tx: tx.counts.departments(TENANT)) == {"Finance": 2, "Sales": 1}
    assert transact(lambda tx: tx.counts.departments(TENANT, surge())) == {"Finance": 2}


def test_passwords_newer_than_a_time_are_counted_of_those_that_are_known(transact, with_people):
    def count(**span):
        return transact(lambda tx: tx.counts.newer_passwords(TENANT, **span))

    assert count(than=START - 1, before=NOW + 1) == (2, 3)
    assert count(than=START - 1, before=NOW) == (1, 2)
    assert count(than=START - 1, before=NOW + 1, surge=surge()) == (1, 2)
    assert transact(lambda tx: tx.counts.newer_passwords("nobody's", than=0, before=NOW)) == (0, 0)


def test_users_are_counted_by_domain_in_any_case_and_without_external_ones(transact, with_people):
    assert transact(lambda tx: tx.counts.users_in_domains(TENANT, ["Fabrikam.example"])) == 2
    assert transact(lambda tx: tx.counts.users_in_domains(TENANT, ["contoso.example", "fabrikam.example"])) == 3
    assert transact(lambda tx: tx.counts.users_in_domains(TENANT, ["brikam.example"])) == 0
    assert transact(lambda tx: tx.counts.users_in_domains(TENANT, [])) == 0


def test_guests_are_external_users_and_guests_whose_account_is_here(transact, with_surge):
    people = [
        directory_user("ada", "ada@contoso.example"),
        directory_user("bob", "bob@contoso.example", user_type="Guest"),
        directory_user("gus", "gus_fabrikam.example#EXT#@contoso.example"),
        directory_user("hal", "hal@contoso.example", external_state="Accepted"),
        directory_user("ian", "ian@contoso.example", user_type="Guest"),
    ]
    members = [user.user_id for user in people[:-1]]
    transact(
        lambda tx: [
            tx.directory_users.keep_directory_users(TENANT, people),
            tx.surges.add_users(TENANT, SURGE, members, NOW),
        ]
    )
    assert transact(lambda tx: tx.counts.guests(surge())) == {"bob", "gus", "hal"}


def test_risk_is_unread_for_members_who_are_neither_listed_nor_guests(transact, with_surge):
    people = [replace(profile("bob"), kind=SignInKind.GUEST), replace(profile("cy"), kind=SignInKind.HYBRID)]

    def fill(tx):
        tx.surges.add_users(TENANT, SURGE, ["ada", "bob", "cy", "dora"], NOW)
        tx.directory.keep_risky(TENANT, [risky("ada"), risky("eve")], NOW)
        tx.directory.keep_profiles(TENANT, people, NOW)

    transact(fill)
    assert transact(lambda tx: tx.counts.unread_risk(surge())) == 2
    transact(lambda tx: tx.directory.keep_risky("other", [risky("cy"), risky("dora")], NOW))
    assert transact(lambda tx: tx.counts.unread_risk(surge())) == 2
    transact(lambda tx: tx.directory.keep_risky(TENANT, [risky("cy"), risky("dora")], NOW))
    assert transact(lambda tx: tx.counts.unread_risk(surge())) == 0


def test_principal_names_are_those_of_the_surges_users(transact, with_surge):
    people = [profile("ada"), profile("eve")]
    transact(lambda tx: [tx.surges.add_users(TENANT, SURGE, ["ada", "bob"], NOW)])
    transact(lambda tx: tx.directory.keep_profiles(TENANT, people, NOW))
    assert transact(lambda tx: tx.directory.principal_names(surge())) == {"ada": people[0].user_principal_name}


def test_only_tenants_that_were_read_are_watched(transact):
    def watch(tx):
        tx.watches.keep_watch(replace(tx.watches.watch_of(TENANT), read_through=NOW))
        tx.watches.keep_watch(replace(tx.watches.watch_of("new"), problem="no token"))

    transact(watch)
    assert transact(lambda tx: tx.counts.watched_tenants()) == {TENANT}
