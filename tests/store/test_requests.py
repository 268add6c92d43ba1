"""Plans, requests and votes: what the database itself holds to."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from bot.decide.request import RequestState, Verdict, Vote
from bot.store.tables import votes
from tests.store.conftest import BODY, HASH
from tests.values import HOUR, NOW, SURGE, TENANT, request, surge

SECOND_ID = "c" * 32


def test_a_plan_comes_back_byte_for_byte_and_the_same_one_twice_is_one(transact):
    transact(lambda tx: [tx.requests.add_plan(TENANT, HASH, BODY), tx.requests.add_plan(TENANT, HASH, BODY)])
    assert transact(lambda tx: tx.requests.plan_body(TENANT, HASH)) == BODY
    for tenant, digest in (("other", HASH), (TENANT, "0" * 64)):
        with pytest.raises(LookupError):
            transact(lambda tx, tenant=tenant, digest=digest: tx.requests.plan_body(tenant, digest))


def test_a_request_comes_back_as_it_was_kept(transact, with_surge):
    kept = request(plan_hash=HASH, accounts=("one", "two"), needed=3)
    transact(lambda tx: [tx.requests.add_plan(TENANT, HASH, BODY), tx.requests.add(kept)])
    assert transact(lambda tx: tx.requests.get(TENANT, kept.id)) == kept
    assert transact(lambda tx: tx.requests.get("other", kept.id)) is None


def test_the_database_refuses_a_second_pending_request_for_a_surge(transact, with_request):
    with pytest.raises(IntegrityError):
        transact(lambda tx: tx.requests.add(replace(with_request, id=SECOND_ID)))


@pytest.mark.parametrize("state", [state for state in RequestState if state is not RequestState.PENDING])
def test_after_a_request_is_settled_there_can_be_another(transact, with_request, state):
    assert transact(lambda tx: tx.requests.settle(with_request, state, by="UBEN", at=NOW + 1))
    second = replace(with_request, id=SECOND_ID, created_at=NOW + 2)
    transact(lambda tx: tx.requests.add(second))
    first = replace(with_request, state=state, settled_by="UBEN", settled_at=NOW + 1)
    assert transact(lambda tx: tx.requests.of_surge(TENANT, SURGE)) == (first, second)


def test_two_surges_can_each_have_a_pending_request(transact, with_request):
    transact(lambda tx: tx.surges.save(surge(id_="6" * 32, key="two")))
    transact(lambda tx: tx.requests.add(replace(with_request, id=SECOND_ID, surge_id="6" * 32)))
    assert len(transact(lambda tx: tx.requests.of_surge(TENANT, SURGE))) == 1


@pytest.mark.parametrize("needed", [0, -1])
def test_the_database_refuses_a_request_that_nobody_else_needs_to_sign(transact, with_surge, needed):
    transact(lambda tx: tx.requests.add_plan(TENANT, HASH, BODY))
    with pytest.raises(IntegrityError):
        transact(lambda tx: tx.requests.add(request(plan_hash=HASH, needed=needed)))


def test_a_request_without_its_plan_can_not_be(transact, with_surge):
    with pytest.raises(IntegrityError):
        transact(lambda tx: tx.requests.add(request(plan_hash="0" * 64)))


def test_a_request_is_settled_once(transact, with_request):
    assert transact(lambda tx: tx.requests.settle(with_request, RequestState.APPROVED, by="UBEN", at=NOW))
    assert not transact(lambda tx: tx.requests.settle(with_request, RequestState.WITHDRAWN, by="UANNA", at=NOW))
    assert transact(lambda tx: tx.requests.get(TENANT, with_request.id)).state is RequestState.APPROVED


@pytest.mark.parametrize(("now", "expired"), [(NOW + 4 * HOUR - 1, 0), (NOW + 4 * HOUR, 1)])
def test_only_pending_requests_expire_and_at_the_moment_named(transact, with_request, now, expired):
    assert len(transact(lambda tx: tx.requests.expired(TENANT, now))) == expired
    assert transact(lambda tx: tx.requests.expired("other", now)) == ()
    transact(lambda tx: tx.requests.settle(with_request, RequestState.REJECTED, by="UBEN", at=NOW))
    assert transact(lambda tx: tx.requests.expired(TENANT, now)) == ()


def test_a_person_has_one_vote_on_a_request(transact, with_request):
    first, second = Vote("UBEN", Verdict.APPROVE, NOW), Vote("UCARA", Verdict.REJECT, NOW - 1)
    assert transact(lambda tx: tx.requests.add_vote(with_request, first))
    assert not transact(lambda tx: tx.requests.add_vote(with_request, Vote("UBEN", Verdict.REJECT, NOW + 1)))
    assert transact(lambda tx: tx.requests.add_vote(with_request, second))
    assert transact(lambda tx: tx.requests.votes(TENANT, with_request.id)) == (second, first)


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
            return voted, tx.requests.settle(with_request, RequestState.APPROVED, by=f"U{number}", at=NOW)

        together.wait()
        return stores[number].transact_here(work)

    with ThreadPoolExecutor(len(stores)) as threads:
        results = list(threads.map(race, range(len(stores))))
    assert sorted(results) == [(False, False)] * 3 + [(True, True)]
