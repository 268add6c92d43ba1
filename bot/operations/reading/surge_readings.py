"""What is read for one surge over its life: how far it was read and what it brought, kept with its problem."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from bot.store.transaction import Transaction
from bot.watch.surge import Surge

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SurgeReading(Generic[T]):
    """One thing that is read for a surge, by name."""

    name: str
    type: type[T]

    def get(self, tx: Transaction, surge: Surge) -> T | None:
        """What was kept last; None while nothing good was read, or where another version wrote it."""
        reading = tx.readings.reading_named(surge.tenant_id, self._key(surge))
        if reading is None or not reading.read_at:
            return None
        try:
            return msgspec.msgpack.decode(reading.body, type=self.type)
        except msgspec.MsgspecError:
            return None

    def problem(self, tx: Transaction, surge: Surge) -> str:
        """Why the last try failed; empty when it did not."""
        reading = tx.readings.reading_named(surge.tenant_id, self._key(surge))
        return reading.problem if reading is not None else ""

    def read_at(self, tx: Transaction, surge: Surge) -> int:
        """When the last good reading began (microseconds UTC); 0 while there was none."""
        reading = tx.readings.reading_named(surge.tenant_id, self._key(surge))
        return reading.read_at if reading is not None else 0

    def keep(self, tx: Transaction, surge: Surge, value: T, read_at: int) -> None:
        """A reading that was good."""
        tx.readings.keep_reading(surge.tenant_id, self._key(surge), msgspec.msgpack.encode(value), read_at)

    def fail(self, tx: Transaction, surge: Surge, problem: str) -> None:
        """A try that failed: what was kept stands."""
        tx.readings.keep_problem(surge.tenant_id, self._key(surge), problem)

    def _key(self, surge: Surge) -> str:
        return f"{self.name} of {surge.id}"
