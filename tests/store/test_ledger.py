"""The ledger's rows: one whole chain a tenant, however many write at once; and whatever is done to it is found."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.record.ledger import GENESIS, Event, first_break
from tests.values import NOW, TENANT


def append(tx, subject="s", tenant=TENANT):
    tx.ledger.append_entry(
        tenant_id=tenant, at=NOW, event=Event.RUN_DONE, subject=subject, actor="UANNA", facts={"verified": 3}
    )


def check(store, tenant=TENANT):
    def read(tx):
        number, digest = tx.ledger.head_of(tenant)
        return first_break(tx.ledger.entries_of(tenant), head_number=number, head_hash=digest, tenant_id=tenant)

    return store.transact_here(read)


def test_a_tenant_without_rows_has_the_first_head(transact):
    assert transact(lambda tx: tx.ledger.head_of(TENANT)) == (0, GENESIS)
    assert transact(lambda tx: tx.ledger.tenants_with_ledger()) == ()


def test_rows_follow_each_other_and_each_tenant_has_a_chain_of_its_own(store, transact):
    transact(lambda tx: [append(tx), append(tx, tenant="other"), append(tx)])
    transact(append)
    assert transact(lambda tx: [entry.number for entry in tx.ledger.entries_of(TENANT)]) == [1, 2, 3]
    assert transact(lambda tx: [entry.number for entry in tx.ledger.entries_of("other")]) == [1]
    assert transact(lambda tx: tx.ledger.tenants_with_ledger()) == tuple(sorted([TENANT, "other"]))
    assert check(store) is None
    assert check(store, "other") is None


def test_a_row_is_kept_only_with_the_transaction_that_wrote_it(store, transact):
    def fails(tx):
        append(tx)
        raise RuntimeError

    transact(append)
    with pytest.raises(RuntimeError):
        transact(fails)
    assert transact(lambda tx: tx.ledger.head_of(TENANT))[0] == 1
    assert check(store) is None


def test_the_chain_stays_whole_when_many_write_at_once(database_url, opened):
    stores = [opened(database_url) for _ in range(4)]
    together = threading.Barrier(len(stores))

    def write(number):
        together.wait()
        for turn in range(5):
            while not is_through(number, turn):
                pass

    def is_through(number, turn):
        """Whoever always comes second among four processes is given up at last, and comes again."""
        try:
            stores[number].transact_here(lambda tx: append(tx, f"{number}-{turn}"))
        except OperationalError:
            return False
        return True

    with ThreadPoolExecutor(len(stores)) as threads:
        list(threads.map(write, range(len(stores))))
    assert stores[0].transact_here(lambda tx: tx.ledger.head_of(TENANT))[0] == 20
    assert check(stores[0]) is None
    subjects = stores[0].transact_here(lambda tx: {entry.subject for entry in tx.ledger.entries_of(TENANT)})
    assert len(subjects) == 20


@pytest.mark.parametrize(
    ("done", "row"),
    [
        ("UPDATE ledger SET actor = 'UBEN' WHERE number = 2", 2),
        ("UPDATE ledger SET at = at + 1 WHERE number = 1", 1),
        ("UPDATE ledger SET event = 'run:stopped' WHERE number = 3", 3),
        ("UPDATE ledger SET hash = previous WHERE number = 2", 2),
        ("DELETE FROM ledger WHERE number = 2", 2),
        ("DELETE FROM ledger WHERE number = 3", 3),
        ("DELETE FROM ledger", 3),
        ("UPDATE ledger_heads SET number = 2", 2),
        ("DELETE FROM ledger_heads", 0),
    ],
)
def test_whatever_is_done_to_the_rows_by_hand_is_found(store, transact, done, row):
    transact(lambda tx: [append(tx) for _ in range(3)])
    assert check(store) is None
    with store._engine.begin() as connection:
        connection.execute(text(done))
    assert check(store).number == row
    assert transact(lambda tx: tx.ledger.tenants_with_ledger()) == (TENANT,)


@pytest.mark.parametrize("body", [b'{"verified":4}', b"\xff\xfe", b""])
def test_a_changed_body_is_found_even_when_it_is_no_text(store, transact, body):
    transact(lambda tx: [append(tx) for _ in range(2)])
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE ledger SET body = :body WHERE number = 1"), {"body": body})
    assert check(store).number == 1
