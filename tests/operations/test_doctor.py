"""What the doctor concludes where no socket is needed; tests/journeys/test_doctor.py sends it to the services."""

import base64
import json

import pytest

from bot.decide.policy import Policy
from bot.graph.examination import _TRIALS, facts_of
from bot.operations.doctor.check import State, can_work, failed, not_checked, passed, warned
from bot.operations.doctor.examine import Patient, examine
from bot.operations.doctor.microsoft import PERMISSIONS, _without
from bot.operations.doctor.signers import _Known, _people_besides
from bot.ports.breaches import BreachProblem
from bot.ports.examination import TRIALS, TokenFacts, Trial
from bot.ports.graph import Problem
from bot.watch.permission import APP_ROLES, Need, Permission
from tests.operations.breaches import FakeBreaches
from tests.operations.examined import ExaminedGraph, ExaminedStore
from tests.values import FOR_PEOPLE_ONLY


def jwt(claims) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.signature"


@pytest.mark.parametrize("text", ["", "opaque", "a.b.c", "a.!!!.c", jwt([1]), jwt({"roles": "all"}), jwt({"tid": 7})])
def test_a_token_that_names_no_roles_tells_nothing(text):
    assert facts_of(text) == TokenFacts(None, None)


def test_a_tokens_roles_and_tenant_are_read_and_nothing_else_of_it():
    assert facts_of(jwt({"roles": ["User.Read.All", 7], "tid": "t"})) == TokenFacts(frozenset({"User.Read.All"}), "t")
    assert facts_of(jwt({"roles": []})).app_roles == frozenset()


def test_only_what_failed_keeps_the_bot_from_its_job():
    assert can_work([passed("a", "x"), warned("b", "x", "y"), not_checked("c", "x", "y")])
    assert not can_work([passed("a", "x"), failed("b", "x", "y")])


def test_every_permission_that_the_manifest_asks_for_is_looked_at():
    assert sorted(PERMISSIONS) == sorted(set(Permission) - FOR_PEOPLE_ONLY)


def test_what_the_main_job_needs_is_looked_at_first():
    needs = [APP_ROLES[permission].need for permission in PERMISSIONS]
    assert needs == sorted(needs)
    assert needs[0] is Need.ESSENTIAL


def test_whatever_reads_can_be_tried_and_nothing_is_written_for_a_trial():
    assert set(TRIALS) == {permission for permission in PERMISSIONS if not APP_ROLES[permission].writes}


def test_a_trial_calls_what_needs_its_permission():
    called = {permission: _TRIALS[trial][0].permission for permission, trial in TRIALS.items() if trial in _TRIALS}
    assert set(TRIALS) - set(called) == {Permission.FEDERATION_READ}
    assert all(permission is needed for permission, needed in called.items())
    assert set(Trial) - set(TRIALS.values()) == {Trial.REGISTRATION}


def test_each_permission_says_what_can_not_be_done_without_it():
    assert _without(Permission.RISKY_USER_WRITE) == "nobody's risk can be cleared"
    assert _without(Permission.SESSIONS_REVOKE) == "the action Revoke sessions is refused"
    assert _without(Permission.PASSWORD_WRITE) == "the action Require password change is refused"
    assert not any("  " in _without(permission) for permission in PERMISSIONS)


def known(user_id: str, *accounts: str) -> _Known:
    return _Known(user_id, frozenset(accounts))


ASKING = known("U1", "ada", "ada.admin")


@pytest.mark.parametrize(
    ("signers", "people"),
    [
        ((), 0),
        ((ASKING,), 0),
        ((known("U2", "ada.admin"),), 0),
        ((known("U2", "grace"), known("U3", "grace")), 1),
        ((known("U2", "grace"), known("U3", "mallory")), 2),
        ((known("U2", "grace"), known("U3", "mallory"), known("U4", "mallory", "grace")), 1),
        ((known("U2"), known("U3")), 2),
    ],
    ids=["nobody", "oneself", "own other account", "twice", "two", "joined by a third account", "not matched"],
)
def test_slack_accounts_of_one_person_count_once_besides_the_requester(signers, people):
    assert _people_besides(ASKING, signers) == people


def patient(name: str, graph: ExaminedGraph, breaches=None) -> Patient:
    policy = Policy(requesters=(), approvers=(), approvals_needed=1, request_lifetime=1, resend_after=1)
    return Patient(name, "C1", policy, graph=None, examination=graph, breaches=breaches)


async def test_of_several_tenants_each_has_its_own_lines():
    checks = await examine(
        [patient("one", ExaminedGraph()), patient("two", ExaminedGraph())], "invalid_auth", ExaminedStore()
    )
    names = [check.name for check in checks]
    assert len(set(names)) == len(names)
    assert {"one: licence P2", "two: licence P2", "database", "Slack bot token"} <= set(names)


async def test_what_microsoft_throttles_is_not_taken_for_missing():
    checks = await examine([patient("one", ExaminedGraph(Problem.THROTTLED))], "invalid_auth", ExaminedStore())
    found = {check.name: check.state for check in checks}
    assert {found[permission] for permission in PERMISSIONS} == {State.NOT_CHECKED}
    assert found["licence P2"] is State.NOT_CHECKED


async def test_after_a_refused_token_nothing_more_is_tried():
    graph = ExaminedGraph(Problem.TOKEN_REFUSED)
    checks = await examine([patient("one", graph)], "invalid_auth", ExaminedStore())
    assert len(graph.tried) == 1
    assert {check.state for check in checks if check.name == "Graph token"} == {State.FAILED}


@pytest.mark.parametrize(
    ("service", "state", "word"),
    [
        (None, State.OK, "off"),
        (FakeBreaches(allows=10), State.OK, "takes the key"),
        (FakeBreaches(allows=9), State.WARNING, "COUNTERSIGN_BREACH_PER_MINUTE to 9"),
        (FakeBreaches(allows=BreachProblem.KEY_REFUSED), State.WARNING, "COUNTERSIGN_BREACH_KEY"),
        (FakeBreaches(allows=BreachProblem.UNAVAILABLE), State.NOT_CHECKED, "COUNTERSIGN_BREACH_URL"),
    ],
    ids=["no key", "good", "too fast", "refused", "away"],
)
async def test_the_breach_service_is_optional_and_never_keeps_the_bot_from_its_job(service, state, word):
    checks = await examine([patient("one", ExaminedGraph(), service)], "invalid_auth", ExaminedStore())
    (check,) = [check for check in checks if check.name == "breach service"]
    assert check.state is state
    assert word in f"{check.finding} {check.mend}"
    assert bool(check.mend) is (state is not State.OK)
