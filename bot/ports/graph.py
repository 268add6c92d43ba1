"""The Microsoft Graph door as the use cases see it: one object a tenant, one pacer an API family behind it."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Generic, Protocol, TypeVar

from bot.decide.action import Action
from bot.watch.access_policies import AccessPolicy
from bot.watch.account import AccountState
from bot.watch.announcements import Announcement, MicrosoftApp
from bot.watch.audits import Audit
from bot.watch.privilege import RoleReport
from bot.watch.profile import DirectoryUser, Domain
from bot.watch.registration import RegistrationReport
from bot.watch.risk import Detection, RiskyUser
from bot.watch.sign_ins import SignIn

T = TypeVar("T")

LARGEST_PAGE = 500
"""Source: Microsoft Graph v1.0, list riskyUsers: $top is at most 500."""


class Priority(IntEnum):
    """Who goes first when calls wait for a slot of the same API family. Smaller goes first."""

    CLICK = 0
    ACT = 1
    WATCH = 2
    BRIEF = 3
    DEEP = 4


class Problem(StrEnum):
    """Why Graph could not be read or written, as people are told it."""

    TOKEN_REFUSED = "the token was refused"  # noqa: S105 - a sentence
    NOT_PERMITTED = "a permission is missing"
    NO_LICENCE = "the tenant's licence does not include it"
    NOT_FOUND = "not found"
    BAD_REQUEST = "Microsoft refused the request"
    THROTTLED = "Microsoft's limit was reached"
    UNAVAILABLE = "Microsoft did not answer"
    MALFORMED = "Microsoft's answer could not be understood"


class GraphError(Exception):
    """Graph did not give what was asked, after the retries that make sense.

    `why` is for people and logs: it names the mend where there is one ("needs AuditLog.Read.All") and never holds a
    token or a payload.
    """

    def __init__(self, problem: Problem, why: str, *, status: int | None = None) -> None:
        super().__init__(why)
        self.problem = problem
        self.why = why
        self.status = status


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. read_at: microseconds UTC, taken before the request was sent."""

    items: tuple[T, ...]
    read_at: int
    dropped: int = 0
    """Entries that could not be used (no id, no user, no time), logged by the door."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from a write."""

    status: int | None
    """HTTP status; None when no answer came and the write's fate is unknown."""
    request_id: str
    """Microsoft's request-id header, for support cases; may be empty."""
    why: str
    """Microsoft's words or the transport's, for people; empty on success."""
    users: Mapping[str, "Answer"] | None = None
    """By user id, where the action is one request a user (sent together in a $batch); None where it is one for all.

    status is then that of the whole batch, and says nothing of a user.
    """

    @property
    def accepted(self) -> bool:
        """Graph took the write. That is not yet success."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - the HTTP success range


@dataclass(frozen=True, slots=True)
class DirectoryChanges:
    """One page of users/delta."""

    users: tuple[DirectoryUser, ...]
    """New or changed, whole."""
    removed: tuple[str, ...]
    """Ids of users who were deleted."""
    cursor: str
    """Where to go on: the next page's, or at the end the one for next time. Opaque, and bound to this tenant."""
    is_last: bool


class CursorExpiredError(Exception):
    """The delta's cursor is no longer good: begin anew with none."""


class Graph(Protocol):
    """One tenant's Microsoft Graph. Reads raise GraphError; every call waits for its slot."""

    def slot_seconds(self) -> float:
        """Seconds between two slots of the Identity Protection family at the present pace."""

    def detections(self, *, since: int | None, priority: Priority) -> AsyncIterator[Page[Detection]]:
        """Pages of detections with detectedDateTime >= since (microseconds UTC), in no order of time.

        Where the tenant refuses the filter, all are read and the older left out. Ends when all pages were read;
        raises GraphError when a page stays unreadable: what was yielded before stands.
        """

    def risky_users(
        self,
        *,
        changed_since: int | None = None,
        only_at_risk: bool = False,
        priority: Priority,
        page_size: int = LARGEST_PAGE,
    ) -> AsyncIterator[Page[RiskyUser]]:
        """Pages of risky users, up to 500 each: all, those at risk, or those whose risk changed since (microseconds
        UTC).
        """

    async def risky_user(self, user_id: str, *, priority: Priority) -> RiskyUser | None:
        """One risky user, or None where Graph lists none by this id."""

    def held_slot(self, priority: Priority, *, ahead: float = 0.0) -> AbstractAsyncContextManager[None]:
        """Wait for the next slot of the Identity Protection family and hold it for one send.

        So that what a write rests on is judged after the waiting, not before it. ahead: seconds that the judging
        takes; the slot may be held so long before it opens, and the send waits for it. A slot that is not used is
        given back at the end. Nothing else of that family may be read inside.
        """

    async def send(self, action: Action, user_ids: Sequence[str]) -> Answer:
        """One write for at most as many users as the action's batch holds.

        Actions on risk go out in the slot that is held. Those on the account itself (revoke sessions, require password
        change) are a $batch in the directory family and wait for its pace. Never repeated by the door, never raises
        for what Graph or the net does.
        """

    async def account_states(self, user_ids: Collection[str]) -> Mapping[str, AccountState]:
        """What the directory says now of these accounts; deleted ones are left out."""

    async def count_users(self, *, priority: Priority) -> int:
        """How many users the tenant has."""

    async def users(self, user_ids: Collection[str], *, tenant_users: int | None) -> Mapping[str, DirectoryUser]:
        """Directory entries by id, the cheaper way: by ids in batches, or whole pages. Missing ones are left out."""

    def directory_changes(self, cursor: str | None) -> AsyncIterator[DirectoryChanges]:
        """Pages of users/delta from a cursor on, or the whole directory from None.

        Raises CursorExpiredError when the cursor is too old, GraphError as every reading.
        """

    async def users_by_address(self, address: str) -> tuple[DirectoryUser, ...]:
        """Directory users whose mail or userPrincipalName is exactly this address."""

    async def domains(self) -> tuple[Domain, ...]:
        """All domains, the federated ones with their federation configuration, or why it may not be read."""

    async def registrations(self) -> RegistrationReport:
        """Who has registered what, for the whole tenant (registration report)."""

    async def roles(self) -> RoleReport:
        """Every holder of a directory role, role-assignable groups expanded where that is permitted."""

    async def access_policies(self) -> tuple[AccessPolicy, ...]:
        """The Conditional Access policies that act on user risk."""

    async def group_members(self, group_id: str) -> frozenset[str]:
        """User ids of a group, nested groups expanded."""

    def sign_ins(
        self, *, since: int, until: int | None = None, error_codes: Collection[int] = (), user_id: str | None = None
    ) -> AsyncIterator[Page[SignIn]]:
        """Interactive sign-ins from since to until (microseconds UTC), newest first, those with these errors alone.

        Several codes are read one after the other, each newest first: Graph filters by one at a time.
        """

    def audits(
        self, *, since: int, until: int | None = None, activity: str | None = None
    ) -> AsyncIterator[Page[Audit]]:
        """The directory's audit log, newest first; of one activityDisplayName alone where it is named."""

    async def microsoft_apps(self) -> tuple[MicrosoftApp, ...]:
        """The service principals of Microsoft's own apps."""

    async def announcements(self, *, since: int) -> tuple[Announcement, ...]:
        """Health issues and messages that began since (microseconds UTC)."""

    async def password_hash_sync(self) -> bool | None:
        """Whether password hashes are synchronised from on-premises; None where the tenant has no synchronisation."""

    async def staged_rollout(self) -> frozenset[str]:
        """Ids of the groups whose users sign in at Entra though their domain is federated; empty where none do."""

    async def licences(self) -> frozenset[str]:
        """Service plan ids that are enabled for the tenant (organization.assignedPlans), in lower case."""

    async def close(self) -> None:
        """Give back connections and credentials."""
