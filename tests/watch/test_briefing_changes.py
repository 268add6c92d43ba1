"""What a revision changed is said in sentences, and nothing is said where nothing changed."""

from dataclasses import replace

from bot.watch.briefing import Briefing, Cohort, Gap
from bot.watch.briefing_changes import what_changed
from bot.watch.evidence import judge
from bot.watch.facts import Missing
from bot.watch.forecast import Forecast
from bot.watch.impact import ImpactFigures
from bot.watch.policy_changes import PolicyChange, Weakening
from bot.watch.policy_effect import PolicyEffect
from tests.watch import evidence_cases as cases

BEFORE = Briefing(
    surge_id="s",
    revision=1,
    made_at=0,
    flagged=1_200,
    at_risk=1_200,
    cohorts={Cohort.OKTA: 1_200},
    passwordless=87,
    passwordless_unread=0,
    gaps=(),
    eligible=1_100,
    evidence=judge(cases.april()),
)
OFF = PolicyChange("p1", "Block high user risk", Weakening.SWITCHED_OFF)
IMPACT = ImpactFigures(200, 3, 4, ((50142, 4),), 150, 1, 2, 900)


def changed(before=BEFORE, **changes):
    return what_changed(before, replace(before, **changes))


def test_the_first_revision_changed_nothing():
    assert what_changed(None, BEFORE) == ()


def test_where_nothing_changed_nothing_is_said():
    assert changed(made_at=99, revision=2) == ()


def test_figures_are_said_before_and_now():
    assert changed(flagged=1_300, at_risk=None) == (
        "Flagged: 1,200 before, now 1,300.",
        "Still at risk: 1,200 before, now not available.",
    )


def test_a_new_band_comes_first_then_the_rows_that_moved_it_then_who_is_to_be_looked_at():
    found = changed(flagged=1_300, evidence=judge(cases.hidden_takeovers()))
    assert found[0] == "The evidence went from strongly a false alarm to conflicting."
    assert found[1].startswith("Acts after a takeover: 12 users of 1,200")
    assert found[2] == "12 more to look at one by one."


def test_a_row_that_can_no_longer_be_read_is_said():
    lost = replace(cases.april(), announcements=Missing("needs ServiceHealth.Read.All"))
    assert changed(evidence=judge(lost)) == ("Advisories: not available: needs ServiceHealth.Read.All",)


def test_the_first_evidence_is_said():
    assert what_changed(replace(BEFORE, evidence=None), BEFORE) == ("The evidence is there: strongly a false alarm.",)


def test_a_policy_that_was_switched_off_is_said_and_so_is_that_it_is_back():
    assert changed(policy_changes=(OFF,)) == ("Block high user risk was switched off.",)
    assert what_changed(replace(BEFORE, policy_changes=(OFF,)), BEFORE) == ("Block high user risk is back as it was.",)


def test_impact_forecast_and_standings_are_said():
    ahead = Forecast("Monday", 9, by_scope=5, expected=3, not_known=0)
    found = changed(impact=IMPACT, forecast=ahead, standings={PolicyEffect.BLOCKED: 200, PolicyEffect.STUCK: 4})
    assert found == (
        "Blocked: not available before, now 200.",
        "Stuck at a prompt: not available before, now 4.",
        "Blocked again after the clean-up: not available before, now 0.",
        "Signed in since the clean-up: not available before, now 0.",
        ahead.sentence,
        "What the policies do to them: blocked 200, stuck 4.",
    )


def test_gaps_that_came_and_went_are_said():
    gap = Gap("passwordless", "needs AuditLog.Read.All")
    assert changed(gaps=(gap,)) == ("Not available: passwordless (needs AuditLog.Read.All).",)
    assert what_changed(replace(BEFORE, gaps=(gap,)), BEFORE) == ("Read now: passwordless.",)


def test_whatever_makes_a_new_revision_is_said_in_some_sentence():
    for change in (
        {"cohorts": {Cohort.PING: 1_200}},
        {"passwordless": 88},
        {"passwordless_unread": 1},
        {"passwordless_methods": (("passkey", 1),)},
        {"at_risk_unread": 1},
        {"held_back": (("guest", 3),)},
        {"mfa_unregistered": 5},
        {"account_kinds": {}},
        {"disabled": 1},
        {"deleted": 1},
        {"privileged": ()},
        {"eligible": 7},
        {"impact": IMPACT},
        {"evidence": judge(cases.combination_list())},
    ):
        now = replace(BEFORE, **change)
        assert not BEFORE.same_figures(now)
        assert what_changed(BEFORE, now), change
