"""The advice follows from the evidence by stated rules, and always names whom to look at first."""

from dataclasses import replace

import pytest

from bot.watch.advice import Suggestion, advise
from bot.watch.evidence import Band, Evidence, Suspect, judge
from bot.watch.forecast import Forecast
from bot.watch.policy_changes import PolicyChange, Weakening
from bot.watch.privileged_users import Privileged
from tests.watch import evidence_cases as cases
from tests.watch.people import person


def advice(band, *, suspects=(), profiles=None, privileged=(), **more):
    evidence = Evidence((), 0, 1, band, tuple(Suspect(each, "an act") for each in suspects))
    return advise(evidence, profiles=profiles or {}, privileged=privileged, **more)


@pytest.mark.parametrize(
    ("band", "suggestions"),
    [
        (Band.STRONGLY_FALSE_ALARM, (Suggestion.CONFIRM_SAFE,)),
        (Band.LEANS_FALSE_ALARM, (Suggestion.CONFIRM_SAFE,)),
        (Band.INCONCLUSIVE, ()),
        (Band.INSUFFICIENT, ()),
        (Band.CONFLICTING, ()),
        (Band.LEANS_ATTACK, (Suggestion.CONFIRM_COMPROMISED, Suggestion.REVOKE_SESSIONS)),
        (Band.STRONGLY_ATTACK, (Suggestion.CONFIRM_COMPROMISED, Suggestion.REVOKE_SESSIONS)),
    ],
)
def test_each_band_suggests_its_actions(band, suggestions):
    assert advice(band).suggestions == suggestions


def test_every_band_has_its_advice():
    assert all(advice(band).sentences for band in Band)


def test_a_clean_up_is_suggested_only_for_those_whose_only_open_flag_belongs_to_the_surge():
    for band in (Band.STRONGLY_FALSE_ALARM, Band.LEANS_FALSE_ALARM):
        assert "only open flag belongs to this surge" in advice(band).sentences[0]


@pytest.mark.parametrize("band", Band)
def test_suspects_are_named_second_whatever_the_band(band):
    found = advice(band, suspects=["ada", "lost"], profiles={"ada": person("ada")})
    assert found.sentences[1] == "Look at these first, one by one: Ada, lost."
    assert [each.user_id for each in found.first] == ["ada", "lost"]


def test_many_suspects_are_counted_behind_the_first_names():
    found = advice(Band.CONFLICTING, suspects=[f"user{n:02}" for n in range(40)])
    assert found.sentences[1].endswith("user09 and 30 more.")
    assert len(found.first) == 40


def test_a_name_of_five_thousand_characters_is_cut_and_a_missing_one_replaced():
    long = replace(person("ada"), display_name="x" * 5_000)
    nameless = replace(person("bob"), display_name="", user_principal_name="")
    found = advice(Band.CONFLICTING, suspects=["ada", "bob"], profiles={"ada": long, "bob": nameless})
    assert [len(each.name) for each in found.first] == [120, 3]


def test_privileged_users_are_always_for_a_person():
    found = advice(Band.STRONGLY_FALSE_ALARM, privileged=[Privileged("ada", ("Global Administrator",))])
    assert "Privileged users are always for a person to look at, one by one: 1." in found.sentences
    unread = advice(Band.STRONGLY_FALSE_ALARM, privileged=None)
    assert any("Who is privileged could not be read" in each for each in unread.sentences)


def test_insufficient_evidence_names_what_is_lacking():
    found = advise(judge(cases.detections_alone()), profiles={}, privileged=())
    assert "Lacking: risky sign-ins (it was not read)." in found.sentences
    assert not any("breach" in each for each in found.sentences)


def test_a_weakened_policy_is_a_reminder_and_the_forecast_a_warning():
    change = PolicyChange("p1", "Block high user risk", Weakening.SWITCHED_OFF)
    ahead = Forecast("Monday", 0, by_scope=5, expected=None, not_known=0)
    found = advice(Band.INCONCLUSIVE, policy_changes=[change], forecast=ahead)
    assert "Put it back when this is over: Block high user risk was switched off." in found.sentences
    assert ahead.sentence in found.sentences
    quiet = advice(Band.INCONCLUSIVE, forecast=Forecast("Monday", 0, by_scope=5, expected=0, not_known=0))
    assert not any("Monday" in each for each in quiet.sentences)


def test_what_surprises_people_is_said_where_federated_users_are_flagged():
    sentence = "The logs of AD FS, Okta or Ping look clean: the block is in Entra, after the sign-in there."
    assert sentence in advice(Band.INCONCLUSIVE, is_federated=True).sentences
    assert sentence not in advice(Band.INCONCLUSIVE).sentences
