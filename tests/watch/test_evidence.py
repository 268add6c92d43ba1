"""The worked cases, the bands, caps and coverage: what people rest a decision on."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.watch.evidence import Band, judge
from bot.watch.facts import Missing, Share, Unasked, UsualRate
from bot.watch.rows.row import Group, RowName, RowState
from bot.watch.weights import Weights
from tests.watch import evidence_cases as cases
from tests.watch.evidence_cases import act, acts, known

READINGS = {
    "passwordless",
    "newer_passwords",
    "unsynchronised",
    "risky_sign_ins",
    "bad_credentials",
    "takeovers",
    "risky_changes",
    "new_apps",
    "revocations",
    "announcements",
    "privileged",
    "departments",
}
ATTACK = {Band.LEANS_ATTACK, Band.STRONGLY_ATTACK}


def test_the_wave_of_april_2025_is_strongly_a_false_alarm_though_microsoft_says_nothing():
    assert judge(cases.april()).band is Band.STRONGLY_FALSE_ALARM


def test_it_stays_so_while_thousands_are_locked_out_and_many_changed_their_password_by_force():
    evidence = judge(cases.april_under_lock_and_forced_change())
    assert evidence.band is Band.STRONGLY_FALSE_ALARM
    assert evidence.suspects == ()


def test_it_does_not_hang_on_what_only_that_weekend_had():
    facts = replace(cases.april(), new_apps=known(()), revocations=Missing("needs AuditLog.Read.All"))
    assert judge(facts).band is Band.STRONGLY_FALSE_ALARM


def test_risk_detections_alone_are_insufficient():
    evidence = judge(cases.detections_alone())
    assert evidence.band is Band.INSUFFICIENT
    assert evidence.coverage < 0.3


def test_a_leaked_combination_list_is_or_leans_to_an_attack():
    assert judge(cases.combination_list()).band in ATTACK


def test_it_still_is_where_no_breach_service_is_set_up_and_nothing_was_tried_yet():
    facts = replace(cases.combination_list(), breach=Unasked("off"), risky_sign_ins=known(UsualRate(9, 4.0)))
    assert judge(facts).band in ATTACK


def test_a_spray_with_takeovers_is_an_attack():
    assert judge(cases.spray_with_takeovers()).band is Band.STRONGLY_ATTACK


def test_a_false_wave_that_hides_takeovers_is_conflicting_and_names_them():
    evidence = judge(cases.hidden_takeovers())
    assert evidence.band is Band.CONFLICTING
    assert {each.user_id for each in evidence.suspects} == {f"user{n}" for n in range(12)}
    assert all("new to the user" in each.why for each in evidence.suspects)


def test_takeovers_stay_conflicting_where_little_else_speaks_for_a_false_alarm():
    facts = replace(
        cases.hidden_takeovers(),
        new_apps=known(()),
        revocations=Missing("?"),
        unsynchronised=Unasked("none"),
        newer_passwords=Missing("?"),
    )
    evidence = judge(facts)
    assert evidence.total < 10
    assert evidence.band is Band.CONFLICTING


def test_a_few_changed_phones_leave_a_false_wave_false_and_are_held_back():
    evidence = judge(cases.a_few_new_phones())
    assert evidence.band is Band.STRONGLY_FALSE_ALARM
    assert [each.user_id for each in evidence.suspects] == ["ada", "bob"]
    assert evidence.suspects[0].why == "User registered security info; User deleted security info"


def test_without_a_behaviour_row_the_evidence_is_insufficient_whatever_it_comes_to():
    missing = Missing("needs AuditLog.Read.All")
    facts = replace(
        cases.april(), risky_sign_ins=missing, bad_credentials=missing, takeovers=missing, risky_changes=missing
    )
    evidence = judge(facts)
    assert evidence.total >= 20
    assert evidence.band is Band.INSUFFICIENT


def test_a_behaviour_and_a_credential_row_that_weigh_little_cover_too_little():
    facts = replace(cases.detections_alone(), risky_changes=known(acts()), passwordless=known(Share(80, 1_000, 0.08)))
    assert judge(facts).band is Band.INSUFFICIENT
    assert judge(facts, Weights().overridden({"least_coverage": 0.25})).band is not Band.INSUFFICIENT
    assert judge(replace(facts, bad_credentials=known(UsualRate(1, 1.0)))).band is not Band.INSUFFICIENT


def test_a_leak_without_a_credential_row_is_insufficient_but_another_surge_needs_none():
    missing = Missing("needs AuditLog.Read.All")
    without = replace(cases.april(), passwordless=missing, newer_passwords=missing, unsynchronised=missing)
    assert judge(without).band is Band.INSUFFICIENT
    other = replace(without, types={"unfamiliarFeatures": 1_200})
    assert judge(other).band is not Band.INSUFFICIENT
    assert all(row.group is not Group.CREDENTIAL for row in judge(other).rows)


def test_what_was_not_read_lowers_the_coverage_and_what_nobody_asked_for_does_not():
    whole = judge(cases.april())
    assert whole.coverage == 1.0
    assert judge(replace(cases.april(), takeovers=Missing("?"))).coverage < 1.0
    assert {row.name for row in whole.rows if row.reading is RowState.NOT_ASKED} == {
        RowName.OTHER_TENANTS,
        RowName.BREACH,
    }


def test_a_row_that_was_not_read_weighs_nothing_and_says_why():
    evidence = judge(replace(cases.april(), takeovers=Missing("needs AuditLog.Read.All")))
    (row,) = [row for row in evidence.rows if row.name is RowName.TAKEOVERS]
    assert (row.weight, row.read_at, row.finding) == (0, None, "not available: needs AuditLog.Read.All")


def test_no_group_outweighs_its_cap():
    facts = replace(
        cases.spray_with_takeovers(),
        risky_changes=known(acts([act(f"user{n}") for n in range(50)], flagged=108)),
    )
    evidence = judge(facts)
    assert dict(evidence.groups)[Group.BEHAVIOUR] < -35
    rest = [each for each in evidence.rows if each.group is not Group.BEHAVIOUR]
    assert evidence.total == pytest.approx(
        -35 + sum(each.weight for each in rest if each.group is not Group.POPULATION) - 8, abs=0.2
    )


@pytest.mark.parametrize(
    ("total", "band"),
    [
        (20, Band.STRONGLY_FALSE_ALARM),
        (19.9, Band.LEANS_FALSE_ALARM),
        (10, Band.LEANS_FALSE_ALARM),
        (9.9, Band.INCONCLUSIVE),
        (0, Band.INCONCLUSIVE),
        (-9.9, Band.INCONCLUSIVE),
        (-10, Band.LEANS_ATTACK),
        (-19.9, Band.LEANS_ATTACK),
        (-20, Band.STRONGLY_ATTACK),
    ],
)
def test_each_total_has_its_band(total, band):
    """One row alone weighs, by as much as is wanted."""
    nothing = {each.name: 0 for each in fields(Weights) if each.name.startswith("cap_")}
    table = Weights().overridden({**nothing, "cap_shape": 100, "offline_burst": 0, "one_type": total})
    assert judge(cases.april(), replace(table, cap_behaviour=1e-9, cap_credential=1e-9)).total == total
    wide = replace(table, cap_behaviour=1e-9, cap_credential=1e-9)
    assert judge(cases.april(), wide).band is band


@given(st.lists(st.sampled_from(sorted(READINGS)), unique=True))
def test_the_less_is_read_the_lower_the_coverage_and_never_does_it_crash(names):
    facts = replace(cases.april(), **dict.fromkeys(names, Missing("?")))
    evidence = judge(facts)
    assert 0 <= evidence.coverage <= 1
    assert (evidence.coverage < 1) == bool(names)


def test_a_team_that_overrides_a_weight_is_judged_by_its_own():
    table = Weights().overridden({"revocation": 0, "new_app": 0, "band_strong": 60})
    evidence = judge(cases.april(), table)
    assert evidence.band is Band.LEANS_FALSE_ALARM
    assert {row.weight for row in evidence.rows if row.name is RowName.REVOCATIONS} == {0}


def test_bands_that_warn_rank_above_those_that_clear():
    assert Band.CONFLICTING.rank > Band.INCONCLUSIVE.rank > Band.STRONGLY_FALSE_ALARM.rank
