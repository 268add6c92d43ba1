"""The figures of a briefing: counted once, never zero for what could not be read."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.watch.briefing import Cohort, Gap, cohort_of, make_briefing
from bot.watch.profile import IdentityProvider, SignInKind
from tests.values import profile, risky

USERS = st.lists(st.sampled_from([f"user{n}" for n in range(12)]))
PROFILES = st.dictionaries(
    st.sampled_from([f"user{n}" for n in range(14)]),
    st.tuples(st.sampled_from(SignInKind), st.none() | st.sampled_from(IdentityProvider), st.none() | st.booleans()),
).map(
    lambda found: {
        user: profile(user, kind, provider=provider, passwordless=passwordless)
        for user, (kind, provider, passwordless) in found.items()
    }
)


def brief(users, *, risky_users=None, found=None, registration_read=True, gaps=()):
    return make_briefing(
        surge_id="s",
        revision=1,
        made_at=0,
        users=users,
        risky=risky_users,
        profiles=found,
        registration_read=registration_read,
        gaps=gaps,
    )


@given(USERS, PROFILES)
def test_every_flagged_user_is_in_exactly_one_cohort(users, found):
    briefing = brief(users, found=found)
    assert sum(briefing.cohorts.values()) == briefing.flagged == len(set(users))
    assert all(briefing.cohorts.values())


@given(USERS, PROFILES)
def test_the_order_and_the_repetition_of_users_change_no_figure(users, found):
    assert brief(users, found=found) == brief([*reversed(users), *users], found=found)


@given(USERS, PROFILES)
def test_passwordless_users_and_those_nobody_knows_of_are_told_apart(users, found):
    briefing = brief(users, found=found)
    known = [found[user].is_passwordless for user in set(users) if user in found]
    assert briefing.passwordless == known.count(True)
    assert briefing.passwordless_unread == len(set(users)) - known.count(True) - known.count(False)


def test_who_is_not_in_the_directory_is_in_the_unknown_cohort():
    assert cohort_of(None) is Cohort.UNKNOWN
    assert brief(["ada"], found={}).cohorts == {Cohort.UNKNOWN: 1}


def test_each_provider_has_its_cohort():
    found = {each: cohort_of(profile("a", SignInKind.FEDERATED, provider=each)) for each in IdentityProvider}
    assert found == {
        IdentityProvider.AD_FS: Cohort.AD_FS,
        IdentityProvider.OKTA: Cohort.OKTA,
        IdentityProvider.PING: Cohort.PING,
        IdentityProvider.OTHER: Cohort.OTHER_PROVIDER,
        IdentityProvider.NOT_READ: Cohort.PROVIDER_NOT_READ,
    }


def test_what_could_not_be_read_is_not_counted_as_zero():
    briefing = brief(["ada", "bob"], gaps=[Gap("how they sign in", "needs User.Read.All")])
    assert (briefing.flagged, briefing.at_risk, briefing.cohorts, briefing.passwordless) == (2, None, None, None)
    assert briefing.gaps == (Gap("how they sign in", "needs User.Read.All"),)


def test_an_unread_registration_report_leaves_the_passwordless_out_and_the_cohorts_in():
    briefing = brief(["ada"], found={"ada": profile("ada")}, registration_read=False)
    assert (briefing.cohorts, briefing.passwordless) == ({Cohort.CLOUD_ONLY: 1}, None)


def test_only_flagged_users_who_are_open_count_as_at_risk():
    states = {"ada": "atRisk", "bob": "confirmedSafe", "cy": "aNewWord", "stranger": "atRisk"}
    briefing = brief(
        ["ada", "bob", "cy", "dee"], risky_users={user: risky(user, state=s) for user, s in states.items()}
    )
    assert briefing.at_risk == 2


@pytest.mark.parametrize(
    "change",
    [
        {"flagged": 9},
        {"at_risk": 9},
        {"cohorts": {Cohort.PING: 1}},
        {"passwordless": 9},
        {"passwordless_unread": 9},
        {"gaps": (Gap("a", "b"),)},
    ],
)
def test_a_changed_figure_is_noticed(change):
    briefing = brief(["ada"], risky_users={}, found={"ada": profile("ada")})
    assert not briefing.same_figures(replace(briefing, **change))
    assert briefing.same_figures(replace(briefing, revision=7, made_at=7))


def test_flagged_users_whose_risk_was_not_read_make_the_count_too_low_but_not_external_guests():
    found = {"ada": profile("ada"), "bob": profile("bob"), "gus": profile("gus", SignInKind.GUEST)}
    briefing = brief(found, risky_users={"ada": risky("ada")}, found=found)
    assert (briefing.at_risk, briefing.at_risk_unread) == (1, 1)
