"""The plan: everybody judged by cause, frozen in bytes that are the same anywhere."""

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.decide.action import Action
from bot.decide.make_plan import Guarded, PlanFacts, make_plan
from bot.decide.plan import (
    NEVER_IN_BULK,
    HeldBack,
    HeldBackReason,
    canonical,
    plan_hash,
    read_plan,
)
from bot.watch.briefing import Cohort, cohort_of
from bot.watch.profile import IdentityProvider, SignInKind
from tests.values import (
    DAY,
    END,
    EVERYBODY,
    HOUR,
    LEAKED,
    NOW,
    START,
    detection,
    plan_of,
    profile,
    risky,
    surge,
)

CLEARING = (Action.CONFIRM_SAFE, Action.DISMISS_RISK)


def plan(
    users,
    *,
    action=Action.CONFIRM_SAFE,
    cohorts=EVERYBODY,
    detections=None,
    risky_users=None,
    profiles=None,
    types=None,
):
    facts = PlanFacts(
        surge=surge(types=types or (LEAKED,)),
        detections=tuple([detection(user) for user in users] if detections is None else detections),
        risky={user: risky(user) for user in users} if risky_users is None else risky_users,
        profiles={user: profile(user) for user in users} if profiles is None else profiles,
    )
    return make_plan(facts, action=action, cohorts=cohorts, users=users, made_at=NOW)


def held(made):
    return {each.user_id: each.reason for each in made.held_back}


NAMES = [f"user{n}" for n in range(8)]
KINDS = st.sampled_from([LEAKED, "anomalousToken", *sorted(NEVER_IN_BULK)])
STATES = st.sampled_from(
    ["atRisk", "confirmedCompromised", "confirmedSafe", "dismissed", "remediated", "none", "unheardOf"]
)
DETECTIONS = st.lists(
    st.builds(
        lambda user, kind, state, at: detection(user, kind=kind, state=state, at=at),
        st.sampled_from(NAMES),
        KINDS,
        STATES,
        st.integers(START - DAY, END + DAY),
    ),
    max_size=20,
    unique_by=lambda each: each.id,
)
RISKY = st.dictionaries(st.sampled_from(NAMES), st.tuples(STATES, st.booleans())).map(
    lambda found: {user: risky(user, state=state, deleted=deleted) for user, (state, deleted) in found.items()}
)
PROFILES = st.dictionaries(
    st.sampled_from(NAMES),
    st.tuples(st.sampled_from(SignInKind), st.none() | st.sampled_from(IdentityProvider), st.none() | st.booleans()),
).map(lambda found: {user: profile(user, k, provider=p, enabled=e) for user, (k, p, e) in found.items()})
PLANS = st.fixed_dictionaries(
    {
        "users": st.lists(st.sampled_from(NAMES)),
        "action": st.sampled_from([*CLEARING, Action.CONFIRM_COMPROMISED]),
        "cohorts": st.lists(st.sampled_from(Cohort), min_size=1),
        "detections": DETECTIONS,
        "risky_users": RISKY,
        "profiles": PROFILES,
        "types": st.sampled_from([(LEAKED,), ("anomalousToken", LEAKED), ("passwordSpray",)]),
    }
)


@settings(deadline=None)
@given(PLANS)
def test_every_user_of_the_surge_is_either_in_the_plan_or_held_back_and_never_both(given_facts):
    made = plan(**given_facts)
    listed = [*made.user_ids, *(each.user_id for each in made.held_back)]
    assert sorted(listed) == sorted(set(given_facts["users"]))


@settings(deadline=None)
@given(PLANS, st.randoms(use_true_random=False))
def test_the_order_of_what_comes_in_does_not_change_the_bytes(given_facts, chance: random.Random):
    shuffled = dict(given_facts)
    for name in ("users", "detections", "cohorts"):
        shuffled[name] = list(given_facts[name])
        chance.shuffle(shuffled[name])
    for name in ("risky_users", "profiles"):
        pairs = list(given_facts[name].items())
        chance.shuffle(pairs)
        shuffled[name] = dict(pairs)
    assert canonical(plan(**given_facts)) == canonical(plan(**shuffled))


@settings(deadline=None)
@given(PLANS)
def test_nobody_in_the_plan_has_anything_against_them(given_facts):
    made = plan(**given_facts)
    for user_id in made.user_ids:
        known = given_facts["risky_users"][user_id]
        assert not known.is_deleted
        assert cohort_of(given_facts["profiles"].get(user_id)) in given_facts["cohorts"]
        own = [each for each in given_facts["detections"] if each.user_id == user_id and each.is_open]
        assert all(each.risk_event_type in given_facts["types"] and START <= each.detected_at <= END for each in own)
        if given_facts["action"] in CLEARING:
            assert known.is_open
            assert known.risk_state != "confirmedCompromised"
            assert not any(each.risk_event_type in NEVER_IN_BULK for each in own)


@settings(deadline=None)
@given(PLANS)
def test_the_bytes_of_a_plan_give_the_plan_back(given_facts):
    made = plan(**given_facts)
    body = canonical(made)
    assert read_plan(body) == made
    assert canonical(read_plan(body)) == body


@pytest.mark.parametrize(
    "change",
    [
        {"tenant_id": "other"},
        {"surge_id": "other"},
        {"action": Action.DISMISS_RISK},
        {"cohorts": (Cohort.OKTA,)},
        {"window_start": START + 1},
        {"window_end": END + 1},
        {"user_ids": ("ada",)},
        {"user_ids": ("bob", "ada")},
        {"user_ids": ("ada", "bob", "cy")},
        {"seen": ("x", "y")},
        {"held_back": (HeldBack("cy", HeldBackReason.DELETED, ""),)},
        {"made_at": NOW + 1},
    ],
)
def test_the_hash_changes_with_whatever_is_changed_in_the_plan(change):
    made = plan_of("ada", "bob")
    changed = msgspec.structs.replace(made, **change)
    assert plan_hash(canonical(changed)) != plan_hash(canonical(made))


@given(st.integers(0), st.integers(1, 255))
def test_the_hash_changes_with_any_changed_byte(place, by):
    body = bytearray(canonical(plan_of("ada", "bob")))
    before = plan_hash(bytes(body))
    body[place % len(body)] ^= by
    assert plan_hash(bytes(body)) != before


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"tenant_id":1}', b"\xff", b"[]"])
def test_bytes_that_are_no_plan_are_refused(body):
    with pytest.raises((msgspec.ValidationError, msgspec.DecodeError)):
        read_plan(body)


@pytest.mark.parametrize("action", CLEARING)
@pytest.mark.parametrize("state", ["unheardOf", "", "atRisk"])
def test_a_state_that_is_not_known_to_be_closed_never_counts_as_closed(action, state):
    made = plan(["ada"], action=action, risky_users={"ada": risky("ada", state=state)})
    assert made.user_ids == ("ada",)


@pytest.mark.parametrize("action", CLEARING)
@pytest.mark.parametrize("state", ["confirmedSafe", "remediated", "dismissed", "none"])
def test_who_is_closed_already_is_held_back_with_how_it_was_closed(action, state):
    found = {"ada": risky("ada", state=state, detail="adminDismissedAllRiskForUser")}
    made = plan(["ada"], action=action, risky_users=found)
    assert made.held_back == (HeldBack("ada", HeldBackReason.CLOSED, "adminDismissedAllRiskForUser"),)


@pytest.mark.parametrize("action", CLEARING)
def test_whom_a_person_confirmed_compromised_is_not_cleared_in_bulk(action):
    made = plan(["ada"], action=action, risky_users={"ada": risky("ada", state="confirmedCompromised")})
    assert held(made) == {"ada": HeldBackReason.CONFIRMED_COMPROMISED}


@pytest.mark.parametrize("kind", sorted(NEVER_IN_BULK))
@pytest.mark.parametrize("action", CLEARING)
def test_a_kind_that_is_never_cleared_in_bulk_holds_a_user_back(kind, action):
    made = plan(["ada"], action=action, detections=[detection("ada"), detection("ada", kind=kind)])
    assert made.held_back == (HeldBack("ada", HeldBackReason.NEVER_IN_BULK, kind),)


@pytest.mark.parametrize("kind", sorted(NEVER_IN_BULK))
@pytest.mark.parametrize("action", CLEARING)
def test_a_surge_of_a_kind_that_is_never_cleared_in_bulk_is_not_cleared_in_bulk(kind, action):
    made = plan(["ada"], action=action, detections=[detection("ada", kind=kind)], types=(kind,))
    assert made.held_back == (HeldBack("ada", HeldBackReason.NEVER_IN_BULK, kind),)


def test_a_surge_of_password_sprays_can_be_confirmed_as_compromised():
    found = [detection("ada", kind="passwordSpray")]
    made = plan(["ada"], action=Action.CONFIRM_COMPROMISED, detections=found, types=("passwordSpray",))
    assert made.user_ids == ("ada",)


@pytest.mark.parametrize(
    "other",
    [
        detection("ada", kind="anomalousToken"),
        detection("ada", at=START - 1),
        detection("ada", at=END + 1),
        detection("ada", kind="anomalousToken", state="unheardOf"),
    ],
)
def test_another_open_detection_holds_a_user_back(other):
    made = plan(["ada", "bob"], detections=[detection("ada"), detection("bob"), other])
    assert made.user_ids == ("bob",)
    assert made.held_back == (HeldBack("ada", HeldBackReason.OTHER_DETECTION, other.risk_event_type),)


def test_another_detection_that_is_closed_holds_nobody_back():
    others = [
        detection("ada", kind="passwordSpray", state="remediated"),
        detection("ada", at=START - 1, state="dismissed"),
    ]
    assert plan(["ada"], detections=[detection("ada"), *others]).user_ids == ("ada",)


def test_a_deleted_account_is_held_back_though_it_still_is_at_risk():
    assert held(plan(["ada"], risky_users={"ada": risky("ada", deleted=True)})) == {"ada": HeldBackReason.DELETED}


@pytest.mark.parametrize(("enabled", "reason"), [(False, HeldBackReason.DISABLED), (True, None), (None, None)])
def test_a_disabled_account_is_held_back_and_one_of_which_that_is_unknown_is_not(enabled, reason):
    assert held(plan(["ada"], profiles={"ada": profile("ada", enabled=enabled)})).get("ada") is reason


def test_an_external_guest_without_a_risk_here_is_held_back_as_one():
    found = {"ada": profile("ada", SignInKind.GUEST), "bob": profile("bob")}
    made = plan(["ada", "bob", "cy"], risky_users={}, profiles=found)
    assert held(made) == {
        "ada": HeldBackReason.EXTERNAL,
        "bob": HeldBackReason.NOT_LISTED,
        "cy": HeldBackReason.NOT_LISTED,
    }


def test_a_guest_whose_risk_is_held_here_is_judged_like_anybody():
    assert plan(["ada"], profiles={"ada": profile("ada", SignInKind.GUEST)}).user_ids == ("ada",)


def test_a_cohort_that_was_not_chosen_is_held_back_by_its_name():
    found = {"ada": profile("ada"), "bob": profile("bob", SignInKind.FEDERATED, provider=IdentityProvider.OKTA)}
    made = plan(["ada", "bob", "cy"], cohorts=[Cohort.OKTA], profiles=found)
    assert made.user_ids == ("bob",)
    assert made.held_back == (
        HeldBack("ada", HeldBackReason.COHORT, "cloud-only"),
        HeldBack("cy", HeldBackReason.COHORT, "unknown"),
    )


def test_the_plan_keeps_when_each_user_last_changed_beside_them():
    found = {"ada": risky("ada", updated="one"), "bob": risky("bob", updated="two")}
    made = plan(["bob", "ada"], risky_users=found)
    assert dict(zip(made.user_ids, made.seen, strict=True)) == {"ada": "one", "bob": "two"}


def test_choosing_a_cohort_twice_is_choosing_it_once():
    assert plan(["ada"], cohorts=[Cohort.OKTA, Cohort.OKTA]).cohorts == (Cohort.OKTA,)


def test_the_window_of_the_surge_is_frozen_in_the_plan():
    made = plan(["ada"])
    assert (made.window_start, made.window_end, made.made_at) == (START, END, NOW)
    assert made.window_end - made.window_start == 5 * HOUR


def test_whom_a_readable_directory_has_not_told_of_is_held_back_until_it_has():
    """A user who joined a moment ago may be disabled or a guest: nobody has looked yet."""
    facts = PlanFacts(
        surge=surge(),
        detections=(),
        risky={user: risky(user) for user in ("known", "new")},
        profiles={"known": profile("known")},
        guarded=Guarded(directory_told=True),
    )
    made = make_plan(facts, action=Action.CONFIRM_SAFE, users=["known", "new"], made_at=NOW)
    assert made.user_ids == ("known",)
    assert held(made) == {"new": HeldBackReason.NOT_PROFILED}


def test_where_the_directory_can_not_be_read_at_all_nobody_is_held_back_for_it():
    facts = PlanFacts(surge=surge(), detections=(), risky={"new": risky("new")}, profiles={})
    assert make_plan(facts, action=Action.CONFIRM_SAFE, users=["new"], made_at=NOW).user_ids == ("new",)
