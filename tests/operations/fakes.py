"""Graph, Slack, time and a detector by hand: each keeps what it was asked and answers from tables that the test gives.

They are strict: what the ports forbid fails here, such as a write outside a slot or a read of that family inside one.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from bot.act.actions import CATALOGUE
from bot.decide.action import Action
from bot.decide.policy import Person
from bot.ports.graph import (
    LARGEST_PAGE,
    Answer,
    CursorExpiredError,
    DirectoryChanges,
    Graph,
    GraphError,
    Page,
    Priority,
)
from bot.ports.slack import Account, Click, Dialog, Posted, Slack, SlackError
from bot.ports.world import World
from bot.watch.access_policies import AccessPolicy
from bot.watch.account import AccountState
from bot.watch.announcements import Announcement, MicrosoftApp
from bot.watch.audits import Audit
from bot.watch.detector import DetectedSurge, Detector, Flag
from bot.watch.privilege import RoleReport
from bot.watch.profile import DirectoryUser, Domain
from bot.watch.registration import Registered, RegistrationReport
from bot.watch.risk import Detection, RiskyUser
from bot.watch.sign_ins import SignIn

SECOND = 1_000_000
ON_THE_ACCOUNT = frozenset({Action.REVOKE_SESSIONS, Action.REQUIRE_PASSWORD_CHANGE})
REQUESTS_IN_A_BATCH = 20
ACCEPTED = Answer(204, "request-id", "")


@dataclass
class Clock:
    """Time that stands until a test moves it, and identifiers that can be told apart."""

    at: int
    ids: int = 0

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.at / SECOND

    def new_id(self) -> str:
        self.ids += 1
        return f"{self.ids:032x}"

    def pass_(self, seconds: float) -> None:
        self.at += int(seconds * SECOND)


def takes_effect(user: RiskyUser, action: Action) -> RiskyUser:
    """The user after Microsoft carried the action out."""
    state = {Action.CONFIRM_SAFE: "confirmedSafe", Action.DISMISS_RISK: "dismissed"}.get(action, "confirmedCompromised")
    return replace(user, risk_state=state, last_updated_text="after the write")


@dataclass
class FakeGraph:
    """bot.ports.graph.Graph."""

    clock: Clock
    risky: dict[str, RiskyUser] = field(default_factory=dict)
    """The tenant's risky users, as they are now. A write takes effect here unless `effective` is off."""
    effective: bool = True
    page_size: int = 500
    detection_pages: list[Sequence[Detection] | Callable[[], Sequence[Detection]] | GraphError] = field(
        default_factory=list
    )
    """What each reading of detections yields; an error breaks it off; a function is called when its turn comes."""
    accounts: dict[str, tuple[DirectoryUser, ...]] = field(default_factory=dict)
    """By address."""
    directory: dict[str, DirectoryUser] = field(default_factory=dict)
    """The tenant's users by id, as they are now."""
    removed: tuple[str, ...] = ()
    """Users that the next reading of the delta tells as deleted."""
    expired: set[str] = field(default_factory=set)
    """Cursors of the delta that are no longer good."""
    account_states_now: dict[str, AccountState] = field(default_factory=dict)
    tenant_domains: tuple[Domain, ...] = ()
    registered: dict[str, Registered] = field(default_factory=dict)
    role_report: RoleReport = field(default_factory=lambda: RoleReport({}))
    policies: tuple[AccessPolicy, ...] = ()
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    sign_in_log: list[SignIn] = field(default_factory=list)
    audit_log: list[Audit] = field(default_factory=list)
    apps: tuple[MicrosoftApp, ...] = ()
    news: tuple[Announcement, ...] = ()
    hash_sync: bool | None = None
    rolled_out_groups: frozenset[str] = frozenset()
    plans: frozenset[str] = frozenset()
    answers: list[Answer | Callable[[], Awaitable[Answer]]] = field(default_factory=list)
    """What the next writes get, in order; 204 when none is left."""
    failing: dict[str, GraphError] = field(default_factory=dict)
    """By method: what it raises; "next_page" is any page of risky users but the first."""
    seconds: dict[str, float] = field(default_factory=dict)
    """By method: how long a call takes."""
    slot: float = 0.1
    asked: list[tuple[str, object]] = field(default_factory=list)
    unlisted: bool = False
    """No page shows anybody, as when Microsoft's own time of a change is older than ours."""
    page_sizes: list[int] = field(default_factory=list)
    """What each reading of risky users asked for."""
    sent: list[tuple[Action, tuple[str, ...]]] = field(default_factory=list)
    in_slot: bool = False
    cursors: int = 0
    _told: dict[str, dict[str, DirectoryUser]] = field(default_factory=dict)

    def _take(self, method: str, what: object = None) -> None:
        """One call of the Identity Protection family."""
        if self.in_slot:
            raise AssertionError(f"{method} was called while a slot was held for a write")
        self.asked.append((method, what))
        self.clock.pass_(self.seconds.get(method, 0))
        if method in self.failing:
            raise self.failing[method]

    def times(self, method: str) -> list[object]:
        return [what for asked, what in self.asked if asked == method]

    def slot_seconds(self) -> float:
        return self.slot

    async def detections(self, *, since: int | None, priority: Priority) -> AsyncIterator[Page[Detection]]:
        self._take("detections", (since, priority))
        read_at = self.clock.now()
        for page in list(self.detection_pages) or [()]:
            if isinstance(page, GraphError):
                raise page
            items = page() if callable(page) else page
            found = tuple(each for each in items if since is None or each.detected_at >= since)
            yield Page(found, read_at)

    async def risky_users(
        self,
        *,
        changed_since: int | None = None,
        only_at_risk: bool = False,
        priority: Priority,
        page_size: int = LARGEST_PAGE,
    ) -> AsyncIterator[Page[RiskyUser]]:
        read_at = self.clock.now()
        self._take("risky_users", (changed_since, only_at_risk))
        self.page_sizes.append(page_size)
        found = [user for _, user in sorted(self.risky.items())]
        if self.unlisted:
            found = []
        if only_at_risk:
            found = [user for user in found if user.risk_state == "atRisk"]
        for start in range(0, max(1, len(found)), self.page_size):
            if start and "next_page" in self.failing:
                raise self.failing["next_page"]
            yield Page(tuple(found[start : start + self.page_size]), read_at)

    async def risky_user(self, user_id: str, *, priority: Priority) -> RiskyUser | None:
        self._take("risky_user", user_id)
        return self.risky.get(user_id)

    @asynccontextmanager
    async def held_slot(self, priority: Priority, *, ahead: float = 0.0) -> AsyncIterator[None]:
        self._take("held_slot", priority)
        self.in_slot = True
        try:
            yield
        finally:
            self.in_slot = False

    async def send(self, action: Action, user_ids: Sequence[str]) -> Answer:
        if action in ON_THE_ACCOUNT:
            return await self._send_to_accounts(action, user_ids)
        if not self.in_slot:
            raise AssertionError("a write outside a held slot")
        if not 1 <= len(user_ids) <= CATALOGUE[action].batch_size or len(set(user_ids)) != len(user_ids):
            raise AssertionError(f"Microsoft would refuse a write for {user_ids}")
        answer = await self._next_answer(action, user_ids)
        if answer.accepted and self.effective:
            for user_id in user_ids:
                self.risky[user_id] = takes_effect(self.risky[user_id], action)
        return answer

    async def _send_to_accounts(self, action: Action, user_ids: Sequence[str]) -> Answer:
        """A $batch in the directory's family: one answer a user, unless the test gives the whole answer."""
        if not 1 <= len(user_ids) <= REQUESTS_IN_A_BATCH or len(set(user_ids)) != len(user_ids):
            raise AssertionError(f"Microsoft would refuse a batch for {user_ids}")
        answer = await self._next_answer(action, user_ids)
        if answer.accepted and answer.users is None:
            answer = replace(answer, status=200, users=dict.fromkeys(user_ids, ACCEPTED))
        for user_id, told in (answer.users or {}).items():
            if told.accepted and self.effective:
                self.account_states_now[user_id] = self._acted_on(user_id, action)
        return answer

    async def _next_answer(self, action: Action, user_ids: Sequence[str]) -> Answer:
        self.sent.append((action, tuple(user_ids)))
        answer = self.answers.pop(0) if self.answers else ACCEPTED
        return answer if isinstance(answer, Answer) else await answer()

    def _acted_on(self, user_id: str, action: Action) -> AccountState:
        now = self.clock.now()
        before = self.account_states_now.get(user_id) or AccountState(user_id, None, None, None, True, now)
        if action is Action.REVOKE_SESSIONS:
            return replace(before, sessions_valid_from=now)
        return replace(before, must_change_password=True)

    async def count_users(self, *, priority: Priority) -> int:
        self.asked.append(("count_users", priority))
        return 3_000

    def _ask(self, method: str, what: object = None) -> None:
        """One call of another family."""
        self.asked.append((method, what))
        self.clock.pass_(self.seconds.get(method, 0))
        if method in self.failing:
            raise self.failing[method]

    async def account_states(self, user_ids: Collection[str]) -> Mapping[str, AccountState]:
        self._ask("account_states", tuple(user_ids))
        now, read_at = self.account_states_now, self.clock.now()
        return {user_id: replace(now[user_id], read_at=read_at) for user_id in user_ids if user_id in now}

    async def users(self, user_ids: Collection[str], *, tenant_users: int | None) -> Mapping[str, DirectoryUser]:
        self._ask("users", tuple(user_ids))
        return {user_id: self.directory[user_id] for user_id in user_ids if user_id in self.directory}

    async def directory_changes(self, cursor: str | None) -> AsyncIterator[DirectoryChanges]:
        """The whole directory from None; then only what `directory` holds that is new or differs."""
        self._ask("directory_changes", cursor)
        if cursor in self.expired:
            raise CursorExpiredError
        known = {} if cursor is None else self._told.get(cursor, {})
        changed = [user for user_id, user in sorted(self.directory.items()) if known.get(user_id) != user]
        gone = tuple(sorted({*self.removed, *(set(known) - set(self.directory))}))
        self.cursors += 1
        last = f"cursor-{self.cursors}"
        self._told[last] = dict(self.directory)
        for start in range(0, max(1, len(changed)), self.page_size):
            is_last = start + self.page_size >= len(changed)
            yield DirectoryChanges(
                users=tuple(changed[start : start + self.page_size]),
                removed=gone if is_last else (),
                cursor=last if is_last else f"page-{start}",
                is_last=is_last,
            )

    async def users_by_address(self, address: str) -> tuple[DirectoryUser, ...]:
        self._ask("users_by_address", address)
        return self.accounts.get(address, ())

    async def domains(self) -> tuple[Domain, ...]:
        self._ask("domains")
        return self.tenant_domains

    async def registrations(self) -> RegistrationReport:
        self._ask("registrations")
        return RegistrationReport(self.registered.items())

    async def roles(self) -> RoleReport:
        self._ask("roles")
        return self.role_report

    async def access_policies(self) -> tuple[AccessPolicy, ...]:
        self._take("access_policies")
        return self.policies

    async def group_members(self, group_id: str) -> frozenset[str]:
        self._ask("group_members", group_id)
        return self.groups.get(group_id, frozenset())

    async def sign_ins(
        self, *, since: int, until: int | None = None, error_codes: Collection[int] = (), user_id: str | None = None
    ) -> AsyncIterator[Page[SignIn]]:
        read_at = self.clock.now()
        self._ask("sign_ins", (since, until, frozenset(error_codes), user_id))
        found = sorted(
            (
                each
                for each in self.sign_in_log
                if each.at >= since
                and (until is None or each.at <= until)
                and (not error_codes or each.error_code in error_codes)
                and (user_id is None or each.user_id == user_id)
            ),
            key=lambda each: -each.at,
        )
        for start in range(0, max(1, len(found)), self.page_size):
            yield Page(tuple(found[start : start + self.page_size]), read_at)

    async def audits(
        self, *, since: int, until: int | None = None, activity: str | None = None
    ) -> AsyncIterator[Page[Audit]]:
        read_at = self.clock.now()
        self._ask("audits", (since, until, activity))
        found = [
            each
            for each in sorted(self.audit_log, key=lambda each: -each.at)
            if each.at >= since
            and (until is None or each.at <= until)
            and (activity is None or each.activity == activity)
        ]
        for start in range(0, max(1, len(found)), self.page_size):
            yield Page(tuple(found[start : start + self.page_size]), read_at)

    async def microsoft_apps(self) -> tuple[MicrosoftApp, ...]:
        self._ask("microsoft_apps")
        return self.apps

    async def announcements(self, *, since: int) -> tuple[Announcement, ...]:
        self._ask("announcements", since)
        return tuple(each for each in self.news if each.started_at >= since)

    async def password_hash_sync(self) -> bool | None:
        self._ask("password_hash_sync")
        return self.hash_sync

    async def staged_rollout(self) -> frozenset[str]:
        self._ask("staged_rollout")
        return self.rolled_out_groups

    async def licences(self) -> frozenset[str]:
        self._ask("licences")
        return self.plans

    async def close(self) -> None:
        self.asked.append(("close", None))


@dataclass
class FakeSlack:
    """bot.ports.slack.Slack."""

    people: dict[str, Person] = field(default_factory=dict)
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    failing: dict[str, SlackError] = field(default_factory=dict)
    answered: list[tuple[str, str]] = field(default_factory=list)
    """Who was answered what, in private."""
    dialogs: list[Dialog] = field(default_factory=list)
    """What was filled into opened dialogs."""
    opened: list[str] = field(default_factory=list)
    posted: list[Account] = field(default_factory=list)
    shared_outside: set[str] = field(default_factory=set)

    def _take(self, method: str) -> None:
        if method in self.failing:
            raise self.failing[method]

    async def post(self, account: Account, *, channel: str, thread_ts: str | None, card_id: str) -> Posted:
        self._take("post")
        self.posted.append(account)
        return Posted(channel, f"{len(self.posted)}.0")

    async def update(self, account: Account, posted: Posted) -> None:
        self._take("update")
        self.posted.append(account)

    async def find(self, *, channel: str, card_id: str, since: int, thread_ts: str | None) -> Posted | None:
        self._take("find")
        return None

    async def answer(self, click: Click, text: str) -> None:
        self._take("answer")
        self.answered.append((click.user_id, text))

    async def open_dialog(self, trigger_id: str) -> str:
        self._take("open_dialog")
        self.opened.append(trigger_id)
        return f"view-{trigger_id}"

    async def fill_dialog(self, view_id: str, dialog: Dialog) -> None:
        self._take("fill_dialog")
        if view_id.removeprefix("view-") not in self.opened:
            raise AssertionError("a dialog that was never opened")
        self.dialogs.append(dialog)

    async def person(self, user_id: str) -> Person | None:
        self._take("person")
        return self.people.get(user_id)

    async def members(self, group_ids: Sequence[str]) -> frozenset[str]:
        self._take("members")
        return frozenset[str]().union(*(self.groups.get(each, frozenset()) for each in group_ids))

    async def is_shared_outside(self, channel: str) -> bool:
        self._take("is_shared_outside")
        return channel in self.shared_outside

    async def permalink(self, posted: Posted) -> str:
        self._take("permalink")
        return f"https://slack.example/{posted.channel}/{posted.ts}"


@dataclass
class FakeDetector:
    """bot.watch.detector.Detector: it sees what the test says, once somebody was flagged."""

    detected_surges: tuple[DetectedSurge, ...] = ()
    observed: list[Flag] = field(default_factory=list)
    resumed: list[DetectedSurge] = field(default_factory=list)
    forgiven: list[tuple[str, int]] = field(default_factory=list)
    sizes: list[int | None] = field(default_factory=list)

    def resume(self, detected_surges: Iterable[DetectedSurge]) -> None:
        self.resumed.extend(detected_surges)

    def observe(self, flags: Iterable[Flag]) -> None:
        self.observed.extend(flags)

    def forgive(self, user_id: str, cleared_at: int) -> None:
        self.forgiven.append((user_id, cleared_at))

    def resize(self, tenant_users: int | None) -> None:
        self.sizes.append(tenant_users)

    def scan(self, now: int) -> tuple[DetectedSurge, ...]:
        return self.detected_surges


def _keep_their_contracts(clock: Clock, graph: FakeGraph, slack: FakeSlack, detector: FakeDetector) -> None:
    """For mypy: a fake that leaves a port's contract is an error here."""
    _world: World = clock
    _graph: Graph = graph
    _slack: Slack = slack
    _detector: Detector = detector
