"""What touches a tripwire, and what was signed for already."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.act.pause import WHAT_TO_DO, PauseReason
from bot.act.tripwire import allowed, touched, usual_in
from bot.watch.evidence import Band
from tests.values import DAY, HOUR, run

CALM = Band.LEANS_FALSE_ALARM.value


def trip(flagged=0, usual=0.0, band=CALM, **known):
    return touched(replace(run(), **{"band_known": CALM} | known), flagged=flagged, usual=usual, band=band)


@pytest.mark.parametrize(("usual", "most"), [(0.0, 5), (1.6, 5), (2.0, 6), (40.0, 120)])
def test_more_than_five_or_three_times_the_usual_touch_it(usual, most):
    assert allowed(usual) == most
    assert trip(most, usual) is None
    found = trip(most + 1, usual)
    assert found is not None
    assert (found.reason, found.flagged) == (PauseReason.FLAGGED_ANEW, most + 1)
    assert f"{most + 1} of its users" in found.why


def test_those_who_were_known_at_the_last_signature_do_not_touch_it_again():
    assert trip(12, flagged_known=7) is None
    assert trip(13, flagged_known=7) is not None


@pytest.mark.parametrize("band", Band)
def test_evidence_that_turns_to_conflicting_or_attack_touches_it(band):
    found = trip(band=band.value)
    assert (found is not None) is (band in {Band.CONFLICTING, Band.LEANS_ATTACK, Band.STRONGLY_ATTACK})
    if found is not None:
        assert (found.reason, found.band) == (PauseReason.EVIDENCE, band.value)
        assert band.value in found.why


@pytest.mark.parametrize("known", ["", Band.INSUFFICIENT.value, Band.INCONCLUSIVE.value])
def test_evidence_that_was_not_known_before_turns_too(known):
    assert trip(band=Band.CONFLICTING.value, band_known=known) is not None


def test_evidence_that_was_signed_for_does_not_touch_it_again():
    assert trip(band=Band.CONFLICTING.value, band_known=Band.LEANS_ATTACK.value) is None
    assert trip(band=Band.STRONGLY_ATTACK.value, band_known=Band.LEANS_ATTACK.value) is None


def test_an_attack_touches_it_though_a_conflict_was_signed_for():
    assert trip(band=Band.STRONGLY_ATTACK.value, band_known=Band.CONFLICTING.value) is not None


@pytest.mark.parametrize("band", ["", "unheard of"])
def test_evidence_that_says_nothing_touches_nothing(band):
    assert trip(band=band) is None


@given(st.integers(0, 10_000), st.floats(0, 2))
def test_the_usual_follows_the_time_and_the_part_of_the_tenant(users, share):
    a_day = usual_in(users, past=28 * DAY, span=DAY, share=share)
    assert a_day == pytest.approx(users / 28 * min(share, 1))
    assert usual_in(users, past=28 * DAY, span=HOUR, share=share) == pytest.approx(a_day / 24)
    assert usual_in(users, past=0, span=DAY, share=share) == 0


def test_every_pause_says_what_to_do():
    assert set(WHAT_TO_DO) == set(PauseReason)
    assert {reason for reason in PauseReason if reason.needs_signature} == {
        PauseReason.FLAGGED_ANEW,
        PauseReason.EVIDENCE,
    }
