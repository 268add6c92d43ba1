"""Cards, each with what is wanted and what is shown; and the clicks that came from them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.ports.slack import Click, ClickKind, Posted
from bot.store.cards import CardSubject
from tests.values import NOW, SECOND, TENANT

STANDS = Posted("C1", "1745143200.000100")


def ensure(tx, card_id="card", *, subject=CardSubject.SURGE, channel="C1", parent_id=None):
    tx.cards.ensure_card(
        card_id=card_id, tenant_id=TENANT, subject=subject, subject_id="s", channel=channel, parent_id=parent_id
    )


def card(transact, card_id="card"):
    return transact(lambda tx: tx.cards.card_by_id(TENANT, card_id))


def due(transact, now=NOW):
    return [each.id for each in transact(lambda tx: tx.cards.due_cards(now))]


@pytest.fixture
def with_card(transact):
    transact(ensure)
    return card(transact)


def test_a_new_card_is_due_at_once_and_has_shown_nothing(transact, with_card):
    assert (with_card.wanted, with_card.shown, with_card.posted, with_card.attempts) == (1, 0, None, 0)
    assert due(transact) == ["card"]


def test_a_subject_has_one_card_in_a_channel(transact, with_card):
    transact(lambda tx: [ensure(tx, "second"), ensure(tx, "elsewhere", channel="C2")])
    assert {each.id for each in transact(lambda tx: tx.cards.cards_of(TENANT, CardSubject.SURGE, "s"))} == {
        "card",
        "elsewhere",
    }


def test_a_posted_card_is_due_again_only_when_more_is_wanted(transact, with_card):
    transact(lambda tx: tx.cards.set_posted(with_card, STANDS, with_card.wanted))
    assert due(transact) == []
    transact(lambda tx: tx.cards.want_update(TENANT, CardSubject.SURGE, "s"))
    assert due(transact) == ["card"]


def test_a_wish_that_came_while_the_card_was_sent_is_not_lost(transact, with_card):
    transact(lambda tx: tx.cards.want_update(TENANT, CardSubject.SURGE, "s"))
    transact(lambda tx: tx.cards.set_posted(with_card, STANDS, with_card.wanted))
    assert due(transact) == ["card"]


def test_another_subjects_cards_are_not_wanted_with_it(transact, with_card):
    transact(lambda tx: tx.cards.set_posted(with_card, STANDS, with_card.wanted))
    transact(
        lambda tx: [
            tx.cards.want_update(TENANT, CardSubject.RUN, "s"),
            tx.cards.want_update("other", CardSubject.SURGE, "s"),
        ]
    )
    assert due(transact) == []


def test_updates_keep_their_distance(transact, with_card):
    transact(lambda tx: tx.cards.set_posted(with_card, STANDS, 1))
    transact(lambda tx: tx.cards.set_shown(with_card, 1, not_before=NOW + SECOND))
    transact(lambda tx: tx.cards.want_update(TENANT, CardSubject.SURGE, "s"))
    assert due(transact, NOW) == []
    assert transact(lambda tx: tx.cards.next_card_due()) == NOW + SECOND
    assert due(transact, NOW + SECOND) == ["card"]


def test_cards_that_were_never_posted_come_before_updates(transact, with_card):
    transact(lambda tx: [tx.cards.set_posted(with_card, STANDS, 0), ensure(tx, "zz", channel="C2")])
    assert due(transact) == ["zz", "card"]


@pytest.mark.parametrize(("fate_unknown", "since"), [(True, NOW - 1), (False, None)])
def test_a_post_whose_fate_is_unknown_is_remembered_and_one_that_was_refused_is_not(
    transact, with_card, fate_unknown, since
):
    transact(lambda tx: tx.cards.begin_posting(with_card, NOW - 1))
    transact(lambda tx: tx.cards.set_failed(with_card, "w" * 999, try_at=NOW + 5, fate_unknown=fate_unknown))
    found = card(transact)
    assert (found.posting_since, found.attempts) == (since, 1)
    assert (due(transact, NOW + 4), due(transact, NOW + 5)) == ([], ["card"])


def test_a_card_that_was_posted_forgets_its_failures(transact, with_card):
    transact(lambda tx: tx.cards.begin_posting(with_card, NOW))
    transact(lambda tx: tx.cards.set_failed(with_card, "why", try_at=NOW, fate_unknown=True))
    transact(lambda tx: tx.cards.set_posted(with_card, STANDS, 1))
    found = card(transact)
    assert (found.posted, found.posting_since, found.attempts) == (STANDS, None, 0)


@pytest.mark.parametrize(
    ("subject", "subject_id", "channel", "ts", "at"),
    [
        (CardSubject.SURGE, "s", "C1", STANDS.ts, True),
        (CardSubject.REQUEST, "s", "C1", STANDS.ts, False),
        (CardSubject.SURGE, "t", "C1", STANDS.ts, False),
        (CardSubject.SURGE, "s", "C2", STANDS.ts, False),
        (CardSubject.SURGE, "s", "C1", "1.2", False),
        (CardSubject.SURGE, "s", "", "", False),
    ],
)
def test_only_the_message_that_we_posted_is_a_card(transact, with_card, subject, subject_id, channel, ts, at):
    assert not transact(lambda tx: tx.cards.is_at(subject, subject_id, channel, ts))
    transact(lambda tx: tx.cards.set_posted(with_card, STANDS, 1))
    assert transact(lambda tx: tx.cards.is_at(subject, subject_id, channel, ts)) is at


def test_the_tenant_is_known_by_the_subject(transact, with_card):
    assert transact(lambda tx: tx.cards.tenant_of(CardSubject.SURGE, "s")) == TENANT
    assert transact(lambda tx: tx.cards.tenant_of(CardSubject.RUN, "s")) is None


CLICK = Click(
    key="k1",
    kind=ClickKind.SUBMIT_REQUEST,
    user_id="UANNA",
    team_id="T",
    channel="C1",
    message_ts="1.2",
    thread_ts="",
    subject_id="s",
    trigger_id="t",
    response_url="https://hooks.slack.example/1",
    action="Confirm safe",
    cohorts=("Okta", "guest"),
    reason="why",
)


def undone(transact, now=NOW):
    return transact(lambda tx: tx.clicks.undone_clicks(now))


def test_a_click_is_kept_once_whatever_comes_with_its_key_again(transact):
    assert transact(lambda tx: tx.clicks.add_click(TENANT, CLICK, NOW, try_at=NOW + 10))
    assert not transact(lambda tx: tx.clicks.add_click(TENANT, CLICK, NOW + 5, try_at=NOW))
    assert undone(transact, NOW + 9) == ()
    (kept,) = undone(transact, NOW + 10)
    assert (kept.click, kept.taken_at, kept.attempts) == (CLICK, NOW, 0)


def test_a_finished_click_is_never_tried_again(transact):
    transact(lambda tx: tx.clicks.add_click(TENANT, CLICK, NOW, try_at=NOW))
    assert not transact(lambda tx: tx.clicks.is_done("k1"))
    transact(lambda tx: tx.clicks.finish_click("k1", NOW))
    transact(lambda tx: tx.clicks.fail_click("k1", "late", NOW))
    assert transact(lambda tx: tx.clicks.is_done("k1"))
    assert undone(transact, NOW * 2) == ()
    assert not transact(lambda tx: tx.clicks.add_click(TENANT, CLICK, NOW, try_at=NOW))


@pytest.mark.parametrize(("try_at", "tried"), [(NOW + 5, 1), (None, 0)])
def test_a_failed_click_is_tried_again_when_it_says_or_never(transact, try_at, tried):
    transact(lambda tx: tx.clicks.add_click(TENANT, CLICK, NOW, try_at=NOW))
    transact(lambda tx: tx.clicks.fail_click("k1", "w" * 999, try_at))
    assert undone(transact, NOW + 4) == ()
    assert [kept.attempts for kept in undone(transact, NOW + 5)] == [1] * tried
    assert not transact(lambda tx: tx.clicks.is_done("k1"))


def test_of_the_same_click_delivered_to_many_one_is_the_first(database_url, opened):
    stores = [opened(database_url) for _ in range(4)]
    together = threading.Barrier(len(stores))

    def take(number):
        together.wait()
        return stores[number].transact_here(lambda tx: tx.clicks.add_click(TENANT, CLICK, NOW, try_at=NOW))

    with ThreadPoolExecutor(len(stores)) as threads:
        assert sorted(threads.map(take, range(len(stores)))) == [False, False, False, True]
