"""Leases: who does whose work, on the database's clock."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.store.leases import Hold, LeaseLostError

OVER = -1.0
"""A lease that is over as it is given: time passes without waiting."""


def claim(store, holder, seconds=60.0, name="work"):
    return store.transact_here(lambda tx: tx.leases.claim_lease(name, holder, seconds))


def require(store, hold):
    store.transact_here(lambda tx: tx.leases.require_lease(hold))


def test_the_second_holder_gets_nothing_while_the_lease_lasts(store):
    assert claim(store, "one") == Hold("work", "one", 1)
    assert claim(store, "two") is None
    assert claim(store, "two", name="other work") == Hold("other work", "two", 1)


def test_renewing_keeps_the_epoch_and_what_was_held_before(store):
    first = claim(store, "one")
    assert claim(store, "one") == first
    require(store, first)


def test_a_lease_that_is_over_goes_to_another_with_a_higher_epoch(store):
    first = claim(store, "one", OVER)
    second = claim(store, "two")
    assert (first.epoch, second) == (1, Hold("work", "two", 2))
    with pytest.raises(LeaseLostError):
        require(store, first)
    require(store, second)


def test_a_holder_that_returns_after_another_has_a_new_epoch_and_not_its_old_one(store):
    first = claim(store, "one", OVER)
    claim(store, "two", OVER)
    third = claim(store, "one")
    assert third.epoch == 3
    with pytest.raises(LeaseLostError):
        require(store, first)


def test_a_lease_that_is_over_is_lost_though_nobody_else_took_it(store):
    hold = claim(store, "one", OVER)
    with pytest.raises(LeaseLostError):
        require(store, hold)


def test_time_passes_on_the_databases_clock(store):
    """On a busy machine a short lease may be over before anybody else asks, which shows nothing: a longer one does."""
    for seconds in (0.05, 1.0, 20.0):
        name = f"work of {seconds} seconds"
        claim(store, "one", seconds, name)
        if (taken := claim(store, "two", name=name)) is None:
            break
    assert taken is None
    while taken is None:
        taken = claim(store, "two", name=name)
    assert taken.epoch == 2


def test_a_lease_given_back_can_be_taken_at_once(store):
    hold = claim(store, "one")
    store.transact_here(lambda tx: tx.leases.release_lease(hold))
    with pytest.raises(LeaseLostError):
        require(store, hold)
    assert claim(store, "two").epoch == 2


def test_a_lease_that_was_lost_can_not_be_given_back_over_its_new_holder(store):
    lost = claim(store, "one", OVER)
    held = claim(store, "two")
    store.transact_here(lambda tx: tx.leases.release_lease(lost))
    require(store, held)


def test_a_lease_that_was_never_given_is_not_held(store):
    with pytest.raises(LeaseLostError):
        require(store, Hold("work", "one", 1))


def test_the_only_process_can_end_what_a_dead_one_left(store):
    dead = claim(store, "dead")
    store.transact_here(lambda tx: tx.leases.clear_leases())
    assert claim(store, "living").epoch == dead.epoch + 1


def test_of_many_who_claim_at_once_one_gets_the_lease(database_url, opened):
    stores = [opened(database_url) for _ in range(4)]
    together = threading.Barrier(len(stores))

    def race(number):
        together.wait()
        return claim(stores[number], f"process {number}")

    with ThreadPoolExecutor(len(stores)) as threads:
        holds = [hold for hold in threads.map(race, range(len(stores))) if hold]
    assert len(holds) == 1
    assert holds[0].epoch == 1


def test_what_a_holder_writes_after_it_lost_the_lease_is_not_kept(store):
    lost = claim(store, "one", OVER)
    claim(store, "two")

    def late(tx):
        tx.leases.claim_lease("written in the same transaction", "one", 60)
        tx.leases.require_lease(lost)

    with pytest.raises(LeaseLostError):
        store.transact_here(late)
    assert claim(store, "two", name="written in the same transaction").epoch == 1
