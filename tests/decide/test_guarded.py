"""Accounts that bulk actions leave alone, each by its cause; and what one user may be released from."""

from dataclasses import replace

import pytest

from bot.decide.action import Action
from bot.decide.held_back import HeldBackReason
from bot.decide.make_plan import Guarded, PlanFacts, make_plan, release_plan
from bot.decide.plan import against_plan, canonical, is_released, read_plan, summarize
from bot.decide.request_kind import RequestKind
from bot.watch.privilege import DIRECTORY_SYNCHRONIZATION, GLOBAL_ADMINISTRATOR, Role, RoleReport
from bot.watch.profile import SignInKind
from tests.values import END, LEAKED, NOW, START, detection, profile, risky, surge

SAFE, COMPROMISED, REVOKE = Action.CONFIRM_SAFE, Action.CONFIRM_COMPROMISED, Action.REVOKE_SESSIONS
GLOBAL = Role(GLOBAL_ADMINISTRATOR, "Global Administrator")
READER = Role("88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "Directory Readers")
CUSTOM = Role("0" * 8 + "-1111-2222-3333-444444444444", "Somebody's own role")


def facts(*users, detections=(), guarded=None, **changes):
    found = PlanFacts(
        surge=surge(),
        detections=tuple(detection(user) for user in users) + tuple(detections),
        risky={user: risky(user) for user in users},
        profiles={user: profile(user) for user in users},
        guarded=guarded or Guarded(roles=RoleReport({})),
    )
    return replace(found, **changes)


def held(made):
    return {each.user_id: each.reason for each in made.held_back}


def plan(found, *, action=SAFE, **wanted):
    return make_plan(found, action=action, users=sorted(found.profiles), made_at=NOW, **wanted)


@pytest.mark.parametrize(
    ("guarded", "reason"),
    [
        ({"emergency": frozenset({"ada"})}, HeldBackReason.EMERGENCY),
        ({"synchronization": frozenset({"ada"})}, HeldBackReason.SYNCHRONIZATION),
        ({"signers": frozenset({"ada"})}, HeldBackReason.SIGNER),
        ({"elsewhere": frozenset({"ada"})}, HeldBackReason.ELSEWHERE),
        ({"suspicious": {"ada": "Add owner"}}, HeldBackReason.SUSPICIOUS),
        ({"roles": RoleReport({"ada": (GLOBAL,)})}, HeldBackReason.PRIVILEGED),
        ({"roles": RoleReport({"ada": (READER, CUSTOM)})}, HeldBackReason.PRIVILEGED),
    ],
)
def test_each_kind_of_account_is_held_back_by_its_own_reason(guarded, reason):
    found = facts("ada", "bob", guarded=Guarded(**({"roles": RoleReport({})} | guarded)))
    made = plan(found)
    assert (made.user_ids, held(made)) == (("bob",), {"ada": reason})


def test_a_privileged_user_is_held_back_with_the_names_of_the_roles():
    made = plan(facts("ada", guarded=Guarded(roles=RoleReport({"ada": (READER, GLOBAL)}))))
    assert made.held_back[0].detail == "Global Administrator"


def test_a_role_that_only_reads_a_little_holds_nobody_back():
    assert plan(facts("ada", guarded=Guarded(roles=RoleReport({"ada": (READER,)})))).user_ids == ("ada",)


def test_roles_that_were_not_read_are_said_and_never_counted_as_none():
    made = plan(facts("ada", guarded=Guarded(roles=None, roles_problem="needs RoleManagement.Read.Directory")))
    assert made.user_ids == ("ada",)
    (gap,) = made.gaps
    assert "who is privileged is not available" in gap
    assert "RoleManagement.Read.Directory" in gap
    assert summarize(read_plan(canonical(made))).gaps == made.gaps


def test_groups_that_could_not_be_expanded_and_signers_that_could_not_be_matched_are_said_too():
    guarded = Guarded(roles=RoleReport({}, problem="needs GroupMember.Read.All"), unmatched_signers=2)
    first, second = plan(facts("ada", guarded=guarded)).gaps
    assert "through a group" in first
    assert "2 who may sign" in second


@pytest.mark.parametrize("level", ["low", "none", "LOW"])
def test_a_light_detection_outside_the_surge_holds_nobody_back(level):
    other = replace(detection("ada", kind="unfamiliarFeatures"), risk_level=level)
    assert plan(facts("ada", detections=[other])).user_ids == ("ada",)


@pytest.mark.parametrize("level", ["medium", "high", "hidden", "unheardOf", ""])
def test_a_medium_high_or_unknown_one_does(level):
    other = replace(detection("ada", kind="unfamiliarFeatures"), risk_level=level)
    assert held(plan(facts("ada", detections=[other]))) == {"ada": HeldBackReason.OTHER_DETECTION}


def test_a_kind_that_is_never_cleared_in_bulk_holds_back_however_light_it_is():
    other = replace(detection("ada", kind="passwordSpray"), risk_level="low")
    assert held(plan(facts("ada", detections=[other]))) == {"ada": HeldBackReason.NEVER_IN_BULK}


def test_an_action_that_does_not_fit_holds_back_and_says_where_it_must_be_done():
    found = facts("ada", profiles={"ada": profile("ada", SignInKind.HYBRID)})
    made = plan(found, action=Action.REQUIRE_PASSWORD_CHANGE)
    assert made.held_back[0].reason is HeldBackReason.MISFIT
    assert made.held_back[0].detail == "the password comes from on-premises: it must be changed in Active Directory"


def test_a_guest_whose_risk_is_held_here_fits_an_action_on_that_risk_and_no_other():
    found = facts("ada", profiles={"ada": profile("ada", SignInKind.GUEST)})
    assert plan(found, action=SAFE).user_ids == ("ada",)
    assert held(plan(found, action=REVOKE)) == {"ada": HeldBackReason.MISFIT}


def admins(*names, **guarded):
    return Guarded(roles=RoleReport(dict.fromkeys(names, (GLOBAL,))), **guarded)


@pytest.mark.parametrize("action", [COMPROMISED, REVOKE, Action.REQUIRE_PASSWORD_CHANGE])
def test_the_last_two_global_administrators_are_left_alone_by_what_could_lock_them_out(action):
    made = plan(facts("ada", guarded=admins("ada", "bob")), action=action)
    assert held(made) == {"ada": HeldBackReason.LAST_ADMINISTRATOR}


def test_with_three_of_them_one_is_privileged_and_no_more():
    assert held(plan(facts("ada", guarded=admins("ada", "bob", "cy")), action=REVOKE)) == {
        "ada": HeldBackReason.PRIVILEGED
    }


@pytest.mark.parametrize("gone", [{"locked_out": frozenset({"cy"})}, {"elsewhere": frozenset({"cy"})}])
def test_who_is_disabled_or_in_another_plan_is_no_administrator_who_is_left(gone):
    made = plan(facts("ada", guarded=admins("ada", "bob", "cy", **gone)), action=REVOKE)
    assert held(made) == {"ada": HeldBackReason.LAST_ADMINISTRATOR}


def test_clearing_locks_nobody_out():
    assert held(plan(facts("ada", guarded=admins("ada"))))["ada"] is HeldBackReason.PRIVILEGED


def test_a_release_is_a_plan_of_exactly_one_user_that_names_reasons_and_detections():
    others = [detection("ada", kind="anomalousToken"), detection("ada", kind="passwordSpray")]
    found = facts("ada", "bob", detections=others, guarded=admins("ada", "bob", "cy"))
    made = release_plan(found, action=SAFE, user_id="ada", made_at=NOW)
    assert (made.kind, made.user_ids, made.held_back) == (RequestKind.RELEASE, ("ada",), ())
    reasons = {each.reason: each for each in made.released}
    assert set(reasons) == {HeldBackReason.NEVER_IN_BULK, HeldBackReason.PRIVILEGED}
    assert set(reasons[HeldBackReason.NEVER_IN_BULK].detection_ids) == {each.id for each in others}
    assert reasons[HeldBackReason.PRIVILEGED].detection_ids == ()
    assert is_released(made, "ada", HeldBackReason.PRIVILEGED)
    assert not is_released(made, "bob", HeldBackReason.PRIVILEGED)


def test_what_was_released_does_not_stand_against_the_run_and_what_comes_later_does():
    known, later = detection("ada", kind="anomalousToken"), detection("ada", kind="anomalousToken", at=END + 5)
    made = release_plan(facts("ada", detections=[known]), action=SAFE, user_id="ada", made_at=NOW)
    assert against_plan(made, surge(), [detection("ada"), known]) == {}
    assert against_plan(made, surge(), [detection("ada"), known, later]) == {"ada": (later,)}


def test_types_that_join_the_surge_after_the_signature_are_not_part_of_the_plan():
    made = plan(facts("ada"))
    other = detection("ada", kind="anomalousToken")
    assert against_plan(made, surge(types=(LEAKED, "anomalousToken")), [other]) == {"ada": (other,)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"risky": {"ada": risky("ada", deleted=True)}}, HeldBackReason.DELETED),
        ({"risky": {"ada": risky("ada", state="dismissed")}}, HeldBackReason.CLOSED),
        ({"risky": {}, "profiles": {"ada": profile("ada", SignInKind.GUEST)}}, HeldBackReason.EXTERNAL),
        ({"risky": {}}, HeldBackReason.NOT_LISTED),
        ({"guarded": Guarded(elsewhere=frozenset({"ada"}))}, HeldBackReason.ELSEWHERE),
        ({"guarded": Guarded(emergency=frozenset({"ada"}))}, HeldBackReason.EMERGENCY),
    ],
)
def test_what_can_not_be_argued_away_is_not_released(change, reason):
    found = replace(facts("ada", detections=[detection("ada", kind="anomalousToken")]), **change)
    made = release_plan(found, action=SAFE, user_id="ada", made_at=NOW)
    assert (made.user_ids, held(made)) == ((), {"ada": reason})
    assert not reason.rules.is_releasable


def test_whom_an_action_does_not_fit_is_not_released_to_it():
    found = facts("ada", profiles={"ada": profile("ada", SignInKind.GUEST)})
    made = release_plan(found, action=REVOKE, user_id="ada", made_at=NOW)
    assert (made.user_ids, held(made)) == ((), {"ada": HeldBackReason.MISFIT})
    assert not HeldBackReason.MISFIT.rules.is_releasable


def test_a_last_administrator_is_not_released_to_what_could_lock_them_out():
    made = release_plan(facts("ada", guarded=admins("ada", "bob")), action=REVOKE, user_id="ada", made_at=NOW)
    assert held(made) == {"ada": HeldBackReason.LAST_ADMINISTRATOR}


def test_whom_nothing_holds_back_needs_no_release():
    made = release_plan(facts("ada"), action=SAFE, user_id="ada", made_at=NOW)
    assert (made.user_ids, made.held_back) == ((), ())


def test_a_reason_that_is_lifted_holds_nobody_back_and_every_other_still_does():
    signers = frozenset({"ada", "bob"})
    found = facts(
        "ada",
        "bob",
        detections=[detection("bob", kind="anomalousToken", at=START - 1)],
        guarded=Guarded(signers=signers),
    )
    made = plan(found, kind=RequestKind.RECOVERY)
    assert (made.user_ids, held(made)) == (("ada",), {"bob": HeldBackReason.OTHER_DETECTION})


def test_on_the_way_back_no_detection_spares_anybody():
    found = facts("ada", detections=[detection("ada", kind="anomalousToken")])
    made = plan(found, action=REVOKE, kind=RequestKind.WAY_BACK, run_id="r")
    assert (made.user_ids, made.run_id) == (("ada",), "r")
    assert against_plan(made, surge(), [detection("ada", kind="anomalousToken", at=END + 5)]) == {}


def test_who_is_confirmed_compromised_already_is_not_confirmed_again():
    found = replace(facts("ada"), risky={"ada": risky("ada", state="confirmedCompromised")})
    assert held(plan(found, action=COMPROMISED)) == {"ada": HeldBackReason.CLOSED}


def test_the_account_of_the_synchronization_is_told_by_its_role_alone():
    report = RoleReport({"ada": (Role(DIRECTORY_SYNCHRONIZATION, "Directory Synchronization Accounts"),)})
    guarded = Guarded(roles=report, synchronization=report.holders(DIRECTORY_SYNCHRONIZATION))
    assert held(plan(facts("ada", guarded=guarded))) == {"ada": HeldBackReason.SYNCHRONIZATION}


@pytest.mark.parametrize(
    ("unread", "said"),
    [
        ({"directory_problem": "it was not read yet"}, "who is disabled or a guest is not available"),
        ({"signers_told": False}, "the accounts of those who may sign are not available"),
        ({"evidence_problem": "needs AuditLog.Read.All"}, "signs of a takeover are not available"),
        ({"roles_problem": "needs RoleManagement.Read.Directory"}, "known from an earlier reading only"),
    ],
)
def test_whatever_was_not_read_is_said_in_the_plan_and_never_taken_for_nobody(unread, said):
    guarded = Guarded(roles=RoleReport({}), **unread)
    (gap,) = plan(facts("ada", guarded=guarded)).gaps
    assert said in gap
