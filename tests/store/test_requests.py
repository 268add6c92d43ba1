"""Plans, requests and votes: what the database itself holds to."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import RunState
from bot.decide.plan import canonical, plan_hash, read_plan
from bot.decide.request import RequestState, Verdict, Vote
from bot.store.tables import votes
from tests.store.conftest import BODY, HASH
from tests.values import HOUR, NOW, SURGE, TENANT, plan_of, request, run

SECOND_ID = "c" * 32


def test_a_plan_comes_back_byte_for_byte_and_the_same_one_twice_is_one(transact):
    transact(lambda tx: [tx.requests.add_plan(TENANT, HASH, BODY), tx.requests.add_plan(TENANT, HASH, BODY)])
    assert transact(lambda tx: tx.requests.plan_body(TENANT, HASH)) == BODY
    for tenant, digest in (("other", HASH), (TENANT, "0" * 64)):
        with pytest.raises(LookupError):
            transact(lambda tx, tenant=tenant, digest=digest: tx.requests.plan_body(tenant, digest))


def test_a_request_comes_back_as_it_was_kept(transact, with_surge):
    kept = request(plan_hash=HASH, accounts=("one", "two"), needed=3)
    transact(lambda tx: [tx.requests.add_plan(TENANT, HASH, BODY), tx.requests.add_request(kept)])
    assert transact(lambda tx: tx.requests.request_by_id(TENANT, kept.id)) == kept
    assert transact(lambda tx: tx.requests.request_by_id("other", kept.id)) is None


def test_the_database_refuses_a_second_pending_request_for_a_plan(transact, with_request):
    with pytest.raises(IntegrityError):
        transact(lambda tx: tx.requests.add_request(replace(with_request, id=SECOND_ID)))


@pytest.mark.parametrize("state", [state for state in RequestState if state is not RequestState.PENDING])
def test_after_a_request_is_settled_there_can_be_another(transact, with_request, state):
    assert transact(lambda tx: tx.requests.set_settled(with_request, state, by="UBEN", at=NOW + 1))
    second = replace(with_request, id=SECOND_ID, created_at=NOW + 2)
    transact(lambda tx: tx.requests.add_request(second))
    first = replace(with_request, state=state, settled_by="UBEN", settled_at=NOW + 1)
    assert transact(lambda tx: tx.requests.requests_of_surge(TENANT, SURGE)) == (first, second)


def test_two_plans_of_a_surge_can_each_have_a_pending_request(transact, with_request):
    body = canonical(plan_of("eve"))
    transact(lambda tx: tx.requests.add_plan(TENANT, plan_hash(body), body))
    second = replace(with_request, id=SECOND_ID, plan_hash=plan_hash(body), created_at=NOW + 1)
    transact(lambda tx: tx.requests.add_request(second))
    assert transact(lambda tx: tx.requests.pending_requests(TENANT)) == (with_request, second)
    assert transact(lambda tx: tx.requests.pending_requests("other")) == ()


def test_users_of_pending_plans_are_taken_but_for_the_one_that_is_judged(transact, with_request):
    planned = frozenset(read_plan(BODY).user_ids)
    assert planned
    assert transact(lambda tx: tx.requests.users_taken(TENANT)) == planned
    assert transact(lambda tx: tx.requests.users_taken("other")) == frozenset()
    assert transact(lambda tx: tx.requests.users_taken(TENANT, but_of=with_request.id)) == frozenset()
    transact(lambda tx: tx.requests.set_settled(with_request, RequestState.WITHDRAWN, by="UANNA", at=NOW))
    assert transact(lambda tx: tx.requests.users_taken(TENANT)) == frozenset()


def test_a_run_takes_whom_it_has_not_settled_and_gives_back_whom_it_never_reached(transact, with_request):
    users = read_plan(BODY).user_ids
    going = run(request_id=with_request.id, plan_hash=HASH)
    transact(lambda tx: tx.requests.set_settled(with_request, RequestState.APPROVED, by="UBEN", at=NOW))
    transact(lambda tx: tx.runs.add_run(going, users))
    assert transact(lambda tx: tx.requests.users_taken(TENANT)) == frozenset(users)
    done, accepted, *waiting = users
    outcomes = [Outcome(done, OutcomeState.VERIFIED, ""), Outcome(accepted, OutcomeState.ACCEPTED, "")]
    transact(lambda tx: tx.outcomes.keep_outcomes(going, outcomes))
    assert transact(lambda tx: tx.requests.users_taken(TENANT)) == {accepted, *waiting}
    transact(lambda tx: tx.runs.keep_run(replace(going, state=RunState.STOPPED)))
    assert transact(lambda tx: tx.requests.users_taken(TENANT)) == {accepted}


def test_a_round_of_calls_goes_out_once_and_only_while_the_request_waits(transact, with_request):
    assert transact(lambda tx: tx.requests.set_called(with_request, calls=1, at=NOW))
    assert not transact(lambda tx: tx.requests.set_called(with_request, calls=1, at=NOW + 1))
    assert transact(lambda tx: tx.requests.set_called(with_request, calls=2, at=NOW + 2))
    kept = transact(lambda tx: tx.requests.request_by_id(TENANT, with_request.id))
    assert (kept.calls, kept.called_at) == (2, NOW + 2)
    transact(lambda tx: tx.requests.set_settled(with_request, RequestState.REJECTED, by="UBEN", at=NOW))
    assert not transact(lambda tx: tx.requests.set_called(with_request, calls=3, at=NOW + 3))


def test_why_a_request_was_superseded_is_kept(transact, with_request):
    transact(lambda tx: tx.requests.set_settled(with_request, RequestState.SUPERSEDED, by=None, at=NOW, why="worse"))
    assert transact(lambda tx: tx.requests.request_by_id(TENANT, with_request.id)).settled_why == "worse"


@pytest.mark.parametrize("needed", [0, -1])
def test_the_database_refuses_a_request_that_nobody_else_needs_to_sign(transact, with_surge, needed):
    transact(lambda tx: tx.requests.add_plan(TENANT, HASH, BODY))
    with pytest.raises(IntegrityError):
        transact(lambda tx: tx.requests.add_request(request(plan_hash=HASH, needed=needed)))


def test_a_request_without_its_plan_can_not_be(transact, with_surge):
    with pytest.raises(IntegrityError):
        transact(lambda tx: tx.requests.add_request(request(plan_hash="0" * 64)))


def test_a_request_is_settled_once(transact, with_request):
    assert transact(lambda tx: tx.requests.set_settled(with_request, RequestState.APPROVED, by="UBEN", at=NOW))
    assert not transact(lambda tx: tx.requests.set_settled(with_request, RequestState.WITHDRAWN, by="UANNA", at=NOW))
    assert transact(lambda tx: tx.requests.request_by_id(TENANT, with_request.id)).state is RequestState.APPROVED


@pytest.mark.parametrize(("now", "expired"), [(NOW + 4 * HOUR - 1, 0), (NOW + 4 * HOUR, 1)])
def test_only_pending_requests_expire_and_at_the_moment_named(transact, with_request, now, expired):
    assert len(transact(lambda tx: tx.requests.expired_requests(TENANT, now))) == expired
    assert transact(lambda tx: tx.requests.expired_requests("other", now)) == ()
    transact(lambda tx: tx.requests.set_settled(with_request, RequestState.REJECTED, by="UBEN", at=NOW))
    assert transact(lambda tx: tx.requests.expired_requests(TENANT, now)) == ()


def test_a_person_has_one_vote_on_a_request(transact, with_request):
    first, second = Vote("UBEN", Verdict.APPROVE, NOW), Vote("UCARA", Verdict.REJECT, NOW - 1)
    assert transact(lambda tx: tx.requests.add_vote(with_request, first))
    assert not transact(lambda tx: tx.requests.add_vote(with_request, Vote("UBEN", Verdict.REJECT, NOW + 1)))
    assert transact(lambda tx: tx.requests.add_vote(with_request, second))
    assert transact(lambda tx: tx.requests.votes_on(TENANT, with_request.id)) == (second, first)


def test_the_database_itself_refuses_a_second_vote_of_one_person(store, with_request):
    row = {"tenant_id": TENANT, "request_id": with_request.id, "user_id": "UBEN", "verdict": "approve", "at": NOW}
    with store._engine.begin() as connection:
        connection.execute(insert(votes).values(row))
    with pytest.raises(IntegrityError), store._engine.begin() as connection:
        connection.execute(insert(votes).values(row | {"at": NOW + 1}))


def test_of_many_who_settle_and_vote_at_once_one_is_first(database_url, opened, with_request):
    stores = [opened(database_url) for _ in range(4)]
    together = threading.Barrier(len(stores))

    def race(number):
        def work(tx):
            voted = tx.requests.add_vote(with_request, Vote("UBEN", Verdict.APPROVE, NOW + number))
            return voted, tx.requests.set_settled(with_request, RequestState.APPROVED, by=f"U{number}", at=NOW)

        together.wait()
        return stores[number].transact_here(work)

    with ThreadPoolExecutor(len(stores)) as threads:
        results = list(threads.map(race, range(len(stores))))
    assert sorted(results) == [(False, False)] * 3 + [(True, True)]
