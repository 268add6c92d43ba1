"""What of agreeing is kept: plans, requests, votes, one-time codes.

Every row belongs to a tenant; times are microseconds since 1970 UTC.
"""

from typing import Protocol

from bot.decide.codes import Enrolment
from bot.decide.request import Request, RequestState, Vote


class Requests(Protocol):
    """Plans, requests and votes."""

    def add_plan(self, tenant_id: str, plan_hash: str, body: bytes) -> None:
        """Keep a plan's canonical bytes; the same plan twice is one row."""

    def plan_body(self, tenant_id: str, plan_hash: str) -> bytes:
        """The bytes as they were kept. Raises LookupError."""

    def add(self, request: Request) -> None:
        """A new request. A second pending one for the same surge is refused by the database."""

    def get(self, tenant_id: str, request_id: str) -> Request | None:
        """By id."""

    def of_surge(self, tenant_id: str, surge_id: str) -> tuple[Request, ...]:
        """Oldest first."""

    def pending(self, tenant_id: str) -> tuple[Request, ...]:
        """Those that wait for signatures, oldest first."""

    def taken(self, tenant_id: str, *, but_of: str = "") -> frozenset[str]:
        """Users in a pending plan, or whom a run is to act on or has not seen done yet.

        but_of: a request whose own plan takes nobody.
        """

    def set_called(self, request: Request, *, calls: int, at: int) -> bool:
        """So many rounds of calls went out by now; False if it is settled, or somebody was faster."""

    def expired(self, tenant_id: str, now: int) -> tuple[Request, ...]:
        """Pending ones whose time is up."""

    def settle(self, request: Request, state: RequestState, *, by: str | None, at: int, why: str = "") -> bool:
        """From pending to a final state; False if somebody was faster. why: in words, where nobody did it."""

    def add_vote(self, request: Request, vote: Vote) -> bool:
        """One vote a person; False if that person voted before."""

    def votes(self, tenant_id: str, request_id: str) -> tuple[Vote, ...]:
        """In order of time."""


class Codes(Protocol):
    """Who was enrolled for one-time codes; a person has one for every tenant."""

    def get(self, user_id: str) -> Enrolment | None:
        """By Slack user id."""

    def save(self, enrolment: Enrolment) -> None:
        """Insert or update."""

    def remove(self, user_id: str) -> bool:
        """Whether there was one."""

    def all(self) -> tuple[Enrolment, ...]:
        """By user id."""
