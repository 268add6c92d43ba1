"""Plans, requests and votes."""

from dataclasses import asdict, fields

import msgspec
from sqlalchemy import RowMapping, and_, insert, or_, select, update

from bot.act.outcome import OutcomeState
from bot.act.run import RunState
from bot.decide.plan import read_plan
from bot.decide.request import Request, RequestState, Verdict, Vote
from bot.decide.request_kind import RequestKind
from bot.store.rows import Repository, insert_rows
from bot.store.tables import outcomes, plans, requests, runs, votes

_PLAIN = [field.name for field in fields(Request) if field.name not in {"state", "kind", "requester_accounts"}]

_UNDER_WAY = [OutcomeState.WAITING.value, OutcomeState.SENDING.value]
_RUNNING = [state.value for state in RunState if not state.is_over]


def _request(row: RowMapping) -> Request:
    return Request(
        state=RequestState(row["state"]),
        kind=RequestKind(row["kind"]),
        requester_accounts=tuple(msgspec.json.decode(row["requester_accounts"], type=list[str])),
        **{name: row[name] for name in _PLAIN},
    )


class Requests(Repository):
    """Plans, requests and votes."""

    def add_plan(self, tenant_id: str, plan_hash: str, body: bytes) -> None:
        """Keep a plan's canonical bytes; the same plan twice is one row."""
        insert_rows(self._connection, plans, [{"tenant_id": tenant_id, "hash": plan_hash, "body": body}])

    def plan_body(self, tenant_id: str, plan_hash: str) -> bytes:
        """The bytes as they were kept. Raises LookupError."""
        statement = select(plans.c.body).where(plans.c.tenant_id == tenant_id, plans.c.hash == plan_hash)
        body: bytes | None = self._connection.execute(statement).scalar()
        if body is None:
            raise LookupError(plan_hash)
        return bytes(body)

    def add_request(self, request: Request) -> None:
        """A new request. A second pending one for the same surge is refused by the database."""
        row = {name: getattr(request, name) for name in _PLAIN} | {
            "state": request.state.value,
            "kind": request.kind.value,
            "requester_accounts": msgspec.json.encode(request.requester_accounts).decode(),
        }
        self._connection.execute(insert(requests).values(row))

    def request_by_id(self, tenant_id: str, request_id: str) -> Request | None:
        """By id."""
        statement = select(requests).where(requests.c.tenant_id == tenant_id, requests.c.id == request_id)
        row = self._connection.execute(statement).mappings().first()
        return _request(row) if row else None

    def requests_of_surge(self, tenant_id: str, surge_id: str) -> tuple[Request, ...]:
        """Oldest first."""
        statement = (
            select(requests)
            .where(requests.c.tenant_id == tenant_id, requests.c.surge_id == surge_id)
            .order_by(requests.c.created_at, requests.c.id)
        )
        return tuple(_request(row) for row in self._connection.execute(statement).mappings())

    def pending_requests(self, tenant_id: str) -> tuple[Request, ...]:
        """Those that wait for signatures, oldest first."""
        statement = (
            select(requests)
            .where(requests.c.tenant_id == tenant_id, requests.c.state == RequestState.PENDING.value)
            .order_by(requests.c.created_at, requests.c.id)
        )
        return tuple(_request(row) for row in self._connection.execute(statement).mappings())

    def users_taken(self, tenant_id: str, *, but_of: str = "") -> frozenset[str]:
        """Users in a pending plan, or whom a run is to act on or has not seen done yet.

        but_of: a request whose own plan takes nobody.
        """
        found: set[str] = set()
        for request in self.pending_requests(tenant_id):
            if request.id != but_of:
                found.update(read_plan(self.plan_body(tenant_id, request.plan_hash)).user_ids)
        is_same_run = and_(runs.c.tenant_id == outcomes.c.tenant_id, runs.c.id == outcomes.c.run_id)
        statement = (
            select(outcomes.c.user_id)
            .join(runs, is_same_run)
            .where(
                outcomes.c.tenant_id == tenant_id,
                or_(
                    and_(outcomes.c.state.in_(_UNDER_WAY), runs.c.state.in_(_RUNNING)),
                    outcomes.c.state == OutcomeState.ACCEPTED.value,
                ),
            )
        )
        found.update(self._connection.execute(statement).scalars())
        return frozenset(found)

    def set_called(self, request: Request, *, calls: int, at: int) -> bool:
        """So many rounds of calls went out by now; False if it is settled, or somebody was faster."""
        changed = self._connection.execute(
            update(requests)
            .where(
                requests.c.tenant_id == request.tenant_id,
                requests.c.id == request.id,
                requests.c.state == RequestState.PENDING.value,
                requests.c.calls < calls,
            )
            .values(calls=calls, called_at=at)
        )
        return changed.rowcount == 1

    def expired_requests(self, tenant_id: str, now: int) -> tuple[Request, ...]:
        """Pending ones whose time is up."""
        statement = select(requests).where(
            requests.c.tenant_id == tenant_id,
            requests.c.state == RequestState.PENDING.value,
            requests.c.expires_at <= now,
        )
        return tuple(_request(row) for row in self._connection.execute(statement).mappings())

    def set_settled(self, request: Request, state: RequestState, *, by: str | None, at: int, why: str = "") -> bool:
        """From pending to a final state; False if somebody was faster. why: in words, where nobody did it."""
        changed = self._connection.execute(
            update(requests)
            .where(
                requests.c.tenant_id == request.tenant_id,
                requests.c.id == request.id,
                requests.c.state == RequestState.PENDING.value,
            )
            .values(state=state.value, settled_by=by, settled_at=at, settled_why=why)
        )
        return changed.rowcount == 1

    def add_vote(self, request: Request, vote: Vote) -> bool:
        """One vote a person; False if that person voted before."""
        if any(each.user_id == vote.user_id for each in self.votes_on(request.tenant_id, request.id)):
            return False
        row = asdict(vote) | {
            "tenant_id": request.tenant_id,
            "request_id": request.id,
            "verdict": vote.verdict.value,
            "accounts": msgspec.json.encode(vote.accounts).decode(),
        }
        self._connection.execute(insert(votes).values(row))
        return True

    def votes_on(self, tenant_id: str, request_id: str) -> tuple[Vote, ...]:
        """In order of time."""
        statement = (
            select(votes)
            .where(votes.c.tenant_id == tenant_id, votes.c.request_id == request_id)
            .order_by(votes.c.at, votes.c.user_id)
        )
        return tuple(
            Vote(
                row["user_id"],
                Verdict(row["verdict"]),
                row["at"],
                tuple(msgspec.json.decode(row["accounts"], type=list[str])),
                with_code=row["with_code"],
                break_glass=row["break_glass"],
            )
            for row in self._connection.execute(statement).mappings()
        )
