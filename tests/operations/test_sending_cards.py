"""Cards are brought up to what the tables say, and one that can't be made does not hold up the others."""

from bot.operations.delivering.send_cards import Sender
from bot.record.account import SurgeAccount
from bot.store.cards import CardSubject
from tests.values import TENANT


async def test_a_card_that_can_not_be_made_does_not_keep_the_others_from_being_sent(scene):
    scene.flag("ada", "bob")
    request = await scene.ask()
    scene.stand(CardSubject.SURGE, request.surge_id)
    scene.look(lambda tx: tx.cards.want_update(TENANT, CardSubject.SURGE, request.surge_id))
    hold = scene.look(lambda tx: tx.leases.claim_lease("slack-sender", "test", 60))
    post = scene.slack.post

    async def fails_for_calls(account, **where):
        if where["channel"] != "C1":
            raise KeyError("a card that can't be made")
        return await post(account, **where)

    scene.slack.post = fails_for_calls
    sender = Sender(store=scene.store, slack=scene.slack, world=scene.clock, holder=lambda: hold)
    await sender.send_due()
    cards = scene.look(lambda tx: tx.cards.cards_of(TENANT, CardSubject.REQUEST, request.id))
    assert all(card.posted for card in cards)
    assert any(isinstance(account, SurgeAccount) for account in scene.slack.posted)
    await sender.send_due()
    calls = scene.look(lambda tx: tx.cards.cards_of(TENANT, CardSubject.CALL, request.id))
    assert calls
    assert all(card.posted is None and card.attempts == 1 for card in calls)
