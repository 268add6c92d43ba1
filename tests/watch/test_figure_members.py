"""Behind each figure stand the users, each with the fact that puts him there."""

import pytest

from bot.watch.account_kind import AccountKind, ToldKind
from bot.watch.briefing import Cohort
from bot.watch.evidence import Suspect
from bot.watch.figure import Figure
from bot.watch.figure_members import _COHORTS, LISTED, Sources, members_of, users_by_cohort
from bot.watch.impact import Impact
from bot.watch.policy_effect import AppliedPolicy, PolicyEffect
from bot.watch.privileged_users import Privileged
from bot.watch.profile import IdentityProvider, SignInKind
from bot.watch.registration import Registered
from tests.values import detection, risky
from tests.watch.people import person

PROFILES = {
    "ada": person("ada", registered=Registered.PASSWORDLESS | Registered.PASSKEY | Registered.MFA),
    "bob": person("bob", SignInKind.FEDERATED, provider=IdentityProvider.OKTA, registered=Registered(0)),
    "cy": person("cy", registered=None, enabled=False),
    "eve": person("eve", registered=Registered(0), enabled=False),
}
SOURCES = Sources(
    flagged=["cy", "bob", "ada", "ada"],
    profiles=PROFILES,
    privileged=[Privileged("ada", ("Global Administrator",), through="ada-admin"), Privileged("eve", ("X",))],
    accounts={"bob": ToldKind(AccountKind.SERVICE_LIKE, "its name"), "eve": ToldKind(AccountKind.EMERGENCY, "?")},
    impacts={
        "ada": Impact("ada", 1, 2, 3),
        "bob": Impact("bob", stuck_since=1, stuck_code=50142),
        "cy": Impact("cy", succeeded_at=9),
        "eve": Impact("eve", 1, 1, 1),
    },
    applied_policies={"ada": AppliedPolicy(PolicyEffect.BLOCKED, "p", "the policy blocks")},
    suspects=[Suspect("cy", "Consent to application"), Suspect("eve", "?")],
    flagged_again=["bob", "eve"],
    others={"cy": [detection("cy", kind="passwordSpray"), detection("cy", kind="anomalousToken")], "eve": ()},
    risky={"ada": risky("ada"), "bob": risky("bob", state="dismissed"), "eve": risky("eve")},
)


@pytest.mark.parametrize(
    ("figure", "users"),
    [
        (Figure.PASSWORDLESS, {"ada": "passkey"}),
        (Figure.WITHOUT_MFA, {"bob": "none is registered"}),
        (Figure.PRIVILEGED, {"ada": "Global Administrator (by the account ada-admin)"}),
        (Figure.ACCOUNTS, {"bob": "service-like account: its name"}),
        (Figure.DISABLED, {"cy": "the account is disabled"}),
        (Figure.BLOCKED, {"ada": "3 blocked sign-ins after the flag"}),
        (Figure.STUCK, {"bob": "a password change is demanded (50142, an unsure code)"}),
        (Figure.POLICY_EFFECTS, {"ada": "blocked: the policy blocks"}),
        (Figure.SUSPECTS, {"cy": "Consent to application"}),
        (Figure.FLAGGED_AGAIN, {"bob": "a detection dated after the verified clean-up"}),
        (Figure.OTHER_DETECTIONS, {"cy": "anomalousToken, passwordSpray"}),
        (Figure.AT_RISK, {"ada": "riskState atRisk, level high"}),
    ],
)
def test_each_figure_names_its_flagged_users_and_the_fact(figure, users):
    assert members_of(figure, SOURCES) == users


def test_how_they_sign_in_has_a_list_for_each_cohort_and_nobody_is_left_out():
    found = users_by_cohort(Sources(flagged=["cy", "bob", "ada", "new"], profiles=PROFILES))
    assert list(found) == list(Cohort)
    assert {cohort: people for cohort, people in found.items() if people} == {
        Cohort.CLOUD_ONLY: dict.fromkeys(["ada", "cy"], "a managed domain, not synced"),
        Cohort.OKTA: {"bob": "a domain federated with Okta"},
        Cohort.UNKNOWN: {"new": "the directory did not tell"},
    }


def test_every_cohort_says_what_puts_a_user_into_it():
    assert set(_COHORTS) == set(Cohort)


WITHOUT_A_LIST = {
    Figure.KINDS,  # a list for each cohort
    Figure.FLAGGED,  # all of these together
    Figure.AT_RISK_BEFORE,  # the same list, of before
    Figure.BLOCKED_AFTER,  # counted from those who are blocked
    Figure.SIGNED_IN_AFTER,
    Figure.METHODS,  # the fact of each who is passwordless
    Figure.PROVIDERS,  # no figure of users: what could not be read of domains
    Figure.RISK_UNREAD,  # whoever is not known well enough to be listed
    Figure.REPORT_LACKS,
    Figure.DELETED,  # the plan and its summary say who is held back for what
    Figure.HELD_BACK,
    Figure.ELIGIBLE,
}


def test_every_figure_can_be_asked_for_but_those_that_have_no_list_of_their_own():
    assert set(LISTED) == set(Figure) - WITHOUT_A_LIST


def test_a_figure_is_empty_where_nothing_was_read():
    assert all(members_of(figure, Sources(flagged=["ada"])) == {} for figure in LISTED)
