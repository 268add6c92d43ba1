"""Clicks: committed first, acknowledged, then carried out; and carried out later if the process died in between."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from bot.decide.refusal import Refusal, Refused, explain
from bot.operations.approving.host_answer import finish_click
from bot.operations.approving.request_remediation import field_errors
from bot.operations.bells import Bell
from bot.operations.delivering.refuse_click import refuse_click
from bot.operations.delivering.use_cases import USE_CASES
from bot.operations.tenant import Tenant
from bot.ports.backoff import wait_after
from bot.ports.presses import PRESSES, Form
from bot.ports.slack import Click, Slack, SlackError
from bot.ports.world import World
from bot.store.clicks import KeptClick
from bot.store.database import Database
from bot.store.transaction import Transaction
from bot.watch.durations import MINUTE, SECOND

LEFT_ALONE_FOR = 10 * SECOND
"""A click that is being carried out is not swept up before this."""
FIRST_PAUSE, LONGEST_PAUSE = 20 * SECOND, 5 * MINUTE
MOST_ATTEMPTS = 8
LOOKS_FOR_A_CARD = 20
LOOK_EVERY_SECONDS = 0.1
DIALOG_LIVES_FOR = 3 * SECOND

log = structlog.get_logger()


class Inbox:
    """bot.ports.slack.ClickInbox over the store, for all tenants of this process."""

    def __init__(
        self, *, store: Database, slack: Slack, world: World, tenants: Mapping[str, Tenant], bell: Bell | None = None
    ) -> None:
        """bell: rung when a click waits for another process."""
        self._store = store
        self._slack = slack
        self._world = world
        self._tenants = tenants
        self._bell = bell or Bell()
        self._fresh: dict[str, Click] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def field_errors(self, click: Click) -> Mapping[str, str]:
        """What is wrong with a submitted request, from the store alone."""

        def look(tx: Transaction) -> Mapping[str, str]:
            tenant = self._tenants.get(_tenant_of(tx, click))
            return field_errors(tx, tenant, click) if tenant else {"action": explain(Refusal.OUT_OF_DATE)}

        return await self._store.look(look)

    async def take(self, click: Click) -> None:
        """Commit the click; a known key changes nothing. It is left alone for a while by the sweep."""
        click = msgspec.structs.replace(click, is_from_host=False)  # whatever it says of itself: it came from outside
        now = self._world.now()

        def keep(tx: Transaction) -> tuple[bool, bool]:
            tenant_id = _tenant_of(tx, click)
            is_ours = not PRESSES[click.kind].asks_microsoft or self._does_work_of(tenant_id)
            try_at = now + LEFT_ALONE_FOR if is_ours else now
            return tx.clicks.add_click(tenant_id, click, now, try_at=try_at), is_ours

        is_new, is_ours = await self._store.transact(keep)
        if is_new and is_ours:
            self._fresh[click.key] = click
        elif is_new:
            self._bell.set()

    def _does_work_of(self, tenant_id: str) -> bool:
        """Whether this process does the tenant's work; what belongs to no tenant is anybody's."""
        tenant = self._tenants.get(tenant_id)
        return tenant is None or tenant.work.hold is not None

    def carry_out_soon(self, click: Click) -> None:
        """Hand over to a task of its own; the same click delivered again is not carried out again."""
        kept = self._fresh.pop(click.key, None)
        if kept is None:
            return
        task = asyncio.get_running_loop().create_task(self._carry_out(KeptClick(kept, self._world.now(), 0)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def sweep(self, *, ahead: int = 0) -> None:
        """Carry out what waits for us, or was left behind by a process that died or an outage.

        Only for tenants whose work is done here; also what is due `ahead` microseconds on.
        """
        now = self._world.now() + ahead

        def due(tx: Transaction) -> list[tuple[KeptClick, str]]:
            return [(kept, _tenant_of(tx, kept.click)) for kept in tx.clicks.undone_clicks(now)]

        for kept, tenant_id in await self._store.look(due):
            if self._does_work_of(tenant_id):
                await self._carry_out(kept)

    async def drain(self) -> None:
        """Wait for what is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry_out(self, kept: KeptClick) -> None:
        click = kept.click
        try:
            found = await self._look_at(click)
            if found is None:
                return
            if found.tenant is None:
                await self._dismiss(click, Refusal.OUT_OF_DATE)
            elif self._is_too_late(kept):
                await self._dismiss(click, Refusal.TRY_AGAIN, "the bot was restarted before the dialog could open")
            else:
                seen = found.by_the_use_case
                act = USE_CASES[click.kind].act
                refused = seen if isinstance(seen, Refused) else await act(found.tenant, click, seen)
                if refused is not None:
                    await refuse_click(found.tenant, click, refused)
        except Exception as problem:  # noqa: BLE001 - whatever happens to one click, it is tried again and the rest go on
            await self._put_off(kept, problem)

    async def _look_at(self, click: Click) -> "_Found | None":
        """All that the tables say of a click, in one look; None where it is done.

        Waits a moment for a card that was posted just now: somebody may press before we have written down where.
        """
        found = await self._store.look(lambda tx: self._find(tx, click))
        for _ in range(LOOKS_FOR_A_CARD):
            if found is None or not found.is_being_posted:
                break
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            found = await self._store.look(lambda tx: self._find(tx, click))
        return found

    def _find(self, tx: Transaction, click: Click) -> "_Found | None":
        if tx.clicks.is_done(click.key):
            return None
        tenant, subject = self._tenants.get(_tenant_of(tx, click)), PRESSES[click.kind].subject
        if tenant is None or subject is None:
            return _Found(None)
        is_being_posted = (
            bool(click.message_ts)
            and not tx.cards.is_at(subject, click.subject_id, click.channel, click.message_ts)
            and tx.cards.is_being_posted(tenant.id, subject, click.subject_id)
        )
        return _Found(tenant, USE_CASES[click.kind].look(tx, tenant, click), is_being_posted=is_being_posted)

    def _is_too_late(self, kept: KeptClick) -> bool:
        """A trigger lives three seconds; a dialog that stands already waits."""
        opens = PRESSES[kept.click.kind].form is Form.OPENER and not kept.click.view_id
        return opens and self._world.now() > kept.taken_at + DIALOG_LIVES_FOR

    async def _dismiss(self, click: Click, refusal: Refusal, detail: str = "") -> None:
        text = explain(refusal, detail)
        if not click.is_from_host:
            await self._slack.answer(click, text)
        await self._store.transact(lambda tx: finish_click(tx, click, self._world.now(), text, is_refused=True))

    async def _put_off(self, kept: KeptClick, problem: Exception) -> None:
        why = problem.code if isinstance(problem, SlackError) else type(problem).__name__
        attempts = kept.attempts + 1
        pause = wait_after(attempts, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
        again = self._world.now() + pause if attempts < MOST_ATTEMPTS else None
        log.warning(
            "click_not_carried_out", kind=kept.click.kind.value, why=why, attempt=attempts, exc_info=again is None
        )
        try:
            await self._store.transact(lambda tx: tx.clicks.fail_click(kept.click.key, why, again))
        except Exception:  # noqa: BLE001 - the row still stands as undone: the sweep finds it when the database is back
            log.warning("click_not_put_off", kind=kept.click.kind.value)


@dataclass(frozen=True, slots=True)
class _Found:
    """What one look at the tables found for a click."""

    tenant: Tenant | None
    """None: it is about nothing of a tenant that is served here."""
    by_the_use_case: Any = None
    """What the look of its use case found, or why that refuses it."""
    is_being_posted: bool = False
    """The card that it may have come from was posted just now, and is not on record yet."""


def _tenant_of(tx: Transaction, click: Click) -> str:
    """The id of the tenant that a click is about; empty where it is about nothing that is known."""
    subject = PRESSES[click.kind].subject
    return tx.cards.tenant_of(subject, click.subject_id) or "" if subject else ""
