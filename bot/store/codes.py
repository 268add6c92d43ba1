"""Who was enrolled for one-time codes."""

from dataclasses import asdict, fields

from sqlalchemy import RowMapping, delete, select

from bot.decide.codes import Enrolment
from bot.store.rows import Repository, upsert_rows
from bot.store.tables import one_time_codes

_FIELDS = [field.name for field in fields(Enrolment)]
EVERY_TENANT = ""
"""A person has one code, whatever the tenant."""


def _enrolment(row: RowMapping) -> Enrolment:
    return Enrolment(**{name: row[name] for name in _FIELDS})


class Codes(Repository):
    """Who was enrolled for one-time codes; a person has one for every tenant."""

    def enrolment_of(self, user_id: str) -> Enrolment | None:
        """By Slack user id."""
        statement = select(one_time_codes).where(
            one_time_codes.c.tenant_id == EVERY_TENANT, one_time_codes.c.user_id == user_id
        )
        row = self._connection.execute(statement).mappings().first()
        return _enrolment(row) if row else None

    def keep_enrolment(self, enrolment: Enrolment) -> None:
        """Insert or update."""
        upsert_rows(self._connection, one_time_codes, [{"tenant_id": EVERY_TENANT} | asdict(enrolment)])

    def remove_enrolment(self, user_id: str) -> bool:
        """Whether there was one."""
        removed = self._connection.execute(
            delete(one_time_codes).where(
                one_time_codes.c.tenant_id == EVERY_TENANT, one_time_codes.c.user_id == user_id
            )
        )
        return removed.rowcount > 0

    def all_enrolments(self) -> tuple[Enrolment, ...]:
        """By user id."""
        statement = select(one_time_codes).order_by(one_time_codes.c.user_id)
        return tuple(_enrolment(row) for row in self._connection.execute(statement).mappings())
