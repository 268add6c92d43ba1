"""Each row of the evidence in its three cases: it speaks for a false alarm, against it, or could not be read."""

from dataclasses import replace

import pytest

from bot.watch.evidence import judge
from bot.watch.facts import Breach, Cause, Departments, Missing, NewApp, Revocations, Share, UsualRate
from bot.watch.rows.likelihood import tail
from bot.watch.rows.row import RowName, RowState
from tests.watch.evidence_cases import (
    END,
    HOUR,
    START,
    act,
    acts,
    announcement,
    april,
    detections_alone,
    known,
    other_tenants,
)

MANY = [act(f"user{n}") for n in range(40)]
APP = NewApp("id", "Some App", START - 30 * HOUR, START - 6 * HOUR)
TENANT = {"sales": 100, "it": 100, "hr": 100}

CASES = {
    RowName.PASSWORDLESS: ("passwordless", Share(90, 1_000, 0.08), 4, Share(5, 1_000, 0.08), -4),
    RowName.NEWER_PASSWORDS: ("newer_passwords", Share(400, 1_000, 0.4), 10, Share(150, 1_000, 0.4), -10),
    RowName.UNSYNCHRONISED: ("unsynchronised", Share(200, 1_000, 0.2), 6, Share(60, 1_000, 0.2), -6),
    RowName.RISKY_SIGN_INS: ("risky_sign_ins", UsualRate(5, 4.0), 6, UsualRate(40, 4.0), -20),
    RowName.TAKEOVERS: ("takeovers", acts(), 1, acts(MANY), -20),
    RowName.BAD_CREDENTIALS: ("bad_credentials", UsualRate(40, 35.0), 2, UsualRate(70, 35.0), -12),
    RowName.RISKY_CHANGES: ("risky_changes", acts(), 0, acts(MANY), -8),
    RowName.NEW_APPS: ("new_apps", (APP,), 4, (), 0),
    RowName.REVOCATIONS: ("revocations", Revocations(900, 850, "App"), 6, Revocations(2, 2, "App"), 0),
    RowName.ADVISORIES: ("announcements", (announcement("Risk detections raised in error"),), 12, (), 0),
    RowName.PRIVILEGED: ("privileged", Share(5, 1_000, 0.004), 2, Share(20, 1_000, 0.004), -8),
    RowName.DEPARTMENTS: (
        "departments",
        Departments({"sales": 30, "it": 30, "hr": 30}, TENANT),
        3,
        Departments({"it": 80, "hr": 10}, TENANT),
        -5,
    ),
    RowName.BREACH: ("breach", Breach(50, 0), 4, Breach(50, 20), -6),
}


def row(name, facts):
    (found,) = [each for each in judge(facts).rows if each.name is name]
    return found


@pytest.mark.parametrize("name", CASES)
def test_each_row_speaks_for_a_false_alarm(name):
    field, value, weight, _, _ = CASES[name]
    found = row(name, replace(april(), **{field: known(value)}))
    assert (found.weight, found.reading) == (weight, RowState.READ)
    assert found.finding.endswith(".")
    assert found.read_at is not None


@pytest.mark.parametrize("name", CASES)
def test_each_row_speaks_against_it_or_says_nothing(name):
    field, _, _, value, weight = CASES[name]
    assert row(name, replace(april(), **{field: known(value)})).weight == weight


@pytest.mark.parametrize("name", CASES)
def test_each_row_that_could_not_be_read_weighs_nothing_and_names_the_mend(name):
    found = row(name, replace(april(), **{CASES[name][0]: Missing("needs Some.Permission")}))
    assert (found.weight, found.reading) == (0, RowState.NOT_AVAILABLE)
    assert found.finding == "not available: needs Some.Permission"
    assert found.source


def test_every_row_has_its_cases():
    always = {RowName.KIND, RowName.ONE_TYPE, RowName.BURST, RowName.OTHER_TENANTS}
    assert set(CASES) | always == set(RowName)


@pytest.mark.parametrize(
    ("types", "weight"),
    [
        ({"leakedCredentials": 1_000}, 0),
        ({"passwordSpray": 1_000}, -15),
        ({"leakedCredentials": 1_000, "attackerinTheMiddle": 60}, -15),
        ({"leakedCredentials": 1_000, "attackerinTheMiddle": 3}, 0),
        ({"aTypeOfTomorrow": 1_000}, 0),
    ],
)
def test_a_type_that_proves_a_validated_password_speaks_for_an_attack(types, weight):
    assert row(RowName.KIND, detections_alone(**types)).weight == weight


@pytest.mark.parametrize(
    ("types", "weight"),
    [
        ({"leakedCredentials": 100}, 3),
        ({"leakedCredentials": 95, "unfamiliarFeatures": 5}, 3),
        ({"leakedCredentials": 80, "unfamiliarFeatures": 20}, 0),
        ({"leakedCredentials": 60, "unfamiliarFeatures": 40}, -4),
    ],
)
def test_one_type_speaks_for_a_fault_and_a_mixture_for_an_attack(types, weight):
    assert row(RowName.ONE_TYPE, detections_alone(**types)).weight == weight


@pytest.mark.parametrize(
    ("types", "hours", "weight"),
    [
        ({"leakedCredentials": 100}, 5, 4),
        ({"leakedCredentials": 100}, 9, 0),
        ({"unfamiliarFeatures": 100}, 5, -3),
        ({"leakedCredentials": 60, "unfamiliarFeatures": 40}, 5, 0),
    ],
)
def test_an_offline_burst_within_eight_hours_speaks_for_a_fault(types, hours, weight):
    facts = replace(detections_alone(**types), window_end=START + hours * HOUR)
    assert row(RowName.BURST, facts).weight == weight


def test_a_detection_timing_that_was_read_goes_before_what_the_type_tells():
    facts = replace(detections_alone(passwordSpray=100), offline=0)
    assert row(RowName.BURST, facts).weight == -3


@pytest.mark.parametrize(
    ("hit", "watched", "shared", "weight"),
    [
        (0, 50, "", 0),
        (1, 50, "", 0),
        (2, 50, "", 5),
        (3, 50, "", 8),
        (5, 50, "", 12),
        (5, 50, "the identity provider Okta", 0),
    ],
)
def test_other_tenants_count_unless_they_share_what_could_be_the_cause(hit, watched, shared, weight):
    facts = replace(april(), other_tenants=other_tenants(hit, watched, shared))
    assert row(RowName.OTHER_TENANTS, facts).weight == weight


def test_other_tenants_that_could_not_be_read_weigh_nothing():
    found = row(RowName.OTHER_TENANTS, replace(april(), other_tenants=Missing("their watch stands still")))
    assert (found.weight, found.reading) == (0, RowState.NOT_AVAILABLE)


def test_passwordless_users_weigh_more_only_where_the_team_states_that_their_passwords_are_random():
    facts = replace(april(), passwordless=known(Share(90, 1_000, 0.08)), passwords_are_random=True)
    assert row(RowName.PASSWORDLESS, facts).weight == 20


def test_few_users_weigh_little_even_when_all_are_passwordless():
    assert 0 < row(RowName.UNSYNCHRONISED, replace(april(), unsynchronised=known(Share(1, 1, 0.2)))).weight < 3


@pytest.mark.parametrize("base", [0.0, 1.0])
def test_a_tenant_where_nobody_or_everybody_is_passwordless_breaks_nothing(base):
    facts = replace(april(), passwordless=known(Share(int(1_000 * base), 1_000, base)))
    assert 0 <= row(RowName.PASSWORDLESS, facts).weight <= 4


@pytest.mark.parametrize(("now", "weight"), [(4, 6.0), (8, -4.0), (40, -20.0), (400, -20.0)])
def test_risky_sign_ins_weigh_by_how_far_they_are_raised(now, weight):
    assert row(RowName.RISKY_SIGN_INS, replace(april(), risky_sign_ins=known(UsualRate(now, 4.0)))).weight == weight


def test_risky_sign_ins_between_the_steps_weigh_between_them():
    assert -20 < row(RowName.RISKY_SIGN_INS, replace(april(), risky_sign_ins=known(UsualRate(18, 4.0)))).weight < -4


def test_a_handful_of_bad_passwords_where_none_is_usual_is_no_attack():
    assert row(RowName.BAD_CREDENTIALS, replace(april(), bad_credentials=known(UsualRate(3, 0.0)))).weight == 2


def test_as_many_acts_as_users_like_them_do_are_isolated():
    facts = replace(april(), takeovers=known(acts(MANY, unflagged_users=80)))
    assert row(RowName.TAKEOVERS, facts).weight == -2


def test_acts_from_new_networks_are_above_the_rate_where_acts_alone_are_not():
    strange = [act(f"user{n}", is_new=True) for n in range(20)]
    usual = acts(strange, unflagged_users=50, unflagged_new=1)
    assert row(RowName.TAKEOVERS, replace(april(), takeovers=known(usual))).weight == -20


def test_methods_that_many_register_after_the_flag_from_a_usual_place_are_looked_at_but_prove_no_attack():
    forced = [act(f"user{n}", cause=Cause.FORCED) for n in range(300)]
    facts = replace(april(), takeovers=known(acts(forced)))
    assert row(RowName.TAKEOVERS, facts).weight == -2
    assert len(judge(facts).suspects) == 300


def test_a_help_desk_whose_network_is_new_to_the_user_takes_nothing_over():
    helped = [act(f"user{n}", cause=Cause.HELP_DESK, is_new=True) for n in range(40)]
    assert row(RowName.TAKEOVERS, replace(april(), takeovers=known(acts(helped)))).weight == 1


def test_forced_changes_and_the_help_desks_weigh_nothing():
    found = [act(f"user{n}", cause=cause) for n in range(200) for cause in (Cause.FORCED, Cause.HELP_DESK)]
    changed = row(RowName.RISKY_CHANGES, replace(april(), risky_changes=known(acts(found))))
    assert changed.weight == 0
    assert "200 users" in changed.finding


@pytest.mark.parametrize(
    ("after", "before", "weight"),
    [
        (START - 30 * HOUR, START - 6 * HOUR, 4),
        (START - 20 * HOUR, START + 3 * HOUR, 4),
        (START - 200 * HOUR, START - 80 * HOUR, 0),
        (END + HOUR, END + 20 * HOUR, 0),
    ],
)
def test_an_app_coincides_when_it_came_in_the_72_hours_before(after, before, weight):
    facts = replace(april(), new_apps=known((NewApp("id", "Some App", after, before),)))
    assert row(RowName.NEW_APPS, facts).weight == weight


def test_an_app_that_came_to_several_tenants_weighs_more_and_is_never_called_the_cause():
    found = row(RowName.NEW_APPS, replace(april(), new_apps=known((replace(APP, tenants=3),))))
    assert found.weight == 8
    assert "coincidence" in found.finding


@pytest.mark.parametrize(
    ("found", "weight"),
    [
        ((announcement("Users may see leaked credential alerts"),), 12),
        ((announcement("Delays", "Some risky users were flagged"),), 12),
        ((announcement("Some users can't sign in"),), 3),
        ((announcement("Teams meetings"),), 0),
        ((announcement("Leaked credential alerts", at=START - 100 * HOUR),), 0),
        ((announcement("Sign-in delays"), announcement("False risk detections")), 12),
    ],
)
def test_an_advisory_weighs_by_what_it_names(found, weight):
    assert row(RowName.ADVISORIES, replace(april(), announcements=known(found))).weight == weight


def test_a_single_privileged_user_is_never_too_many():
    assert row(RowName.PRIVILEGED, replace(april(), privileged=known(Share(1, 20, 0.001)))).weight == 2


def test_names_of_five_thousand_characters_are_cut_in_findings():
    app = replace(APP, name="x" * 5_000)
    facts = replace(
        april(),
        new_apps=known((app,)),
        departments=known(Departments({"y" * 5_000: 50}, {"y" * 5_000: 100, "it": 9})),
        announcements=known((announcement("sign-in " * 900),)),
    )
    assert all(len(each.finding) < 400 for each in judge(facts).rows)


@pytest.mark.parametrize(("count", "mean"), [(0, 3.0), (3, 0.0), (5, 2.5), (1_000, 900.0), (2_000, 900.0)])
def test_the_tail_of_chance_is_a_probability_that_falls_with_the_count(count, mean):
    assert 0 <= tail(count + 1, mean) <= tail(count, mean) <= 1
