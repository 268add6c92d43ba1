"""The ledger's rows and the head of each chain, which is locked while a row is added."""

from collections.abc import Iterator
from dataclasses import asdict

from sqlalchemy import insert, select, update

from bot.record.ledger import GENESIS, Entry, Event, next_entry
from bot.store.rows import Repository, insert_rows
from bot.store.tables import ledger, ledger_heads


class Ledger(Repository):
    """The audit record."""

    def append_entry(self, *, tenant_id: str, at: int, event: Event, subject: str, actor: str, facts: object) -> None:
        """Write the next row of the tenant's chain in this transaction; the chain's head is locked."""
        insert_rows(self._connection, ledger_heads, [{"tenant_id": tenant_id, "number": 0, "hash": GENESIS}])
        head = (
            self._connection.execute(
                select(ledger_heads).where(ledger_heads.c.tenant_id == tenant_id).with_for_update()
            )
            .mappings()
            .one()
        )
        entry = next_entry(
            tenant_id=tenant_id,
            number=head["number"] + 1,
            previous=head["hash"],
            at=at,
            event=event,
            subject=subject,
            actor=actor,
            facts=facts,
        )
        self._connection.execute(insert(ledger).values(**asdict(entry)))
        self._connection.execute(
            update(ledger_heads)
            .where(ledger_heads.c.tenant_id == tenant_id)
            .values(number=entry.number, hash=entry.hash)
        )

    def tenants_with_ledger(self) -> tuple[str, ...]:
        """Tenants with a ledger."""
        heads = set(self._connection.execute(select(ledger_heads.c.tenant_id)).scalars())
        rows = set(self._connection.execute(select(ledger.c.tenant_id).distinct()).scalars())
        return tuple(sorted(heads | rows))

    def head_of(self, tenant_id: str) -> tuple[int, str]:
        """Number and hash of the last row."""
        row = self._connection.execute(
            select(ledger_heads.c.number, ledger_heads.c.hash).where(ledger_heads.c.tenant_id == tenant_id)
        ).first()
        return (row[0], row[1]) if row else (0, GENESIS)

    def entries_of(self, tenant_id: str) -> Iterator[Entry]:
        """In order."""
        statement = select(ledger).where(ledger.c.tenant_id == tenant_id).order_by(ledger.c.number)
        with self._connection.execute(statement.execution_options(yield_per=500)) as found:
            for row in found.mappings():
                yield Entry(**row)
