"""Clicks: committed first, acknowledged, then carried out; and carried out later if the process died in between."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping

import msgspec
import structlog

from bot.decide.refusal import Refusal, Refused, explain
from bot.decide.request import Verdict
from bot.operations.approving.ask_again import ask_again
from bot.operations.approving.cast_vote import cast_vote
from bot.operations.approving.host_answer import finish_click
from bot.operations.approving.open_approval import press_approve
from bot.operations.approving.request_remediation import field_errors, open_request, submit_request
from bot.operations.approving.withdraw_request import withdraw_request
from bot.operations.bells import Bell
from bot.operations.delivering.acknowledge_surge import acknowledge_surge
from bot.operations.delivering.refuse_click import refuse_click
from bot.operations.delivering.show_details import show_details
from bot.operations.running.steer_run import hold_up_run, resume_run
from bot.operations.tenant import Tenant
from bot.ports.presses import PRESSES, Form
from bot.ports.slack import Click, ClickKind, Slack, SlackError
from bot.ports.world import World
from bot.store.clicks import KeptClick
from bot.store.database import Database
from bot.store.transaction import Transaction

SECOND = 1_000_000
LEFT_ALONE_FOR = 10 * SECOND
"""A click that is being carried out is not swept up before this."""
MOST_ATTEMPTS = 8
LOOKS_FOR_A_CARD = 20
LOOK_EVERY_SECONDS = 0.1
DIALOG_LIVES_FOR = 3 * SECOND

USE_CASES: dict[ClickKind, Callable[[Tenant, Click], Awaitable[Refused | None]]] = {
    ClickKind.OPEN_REQUEST: open_request,
    ClickKind.SUBMIT_REQUEST: submit_request,
    ClickKind.ACKNOWLEDGE: acknowledge_surge,
    ClickKind.SNOOZE: acknowledge_surge,
    ClickKind.DETAILS: show_details,
    ClickKind.APPROVE: press_approve,
    ClickKind.SUBMIT_APPROVAL: functools.partial(cast_vote, verdict=Verdict.APPROVE),
    ClickKind.REJECT: functools.partial(cast_vote, verdict=Verdict.REJECT),
    ClickKind.WITHDRAW: withdraw_request,
    ClickKind.ASK_AGAIN: ask_again,
    ClickKind.PAUSE: hold_up_run,
    ClickKind.RESUME: resume_run,
    ClickKind.SUBMIT_GOING_ON: resume_run,
    ClickKind.STOP: hold_up_run,
    ClickKind.CHOOSE_ACTION: open_request,
    ClickKind.OPEN_RELEASE: open_request,
    ClickKind.SUBMIT_RELEASE: submit_request,
    ClickKind.OPEN_RECOVERY: open_request,
    ClickKind.SUBMIT_RECOVERY: submit_request,
    ClickKind.OPEN_WAY_BACK: open_request,
    ClickKind.SUBMIT_WAY_BACK: submit_request,
}
"""What each press that is about something leads to. What else is declared of it stands in bot/ports/presses.py."""

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
        self._fresh: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def field_errors(self, click: Click) -> Mapping[str, str]:
        """What is wrong with a submitted request, from the store alone."""
        tenant = await self._tenant_of(click)
        if tenant is None:
            return {"action": explain(Refusal.OUT_OF_DATE)}
        return await self._store.look(lambda tx: field_errors(tx, tenant, click))

    async def take(self, click: Click) -> None:
        """Commit the click; a known key changes nothing. It is left alone for a while by the sweep."""
        click = _from_outside(click)
        now = self._world.now()

        def keep(tx: Transaction) -> tuple[bool, bool]:
            press = PRESSES[click.kind]
            tenant_id = tx.cards.tenant_of(press.subject, click.subject_id) if press.subject else None
            is_ours = not press.asks_microsoft or self._does_work_of(tenant_id)
            try_at = now + LEFT_ALONE_FOR if is_ours else now
            return tx.clicks.add_click(tenant_id or "", click, now, try_at=try_at), is_ours

        is_new, is_ours = await self._store.transact(keep)
        if is_new and is_ours:
            self._fresh.add(click.key)
        elif is_new:
            self._bell.set()

    def _does_work_of(self, tenant_id: str | None) -> bool:
        """Whether this process does the tenant's work; what belongs to no tenant is anybody's."""
        tenant = self._tenants.get(tenant_id or "")
        return tenant is None or tenant.hold is not None

    def carry_out_soon(self, click: Click) -> None:
        """Hand over to a task of its own; the same click delivered again is not carried out again."""
        if click.key not in self._fresh:
            return
        click = _from_outside(click)
        self._fresh.discard(click.key)
        task = asyncio.get_running_loop().create_task(self._carry_out(KeptClick(click, self._world.now(), 0)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def sweep(self, *, ahead: int = 0) -> None:
        """Carry out what waits for us, or was left behind by a process that died or an outage.

        Only for tenants whose work is done here; also what is due `ahead` microseconds on.
        """
        now = self._world.now() + ahead
        for kept in await self._store.look(lambda tx: tx.clicks.undone_clicks(now)):
            tenant = await self._tenant_of(kept.click)
            if self._does_work_of(tenant.id if tenant else None):
                await self._carry_out(kept)

    async def drain(self) -> None:
        """Wait for what is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _tenant_of(self, click: Click) -> Tenant | None:
        subject = PRESSES[click.kind].subject
        if subject is None:
            return None
        tenant_id = await self._store.look(lambda tx: tx.cards.tenant_of(subject, click.subject_id))
        return self._tenants.get(tenant_id) if tenant_id else None

    async def _carry_out(self, kept: KeptClick) -> None:
        click = kept.click
        try:
            if await self._store.look(lambda tx: tx.clicks.is_done(click.key)):
                return
            tenant = await self._tenant_of(click)
            if tenant is None:
                await self._dismiss(click, Refusal.OUT_OF_DATE)
            elif self._is_too_late(kept):
                await self._dismiss(click, Refusal.TRY_AGAIN, "the bot was restarted before the dialog could open")
            else:
                await self._card_on_record(tenant, click)
                refused = await USE_CASES[click.kind](tenant, click)
                if refused is not None:
                    await refuse_click(tenant, click, refused)
        except Exception as problem:  # noqa: BLE001 - whatever happens to one click, it is tried again and the rest go on
            await self._put_off(kept, problem)

    async def _card_on_record(self, tenant: Tenant, click: Click) -> None:
        """Wait a moment for a card that was posted just now: somebody may press before we have written down where."""
        subject = PRESSES[click.kind].subject
        if subject is None or not click.message_ts:
            return

        def is_being_posted(tx: Transaction) -> bool:
            if tx.cards.is_at(subject, click.subject_id, click.channel, click.message_ts):
                return False
            return tx.cards.is_being_posted(tenant.id, subject, click.subject_id)

        for _ in range(LOOKS_FOR_A_CARD):
            if not await self._store.look(is_being_posted):
                return
            await asyncio.sleep(LOOK_EVERY_SECONDS)

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
        again = self._world.now() + LEFT_ALONE_FOR * min(2**attempts, 30) if attempts < MOST_ATTEMPTS else None
        log.warning(
            "click_not_carried_out", kind=kept.click.kind.value, why=why, attempt=attempts, exc_info=again is None
        )
        try:
            await self._store.transact(lambda tx: tx.clicks.fail_click(kept.click.key, why, again))
        except Exception:  # noqa: BLE001 - the row still stands as undone: the sweep finds it when the database is back
            log.warning("click_not_put_off", kind=kept.click.kind.value)


def _from_outside(click: Click) -> Click:
    """What Slack brings was never made on the host, whatever it says of itself."""
    return msgspec.structs.replace(click, is_from_host=False)
