"""A transaction is committed whole or not at all, and run again where the database asks for it."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from structlog.testing import capture_logs

from bot.record.ledger import Event
from bot.store import database
from tests.values import TENANT, surge


def pages(store):
    return store.transact_here(lambda tx: tx.watches.watch_of(TENANT)).pages_in_overlap


def count_up(tx):
    watch = tx.watches.watch_of(TENANT)
    tx.watches.keep_watch(replace(watch, pages_in_overlap=watch.pages_in_overlap + 1))


async def test_what_is_raised_comes_through_and_nothing_of_the_transaction_is_kept(store):
    def fails(tx):
        count_up(tx)
        tx.surges.keep_surge(surge())
        raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        await store.transact(fails)
    assert pages(store) == 0
    assert store.transact_here(lambda tx: tx.surges.all_surges()) == ()


async def test_a_refusal_by_the_database_undoes_the_whole_transaction_and_is_not_tried_again(store):
    tries = []

    def twice(tx):
        tries.append(1)
        count_up(tx)
        tx.surges.keep_surge(surge())
        tx.surges.keep_surge(surge(id_="6" * 32))

    with pytest.raises(IntegrityError):
        await store.transact(twice)
    assert (pages(store), len(tries)) == (0, 1)


async def test_a_transaction_runs_beside_the_loop_and_not_in_it(store):
    threads = await asyncio.gather(*(store.transact(lambda tx: threading.get_ident()) for _ in range(3)))
    assert threading.get_ident() not in threads


async def test_many_transactions_at_once_lose_nothing(store):
    await asyncio.gather(*(store.transact(count_up) for _ in range(12)))
    assert pages(store) == 12


def test_two_processes_that_count_at_once_lose_nothing(database_url, opened):
    stores = [opened(database_url), opened(database_url)]

    def count(store):
        for _ in range(5):
            store.transact_here(count_up)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(count, stores))
    assert pages(stores[0]) == 10


def test_a_serialization_failure_is_run_again_from_its_start(postgresql_url, opened):
    """Both read the same count before either writes: on PostgreSQL one of them must be run again."""
    stores = [opened(postgresql_url), opened(postgresql_url)]
    stores[0].transact_here(count_up)
    both_have_read = threading.Barrier(2)
    tries = []

    def work(tx):
        tries.append(1)
        watch = tx.watches.watch_of(TENANT)
        if len(tries) <= 2:
            both_have_read.wait(timeout=10)
        tx.watches.keep_watch(replace(watch, pages_in_overlap=watch.pages_in_overlap + 1))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda store: store.transact_here(work), stores))
    assert pages(stores[0]) == 3
    assert len(tries) >= 3


def test_a_write_that_rests_on_what_another_just_changed_is_run_again(postgresql_url, opened):
    """Write skew: each reads what the other writes. One is run again and sees the other's row."""
    stores = [opened(postgresql_url), opened(postgresql_url)]
    both_have_read = threading.Barrier(2)
    tries, seen = [], []

    def work(number):
        def transaction(tx):
            tries.append(1)
            there = len(tx.surges.all_surges(TENANT))
            if len(tries) <= 2:
                both_have_read.wait(timeout=10)
            if there == 0:
                tx.surges.keep_surge(surge(id_=str(number) * 32, key=str(number)))
            return there

        seen.append(stores[number].transact_here(transaction))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, range(2)))
    assert sorted(seen) == [0, 1]


def test_a_lost_connection_is_opened_anew(postgresql_url, opened):
    store = opened(postgresql_url)
    tries = []

    def work(tx):
        tries.append(1)
        if len(tries) == 1:
            tx.leases._connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        count_up(tx)

    store.transact_here(work)
    assert (pages(store), len(tries)) == (1, 2)


def test_a_database_that_stays_busy_is_given_up_at_last(store, monkeypatch):
    monkeypatch.setattr("bot.store.database.time.sleep", lambda seconds: None)
    tries = []

    def busy(tx):
        tries.append(1)
        raise OperationalError("work", {}, Exception("database is locked"))

    with pytest.raises(OperationalError):
        store.transact_here(busy)
    assert len(tries) == 6


async def test_closing_waits_for_what_is_under_way(database_url, opened):
    store, second = opened(database_url), opened(database_url)
    begun, may_end = threading.Event(), threading.Event()

    def slow(tx):
        begun.set()
        may_end.wait(10)
        count_up(tx)

    work = asyncio.create_task(store.transact(slow))
    await asyncio.to_thread(begun.wait, 10)
    closing = asyncio.create_task(store.close())
    may_end.set()
    await asyncio.gather(work, closing)
    assert pages(second) == 1


def test_a_long_transaction_gets_through_though_short_ones_keep_coming(store):
    committed, stop = threading.Event(), threading.Event()

    def append(tx):
        tx.ledger.append_entry(tenant_id=TENANT, at=1, event=Event.SURGE_OPENED, subject="s", actor="a", facts={})

    def keep_coming():
        while not stop.is_set():
            store.transact_here(append)
            committed.set()

    def take_long(tx):
        tx.ledger.head_of(TENANT)
        committed.clear()
        committed.wait(0.5)  # for somebody to be faster, unless nobody may be
        append(tx)
        return "through"

    others = threading.Thread(target=keep_coming)
    others.start()
    try:
        committed.wait(5)
        assert store.transact_here(take_long) == "through"
    finally:
        stop.set()
        others.join()


@pytest.mark.parametrize("work", [count_up, partial(count_up), partial(partial(count_up))])
def test_a_slow_transaction_is_told_of_by_name_and_nothing_else_comes_of_it(store, work, monkeypatch):
    monkeypatch.setattr(database, "_SLOW_SECONDS", -1.0)
    with capture_logs() as logs:
        store.transact_here(work)
    (told,) = [each for each in logs if each["event"] == "transaction_slow"]
    assert told["work"] == "count_up"
    monkeypatch.undo()
    assert pages(store) == 1
