"""Bring every card up to what the tables say. The database comes first, the message second.

A card is rendered at the moment of sending, so that after an outage it shows the present; nothing is replayed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.operations.delivering.account_for import account_for_card
from bot.ports.backoff import wait_after
from bot.ports.slack import Account, Posted, Slack, SlackError
from bot.ports.world import World
from bot.store.cards import Card, CardSubject
from bot.store.database import Database
from bot.store.leases import Hold, LeaseLostError
from bot.store.transaction import Transaction
from bot.watch.durations import MINUTE, SECOND

BETWEEN_UPDATES = 3 * SECOND
LONGEST_PAUSE = MINUTE
IDLE_LOOK = 5 * SECOND
_TO_A_PERSON = {CardSubject.CALL, CardSubject.REMINDER}
"""Direct messages: they stand in no thread, and carry a link to the request's card."""

log = structlog.get_logger()


@dataclass(slots=True)
class Sender:
    """Sends the cards of a workspace, under its lease."""

    store: Database
    slack: Slack
    world: World
    holder: Callable[[], Hold | None]
    """Gives the proof of the sender's lease."""
    shown: dict[str, Account] = field(default_factory=dict)
    """What each card showed last, so that an unchanged one is not sent again."""

    async def send_due(self) -> int:
        """Send what is due; when to look again (microseconds UTC) unless the bell rings before."""
        now = self.world.now()
        for card in await self.store.look(lambda tx: tx.cards.due_cards(now)):
            await self._send(card)
        later = await self.store.look(lambda tx: tx.cards.next_card_due())
        now = self.world.now()
        return now + IDLE_LOOK if later is None else max(now + SECOND // 10, min(later, now + IDLE_LOOK))

    async def _send(self, card: Card) -> None:
        try:
            if card.posted is None:
                await self._post(card)
            else:
                await self._update(card, card.posted)
        except SlackError as problem:
            pause = wait_after(card.attempts + 1, first=SECOND, longest=LONGEST_PAUSE)
            if problem.retry_after is not None:
                pause = int(problem.retry_after * SECOND)
            log.warning("card_not_sent", subject=card.subject.value, code=problem.code, attempt=card.attempts + 1)
            await self._fail(card, problem.code, pause, fate_unknown=problem.fate_unknown)
        except LeaseLostError:
            raise
        except Exception as problem:  # one card that can't be made must not keep the others from being sent
            log.exception("card_not_made", subject=card.subject.value, attempt=card.attempts + 1)
            await self._fail(card, type(problem).__name__, LONGEST_PAUSE, fate_unknown=True)

    async def _fail(self, card: Card, why: str, pause: int, *, fate_unknown: bool) -> None:
        try_at = self.world.now() + pause
        await self._transact(lambda tx: tx.cards.set_failed(card, why, try_at=try_at, fate_unknown=fate_unknown))

    async def _transact(self, work: Callable[[Transaction], None]) -> None:
        hold = self.holder()
        if hold is None:
            raise LeaseLostError("slack-sender")

        def fenced(tx: Transaction) -> None:
            tx.leases.require_lease(hold)
            work(tx)

        await self.store.transact(fenced)

    async def _account(self, card: Card, link: str = "") -> tuple[Account | None, int]:
        """What the card is to show now, and which wish that fulfils."""

        def load(tx: Transaction) -> tuple[Account | None, int]:
            fresh = tx.cards.card_by_id(card.tenant_id, card.id) or card
            return account_for_card(tx, card, now=self.world.now(), link=link), fresh.wanted

        return await self.store.look(load)

    async def _post(self, card: Card) -> None:
        parent: Card | None = None
        if card.parent_id is not None:
            parent_id = card.parent_id
            parent = await self.store.look(lambda tx: tx.cards.card_by_id(card.tenant_id, parent_id))
            if parent is None or parent.posted is None:
                return  # its turn comes when the parent stands
        is_private = card.subject in _TO_A_PERSON
        thread_ts = parent.posted.ts if parent and parent.posted and not is_private else None
        account, wanted = await self._account(card, await self._link(card, parent))
        if account is None:
            await self._transact(lambda tx: tx.cards.set_shown(card, wanted, not_before=0))
            return
        posted: Posted | None = None
        if card.posting_since is not None:
            posted = await self.slack.find(
                channel=card.channel, card_id=card.id, since=card.posting_since, thread_ts=thread_ts
            )
            wanted = card.shown if posted else wanted
        if posted is None:
            began = self.world.now()
            await self._transact(lambda tx: tx.cards.begin_posting(card, began))
            posted = await self.slack.post(account, channel=card.channel, thread_ts=thread_ts, card_id=card.id)
            self.shown[card.id] = account
        stands = posted
        await self._transact(lambda tx: tx.cards.set_posted(card, stands, wanted))
        log.info("card_posted", subject=card.subject.value)

    async def _update(self, card: Card, posted: Posted) -> None:
        account, wanted = await self._account(card, await self._link(card, None))
        if account is not None and self.shown.get(card.id) != account:
            await self.slack.update(account, posted)
            self.shown[card.id] = account
        not_before = self.world.now() + BETWEEN_UPDATES
        await self._transact(lambda tx: tx.cards.set_shown(card, wanted, not_before=not_before))

    async def _link(self, card: Card, parent: Card | None) -> str:
        """A call carries a link to the request's card."""
        if card.subject not in _TO_A_PERSON:
            return ""
        if parent is None and card.parent_id is not None:
            parent_id = card.parent_id
            parent = await self.store.look(lambda tx: tx.cards.card_by_id(card.tenant_id, parent_id))
        if parent is None or parent.posted is None:
            return ""
        try:
            return await self.slack.permalink(parent.posted)
        except SlackError:
            return ""
