"""The figures of a briefing: counted once, never zero for what could not be read."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.watch.account_kind import AccountKind, ToldKind
from bot.watch.advice import Advice, advise
from bot.watch.briefing import Briefing, Cohort, Gap, UsersRead, cohort_of, make_briefing
from bot.watch.evidence import judge
from bot.watch.facts import NOT_READ
from bot.watch.forecast import Forecast
from bot.watch.impact import ImpactFigures
from bot.watch.policy_changes import PolicyChange, Weakening
from bot.watch.policy_effect import AppliedPolicy, PolicyEffect
from bot.watch.privileged_users import Privileged
from bot.watch.profile import IdentityProvider, SignInKind
from bot.watch.registration import Registered
from tests.values import profile, risky
from tests.watch import evidence_cases as cases
from tests.watch.people import person

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


def brief(
    users,
    *,
    risky_users=None,
    found=None,
    registration_read=True,
    gaps=(),
    accounts=None,
    applied_policies=None,
    **concluded,
):
    read = UsersRead(
        flagged=users,
        risky=risky_users,
        profiles=found,
        registration_read=registration_read,
        accounts=accounts,
        applied_policies=applied_policies,
    )
    return replace(make_briefing(read, surge_id="s", revision=1, made_at=0, gaps=gaps), **concluded)


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


def impact(**changes):
    found = ImpactFigures(
        blocked=200,
        usual=3,
        stuck=4,
        stuck_by_code=((50142, 4),),
        still=150,
        since=1,
        last=2,
        attempts=900,
        read_until=3,
    )
    return replace(found, **changes)


def whole():
    """A briefing with all that there is."""
    evidence = judge(cases.a_few_new_phones())
    found = {"ada": person("ada"), "bob": person("bob", registered=Registered(0), enabled=False)}
    ahead = Forecast("Monday", 9, by_scope=5, expected=3, not_known=1)
    return brief(
        ["ada", "bob", "ada"],
        risky_users={"ada": risky("ada"), "bob": risky("bob", deleted=True)},
        found=found,
        privileged=(Privileged("ada", ("Global Administrator",)),),
        accounts={"bob": ToldKind(AccountKind.SERVICE_LIKE, "its name"), "eve": ToldKind(AccountKind.EMERGENCY, "")},
        applied_policies={
            "ada": AppliedPolicy(PolicyEffect.BLOCKED, "p", ""),
            "eve": AppliedPolicy(PolicyEffect.STUCK, "p", ""),
        },
        impact=impact(),
        forecast=ahead,
        policy_changes=(PolicyChange("p1", "Block", Weakening.NARROWED, ("1 more group excluded",), "helen", 7),),
        evidence=evidence,
        advice=advise(evidence, profiles=found, privileged=(), forecast=ahead),
    )


def test_each_flagged_user_counts_once_in_every_figure_and_others_in_none():
    briefing = whole()
    assert (briefing.flagged, briefing.disabled, briefing.deleted, briefing.mfa_unregistered) == (2, 1, 1, 1)
    assert briefing.account_kinds == {AccountKind.SERVICE_LIKE: 1}
    assert briefing.standings == {PolicyEffect.BLOCKED: 1}


def test_methods_are_counted_by_name_and_a_user_may_have_several():
    both = Registered.PASSWORDLESS | Registered.PASSKEY | Registered.WINDOWS_HELLO
    found = {
        "ada": person("ada", registered=both),
        "bob": person("bob", registered=Registered.PASSWORDLESS | Registered.WINDOWS_HELLO),
    }
    briefing = brief(found, found=found)
    assert briefing.passwordless == 2
    assert briefing.passwordless_methods == (("Windows Hello", 2), ("passkey", 1))


def test_what_was_not_read_has_no_figure():
    briefing = brief(["ada"])
    assert (briefing.privileged, briefing.account_kinds, briefing.standings, briefing.impact) == (None,) * 4
    assert (briefing.mfa_unregistered, briefing.disabled, briefing.deleted, briefing.evidence) == (None,) * 4


def test_a_briefing_is_the_same_after_it_was_written_and_read():
    assert msgspec.json.decode(msgspec.json.encode(whole()), type=Briefing) == whole()


def test_a_briefing_that_was_written_before_there_was_evidence_can_still_be_read():
    old = (
        b'{"surge_id":"s","revision":3,"made_at":7,"flagged":2,"at_risk":null,"cohorts":{"Okta":2},"passwordless":1,'
        b'"passwordless_unread":0,"gaps":[{"what":"a","why":"b"}],"eligible":1,"at_risk_unread":0,"held_back":[["x",1]]}'
    )
    briefing = msgspec.json.decode(old, type=Briefing)
    assert (briefing.revision, briefing.cohorts, briefing.evidence) == (3, {Cohort.OKTA: 2}, None)


@pytest.mark.parametrize(
    "change",
    [
        {"privileged": ()},
        {"passwordless_methods": (("passkey", 1),)},
        {"mfa_unregistered": 9},
        {"account_kinds": {}},
        {"disabled": 9},
        {"deleted": 9},
        {"standings": {PolicyEffect.STUCK: 1}},
        {"impact": None},
        {"impact": impact(blocked=201)},
        {"impact": impact(stuck=5)},
        {"impact": impact(still=1)},
        {"impact": impact(blocked_after=1)},
        {"impact": impact(usual=None)},
        {"forecast": None},
        {"policy_changes": ()},
        {"evidence": judge(cases.april())},
        {"evidence": judge(cases.hidden_takeovers())},
        {"evidence": None},
        {"advice": Advice(())},
    ],
)
def test_every_new_figure_that_changes_makes_a_new_revision(change):
    assert not whole().same_figures(replace(whole(), **change))


def test_a_row_that_can_no_longer_be_read_makes_a_new_revision():
    briefing = whole()
    lost = replace(cases.a_few_new_phones(), announcements=NOT_READ)
    assert not briefing.same_figures(replace(briefing, evidence=judge(lost)))


def test_ages_attempts_and_the_wording_of_a_finding_make_none():
    briefing = whole()
    older = replace(
        briefing.evidence,
        rows=tuple(
            replace(row, read_at=row.read_at and row.read_at + 60, finding=row.finding if not row.is_read else "?")
            for row in briefing.evidence.rows
        ),
    )
    later = replace(
        briefing,
        revision=9,
        made_at=9,
        changed=("something",),
        evidence=older,
        impact=impact(attempts=950, last=8, read_until=9),
    )
    assert briefing.same_figures(later)
