"""How many must sign: the table, and what may never be less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.policy import Policy, quorum_for
from bot.decide.quorum import Quorum, Quorums
from bot.decide.request_kind import RequestKind
from bot.watch.evidence import Band

ORDINARY = [kind for kind in RequestKind if kind is not RequestKind.RECOVERY]


def policy(**values):
    return Policy(("UANNA",), ("UBEN",), values.pop("floor", 1), 1, 1, **values)


@pytest.mark.parametrize(
    ("band", "clears_risk", "needed"),
    [
        (Band.STRONGLY_FALSE_ALARM, True, Quorum(1)),
        (Band.LEANS_FALSE_ALARM, True, Quorum(1)),
        (Band.LEANS_FALSE_ALARM, False, Quorum(1)),
        (Band.INCONCLUSIVE, True, Quorum(2)),
        (Band.INSUFFICIENT, True, Quorum(2)),
        (Band.INSUFFICIENT, False, Quorum(2)),
        (None, True, Quorum(2)),
        (None, False, Quorum(2)),
        (Band.CONFLICTING, True, Quorum(2, break_glass=1)),
        (Band.LEANS_ATTACK, True, Quorum(2, break_glass=1)),
        (Band.STRONGLY_ATTACK, True, Quorum(2, break_glass=1)),
        (Band.CONFLICTING, False, Quorum(2)),
        (Band.LEANS_ATTACK, False, Quorum(1)),
        (Band.STRONGLY_ATTACK, False, Quorum(1)),
    ],
)
def test_each_row_of_the_table_asks_for_what_it_says(band, clears_risk, needed):
    assert quorum_for(policy(), band=band, clears_risk=clears_risk, kind=RequestKind.SURGE) == needed


@pytest.mark.parametrize("band", [*Band, None])
def test_a_released_user_takes_two_more_whatever_the_evidence_says(band):
    for asked in ({"kind": RequestKind.RELEASE}, {"kind": RequestKind.SURGE, "releases": True}):
        assert quorum_for(policy(), band=band, clears_risk=True, **asked).approvals >= 2


@pytest.mark.parametrize("band", [*Band, None])
@pytest.mark.parametrize("floor", [1, 5])
def test_a_recovery_takes_two_break_glass_approvers_whatever_the_evidence_says(band, floor):
    found = quorum_for(policy(floor=floor), band=band, clears_risk=True, kind=RequestKind.RECOVERY)
    assert found == Quorum(2, break_glass=2)


def test_a_recovery_can_not_be_made_cheaper_by_the_teams_own_table():
    cheap = policy(quorums=Quorums(recovery=Quorum(1)))
    assert quorum_for(cheap, band=None, clears_risk=True, kind=RequestKind.RECOVERY) == Quorum(2, break_glass=2)


@given(st.none() | st.sampled_from(Band), st.booleans(), st.sampled_from(ORDINARY), st.booleans(), st.integers(-1, 10))
def test_the_floor_is_never_undercut_and_somebody_else_always_signs(band, clears_risk, kind, releases, floor):
    found = quorum_for(policy(floor=floor), band=band, clears_risk=clears_risk, kind=kind, releases=releases)
    assert found.approvals >= max(1, floor)
    assert 0 <= found.break_glass <= found.approvals


@given(st.booleans(), st.sampled_from(ORDINARY))
def test_clearing_risk_never_gets_easier_as_the_evidence_gets_worse(releases, kind):
    by_rank = sorted(Band, key=lambda band: band.rank)
    asked = [quorum_for(policy(), band=band, clears_risk=True, kind=kind, releases=releases) for band in by_rank]
    assert [each.approvals for each in asked] == sorted(each.approvals for each in asked)
    assert [each.break_glass for each in asked] == sorted(each.break_glass for each in asked)


def test_the_teams_own_table_counts():
    strict = policy(quorums=Quorums(false_alarm=Quorum(3, break_glass=1)))
    found = quorum_for(strict, band=Band.LEANS_FALSE_ALARM, clears_risk=True, kind=RequestKind.SURGE)
    assert found == Quorum(3, break_glass=1)


@pytest.mark.parametrize(
    ("break_glass_needed", "kind", "signers"),
    [
        (0, RequestKind.SURGE, ("UBEN",)),
        (1, RequestKind.SURGE, ("UBEN", "UGLASS")),
        (2, RequestKind.RECOVERY, ("UGLASS",)),
    ],
)
def test_break_glass_approvers_sign_only_where_they_are_asked_for(break_glass_needed, kind, signers):
    found = policy(break_glass=("UGLASS",)).signers(break_glass_needed=break_glass_needed, kind=kind)
    assert found == signers
