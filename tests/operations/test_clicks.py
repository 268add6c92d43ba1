"""Clicks: committed, carried out once, and swept up after a death."""

import asyncio

import pytest

from bot.decide.refusal import Refusal, explain
from bot.decide.request import RequestState
from bot.operations.delivering.carry_out_click import LEFT_ALONE_FOR, MOST_ATTEMPTS
from bot.ports.slack import ClickKind, DetailsDialog, Posted, SlackError
from bot.record.ledger import Event
from bot.store.cards import CardSubject
from tests.values import SECOND, SURGE, TENANT, person

APPROVE = ClickKind.APPROVE


@pytest.fixture
async def asked(scene):
    scene.flag("ada")
    return await scene.ask()


async def test_a_click_delivered_twice_is_carried_out_once(scene, asked):
    click = scene.click(APPROVE, "UBEN", asked.id)
    await scene.carry_out(click)
    await scene.carry_out(click)
    await scene.inbox.sweep()
    assert scene.votes(asked) == ["UBEN"]
    assert scene.slack.answered == []
    assert len(scene.written(Event.REQUEST_VOTED)) == 1


async def test_a_refused_click_delivered_twice_in_a_row_is_answered_once(scene, asked):
    click = scene.click(APPROVE, "UANNA", asked.id)
    await scene.carry_out(click, click)
    assert scene.refusals() == [("UANNA", Refusal.OWN_REQUEST)]
    assert len(scene.slack.answered) == 1


async def test_a_click_delivered_to_two_replicas_at_once_counts_once(scene, asked):
    click = scene.click(APPROVE, "UBEN", asked.id)
    inboxes = [scene.new_inbox(), scene.new_inbox()]
    await asyncio.gather(*(inbox.take(click) for inbox in inboxes))
    for inbox in inboxes:
        inbox.carry_out_soon(click)
    await asyncio.gather(*(inbox.drain() for inbox in inboxes))
    assert (scene.votes(asked), scene.slack.answered) == (["UBEN"], [])


async def test_a_click_whose_process_died_before_it_was_carried_out_is_swept_up(scene, asked):
    click = scene.click(APPROVE, "UBEN", asked.id)
    await scene.inbox.take(click)
    after_restart = scene.new_inbox()
    await after_restart.sweep()
    assert scene.votes(asked) == []
    scene.clock.at += LEFT_ALONE_FOR
    await after_restart.sweep()
    await after_restart.sweep()
    assert scene.votes(asked) == ["UBEN"]
    assert scene.is_done(click)


async def test_a_click_that_was_swept_up_twice_at_once_counts_once(scene, asked):
    await scene.inbox.take(scene.click(APPROVE, "UBEN", asked.id))
    scene.clock.at += LEFT_ALONE_FOR
    await asyncio.gather(scene.new_inbox().sweep(), scene.new_inbox().sweep())
    assert scene.votes(asked) == ["UBEN"]
    assert len(scene.written(Event.RUN_QUEUED)) == 1


async def test_a_click_that_two_carry_out_side_by_side_is_not_refused_for_its_own_vote(scene, asked):
    await scene.inbox.take(scene.click(APPROVE, "UBEN", asked.id))
    scene.clock.at += LEFT_ALONE_FOR
    both_have_judged, read = asyncio.Barrier(2), scene.graph.users_by_address

    async def wait_for_the_other(address):
        found = await read(address)
        await both_have_judged.wait()
        return found

    scene.graph.users_by_address = wait_for_the_other
    await asyncio.gather(scene.new_inbox().sweep(), scene.new_inbox().sweep())
    assert (scene.votes(asked), scene.slack.answered) == (["UBEN"], [])


async def test_a_swept_up_click_on_an_expired_request_is_answered(scene, asked):
    await scene.inbox.take(scene.click(APPROVE, "UBEN", asked.id))
    scene.clock.at = asked.expires_at
    await scene.new_inbox().sweep()
    assert scene.request(asked).state is RequestState.PENDING
    assert scene.refusals() == [("UBEN", Refusal.EXPIRED)]


async def test_a_click_that_could_not_be_answered_is_tried_again(scene, asked):
    scene.slack.failing["answer"] = SlackError("service_unavailable")
    click = await scene.press(APPROVE, "UANNA", asked.id)
    assert not scene.is_done(click)
    del scene.slack.failing["answer"]
    scene.clock.pass_(20)
    await scene.inbox.sweep()
    assert len(scene.slack.answered) == 1
    assert scene.refusals() == [("UANNA", Refusal.OWN_REQUEST)]
    assert scene.is_done(click)


async def test_a_click_that_never_succeeds_is_not_tried_for_ever_and_the_rest_go_on(scene, asked):
    scene.slack.failing["answer"] = SlackError("channel_not_found")
    await scene.press(APPROVE, "UANNA", asked.id)
    for _ in range(MOST_ATTEMPTS + 3):
        scene.clock.pass_(400)
        await scene.inbox.sweep()
    assert scene.look(lambda tx: tx.clicks.undone_clicks(scene.clock.now() * 2)) == ()
    await scene.press(ClickKind.REJECT, "UCARA", asked.id)
    assert scene.request(asked).state is RequestState.REJECTED


async def test_a_dialog_is_not_opened_long_after_the_press(scene):
    scene.flag("ada")
    await scene.inbox.take(scene.click(ClickKind.OPEN_REQUEST, "UANNA"))
    scene.clock.pass_(60)
    await scene.new_inbox().sweep()
    assert scene.slack.opened == []
    ((who, words),) = scene.slack.answered
    assert who == "UANNA"
    assert "press again" in words


async def test_a_message_that_is_out_of_date_is_answered(scene):
    click = await scene.press(ClickKind.OUT_OF_DATE, "UANNA", at=Posted("C1", "1.1"))
    assert scene.slack.answered == [("UANNA", explain(Refusal.OUT_OF_DATE))]
    assert scene.is_done(click)


async def test_a_click_on_something_of_no_tenant_here_is_answered(scene):
    click = await scene.press(ClickKind.ACKNOWLEDGE, "UANNA", "0" * 32, at=Posted("C1", "1.1"))
    assert scene.slack.answered == [("UANNA", explain(Refusal.OUT_OF_DATE))]
    assert scene.is_done(click)


@pytest.mark.parametrize(
    ("kind", "event"),
    [(ClickKind.ACKNOWLEDGE, Event.SURGE_ACKNOWLEDGED), (ClickKind.SNOOZE, Event.SURGE_SNOOZED)],
)
async def test_who_has_seen_a_surge_stands_on_its_card_and_in_the_ledger(scene, kind, event):
    scene.flag("ada")
    await scene.press(kind, "UCARA")
    surge = scene.look(lambda tx: tx.surges.surge_by_id(TENANT, SURGE))
    seen = surge.acknowledged_by if kind is ClickKind.ACKNOWLEDGE else surge.snoozed_by
    assert seen == "UCARA"
    assert [actor for _, actor, _ in scene.written(event)] == ["UCARA"]
    assert (CardSubject.SURGE, "C1") in scene.due_cards()


async def test_who_may_neither_ask_nor_sign_can_not_snooze(scene):
    scene.flag("ada")
    await scene.press(ClickKind.SNOOZE, "UDORA")
    assert scene.look(lambda tx: tx.surges.surge_by_id(TENANT, SURGE)).snoozed_by is None
    assert scene.refusals() == [("UDORA", Refusal.NOT_A_REQUESTER)]


async def test_any_full_member_may_look_at_the_details_and_no_guest(scene):
    scene.flag("ada")
    await scene.press(ClickKind.DETAILS, "UDORA")
    assert isinstance(scene.slack.dialogs[-1], DetailsDialog)
    scene.slack.people["UDORA"] = person("UDORA", is_guest=True)
    await scene.press(ClickKind.DETAILS, "UDORA")
    assert scene.refusals() == [("UDORA", Refusal.GUEST)]


async def test_what_was_taken_is_handed_over_at_once_and_a_sweep_leaves_it_alone(scene, asked):
    """The sweep that comes by while a fresh click is on its way must not carry it out beside its task."""
    click = scene.click(APPROVE, "UANNA", asked.id)
    await scene.inbox.take(click)
    await scene.inbox.sweep()
    assert scene.slack.answered == []
    scene.inbox.carry_out_soon(click)
    await scene.inbox.drain()
    assert len(scene.slack.answered) == 1
    assert LEFT_ALONE_FOR == 10 * SECOND
