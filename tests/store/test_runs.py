"""Runs, each user's outcome, intents and answers."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from bot.act.outcome import Outcome, OutcomeState
from bot.act.pause import PauseReason
from bot.act.run import WATCHED_FOR, Intent, RunFacts, RunState
from bot.decide.action import Action
from bot.decide.request import RequestState
from bot.ports.graph import Answer
from bot.store.tables import intents
from tests.store.conftest import HASH
from tests.values import NOW, TENANT, detection, request, run, surge

WAITING, SENDING, ACCEPTED = OutcomeState.WAITING, OutcomeState.SENDING, OutcomeState.ACCEPTED


def intent(*users, id_="d" * 32, number=1, run_id="b" * 32):
    return Intent(id_, run_id, number, Action.CONFIRM_SAFE, users, NOW, 7)


def outcomes(transact, **asked):
    return transact(lambda tx: tx.outcomes.outcomes_of_run(TENANT, "b" * 32, **asked))


def test_in_a_new_run_everybody_waits(transact, with_run):
    assert outcomes(transact) == {user: Outcome(user, WAITING) for user in ("ada", "bob", "cy")}
    assert transact(lambda tx: tx.runs.run_by_id(TENANT, with_run.id)) == with_run
    assert transact(lambda tx: tx.runs.run_of_request(TENANT, with_run.request_id)) == with_run
    assert transact(lambda tx: tx.runs.run_by_id("other", with_run.id)) is None


def test_the_database_refuses_a_second_run_of_a_request(transact, with_run):
    with pytest.raises(IntegrityError):
        transact(lambda tx: tx.runs.add_run(replace(with_run, id="e" * 32), ["ada"]))
    assert transact(lambda tx: tx.runs.run_by_id(TENANT, "e" * 32)) is None


def test_a_run_without_its_request_can_not_be(transact):
    with pytest.raises(IntegrityError):
        transact(lambda tx: tx.runs.add_run(run(plan_hash=HASH), ["ada"]))


def test_a_run_comes_back_as_it_was_saved(transact, with_run):
    saved = replace(
        with_run,
        state=RunState.PAUSED,
        started_at=1,
        ended_at=2,
        steered_by="UBEN",
        note="why",
        not_before=3,
        canary=10,
        canary_since=4,
        canary_passed_at=5,
        needs_signature=True,
        goes_first=True,
        paused_because=PauseReason.EVIDENCE,
        band_known="conflicting",
        flagged_known=6,
    )
    transact(lambda tx: tx.runs.keep_run(saved))
    assert transact(lambda tx: tx.runs.run_by_id(TENANT, with_run.id)) == saved


def test_outcomes_are_given_by_state_and_by_user(transact, with_run):
    failed = Outcome("bob", OutcomeState.FAILED, "refused", 3, NOW, 1, NOW + 1)
    transact(lambda tx: tx.outcomes.keep_outcomes(with_run, [failed]))
    assert outcomes(transact, state=OutcomeState.FAILED) == {"bob": failed}
    assert outcomes(transact, user_ids=["bob", "nobody"]) == {"bob": failed}
    assert outcomes(transact, state=WAITING, user_ids=["bob", "ada"]) == {"ada": Outcome("ada", WAITING)}
    assert outcomes(transact, user_ids=[]) == {}


def test_every_state_is_counted_and_reasons_come_most_first(transact, with_run):
    skipped = [Outcome(user, OutcomeState.SKIPPED, "closed") for user in ("ada", "bob")]
    transact(lambda tx: tx.outcomes.keep_outcomes(with_run, [*skipped, Outcome("cy", OutcomeState.FAILED, "another")]))
    counts = transact(lambda tx: tx.outcomes.count_outcomes(TENANT, with_run.id))
    assert counts == dict.fromkeys(OutcomeState, 0) | {OutcomeState.SKIPPED: 2, OutcomeState.FAILED: 1}
    assert transact(lambda tx: tx.outcomes.outcome_reasons(TENANT, with_run.id)) == (("closed", 2), ("another", 1))


def test_an_announced_batch_is_on_its_way_and_without_an_answer(transact, with_run):
    announced = intent("ada", "cy")
    assert transact(lambda tx: tx.runs.next_batch_number(with_run)) == 1
    transact(lambda tx: tx.runs.keep_intent(with_run, announced))
    assert {user: each.state for user, each in outcomes(transact).items()} == {
        "ada": SENDING,
        "bob": WAITING,
        "cy": SENDING,
    }
    facts = transact(lambda tx: tx.runs.run_facts(with_run, NOW))
    assert facts == RunFacts((announced,), 1, 0, (), None, None, sent=2)
    assert transact(lambda tx: tx.runs.next_batch_number(with_run)) == 2


def test_the_database_refuses_a_user_in_two_open_intents(transact, with_run):
    transact(lambda tx: tx.runs.keep_intent(with_run, intent("ada", "bob")))
    with pytest.raises(IntegrityError):
        transact(lambda tx: tx.runs.keep_intent(with_run, intent("cy", "bob", id_="e" * 32, number=2)))
    assert outcomes(transact)["cy"].state is WAITING


def test_the_database_refuses_a_user_in_open_intents_of_two_runs(transact, with_run):
    transact(lambda tx: tx.runs.keep_intent(with_run, intent("ada")))
    other = replace(with_run, id="e" * 32, request_id="f" * 32, surge_id="6" * 32)

    def second(tx):
        tx.surges.keep_surge(surge(id_="6" * 32, key="two"))
        tx.requests.add_request(request(id_="f" * 32, surge_id="6" * 32, plan_hash=HASH, state=RequestState.APPROVED))
        tx.runs.add_run(other, ["ada"])

    transact(second)
    with pytest.raises(IntegrityError):
        transact(lambda tx: tx.runs.keep_intent(other, intent("ada", id_="e" * 32, run_id=other.id)))


def test_the_database_refuses_a_batch_number_that_was_given(transact, with_run):
    transact(lambda tx: tx.runs.keep_intent(with_run, intent("ada")))
    with pytest.raises(IntegrityError):
        transact(lambda tx: tx.runs.keep_intent(with_run, intent("bob", id_="e" * 32)))


@pytest.mark.parametrize("answer", [Answer(204, "r-1", ""), Answer(None, "", "no answer came")])
def test_an_answer_frees_its_users_for_another_batch_and_is_kept(store, transact, with_run, answer):
    first = intent("ada", "bob")
    transact(lambda tx: tx.runs.keep_intent(with_run, first))
    transact(lambda tx: tx.runs.keep_answer(with_run, first, answer, NOW + 1))
    assert transact(lambda tx: tx.runs.run_facts(with_run, NOW)).unanswered == ()
    transact(lambda tx: tx.runs.keep_intent(with_run, intent("ada", id_="e" * 32, number=2)))
    with store._engine.connect() as connection:
        row = connection.execute(select(intents).where(intents.c.id == first.id)).mappings().one()
    kept = (row["answered_at"], row["status"], row["microsoft_request_id"], row["why"])
    assert kept == (NOW + 1, answer.status, answer.request_id, answer.why)
    assert (row["epoch"], row["made_at"]) == (7, NOW)


def test_the_facts_say_who_is_due_and_when_the_next_is(transact, with_run):
    found = [
        Outcome("ada", ACCEPTED, sends=1, sent_at=NOW - 9, look_at=NOW),
        Outcome("bob", ACCEPTED, sends=1, sent_at=NOW - 5, look_at=NOW + 1),
        Outcome("cy", ACCEPTED, sends=1, sent_at=NOW - WATCHED_FOR, look_at=NOW - 7),
    ]
    transact(lambda tx: tx.outcomes.keep_outcomes(with_run, found))
    assert transact(lambda tx: tx.runs.run_facts(with_run, NOW)) == RunFacts((), 0, 3, ("ada",), NOW, NOW - 5, sent=3)


def test_the_facts_say_how_the_canary_is_doing(transact, with_run):
    found = [
        Outcome("ada", OutcomeState.VERIFIED, sends=1, sent_at=NOW - 9, verified_at=NOW - 2),
        Outcome("bob", WAITING, sends=1, sent_at=NOW - 5),
        Outcome("cy", OutcomeState.SKIPPED, "the account was deleted", sends=1),
    ]
    transact(lambda tx: tx.outcomes.keep_outcomes(with_run, found))
    facts = transact(lambda tx: tx.runs.run_facts(with_run, NOW))
    assert (facts.verified, facts.again, facts.sent, facts.slowest) == (1, 1, 2, None)


def test_how_long_microsoft_takes_is_told_by_the_canary_alone(transact, with_run):
    """The others are read long after they were written."""
    found = [
        Outcome("ada", OutcomeState.VERIFIED, sends=1, sent_at=NOW - 9, verified_at=NOW - 2),
        Outcome("bob", OutcomeState.VERIFIED, sends=1, sent_at=NOW - 8, verified_at=NOW),
    ]
    transact(lambda tx: tx.outcomes.keep_outcomes(with_run, found))
    passed = replace(with_run, canary=2, canary_passed_at=NOW - 1)
    assert transact(lambda tx: tx.runs.run_facts(passed, NOW)).slowest == 7


def test_the_longest_due_are_read_first(transact, with_run):
    found = [
        Outcome("ada", ACCEPTED, sends=1, sent_at=NOW, look_at=NOW),
        Outcome("bob", ACCEPTED, sends=1, sent_at=NOW, look_at=NOW - 2),
    ]
    transact(lambda tx: tx.outcomes.keep_outcomes(with_run, found))
    assert transact(lambda tx: tx.runs.run_facts(with_run, NOW)).due == ("bob", "ada")


@pytest.mark.parametrize(
    ("state", "outcome", "unfinished"),
    [
        (RunState.QUEUED, OutcomeState.VERIFIED, True),
        (RunState.PAUSED, OutcomeState.VERIFIED, True),
        (RunState.DONE, OutcomeState.VERIFIED, False),
        (RunState.DONE, ACCEPTED, True),
        (RunState.STOPPED, SENDING, True),
        (RunState.STOPPED, OutcomeState.SKIPPED, False),
    ],
)
def test_a_run_is_unfinished_while_it_goes_on_or_somebody_may_become_visible(
    transact, with_run, state, outcome, unfinished
):
    found = [Outcome(user, outcome) for user in ("ada", "bob", "cy")]
    transact(lambda tx: [tx.runs.keep_run(replace(with_run, state=state)), tx.outcomes.keep_outcomes(with_run, found)])
    assert [each.id for each in transact(lambda tx: tx.runs.unfinished_runs(TENANT))] == [with_run.id] * unfinished
    assert transact(lambda tx: tx.runs.unfinished_runs("other")) == ()


def announced(tx, going, action):
    tx.runs.keep_intent(going, replace(intent("ada", "bob"), action=action))
    tx.runs.keep_answer(going, intent("ada", "bob"), Answer(204, "", ""), NOW)


CLEARED = [
    Outcome("ada", OutcomeState.VERIFIED, sends=1, sent_at=NOW - 20, verified_at=NOW),
    Outcome("bob", OutcomeState.VERIFIED, sends=1, sent_at=NOW - 9),
    Outcome("cy", ACCEPTED, sends=1, sent_at=NOW),
]


def test_the_cleared_are_those_who_were_verified_with_the_time_at_which_they_were(transact, with_run):
    transact(lambda tx: [announced(tx, with_run, Action.DISMISS_RISK), tx.outcomes.keep_outcomes(with_run, CLEARED)])
    assert transact(lambda tx: tx.cleared.cleared_since(TENANT, NOW)) == (("ada", NOW),)
    assert set(transact(lambda tx: tx.cleared.cleared_since(TENANT, NOW - 9))) == {("ada", NOW), ("bob", NOW - 9)}
    assert transact(lambda tx: tx.cleared.cleared_since("other", 0)) == ()
    assert transact(lambda tx: tx.cleared.cleared_among(TENANT, ["ada", "cy"], 0)) == {"ada"}
    assert transact(lambda tx: tx.cleared.last_cleared(TENANT, ["ada", "cy"], 0)) == {"ada": (with_run.id, NOW)}


@pytest.mark.parametrize("action", [Action.CONFIRM_COMPROMISED, Action.REVOKE_SESSIONS])
def test_who_was_acted_on_otherwise_is_not_cleared(transact, with_run, action):
    transact(lambda tx: [announced(tx, with_run, action), tx.outcomes.keep_outcomes(with_run, CLEARED)])
    assert transact(lambda tx: tx.cleared.cleared_since(TENANT, 0)) == ()
    assert transact(lambda tx: tx.cleared.cleared_among(TENANT, ["ada"], 0)) == frozenset()
    assert transact(lambda tx: tx.cleared.last_cleared(TENANT, ["ada"], 0)) == {}


@pytest.mark.parametrize(
    ("at", "kind", "again"),
    [
        (NOW, "leakedCredentials", False),
        (NOW + 1, "leakedCredentials", True),
        (NOW + 1, "anomalousToken", True),
        (NOW + 10, "leakedCredentials", True),
        (NOW + 11, "leakedCredentials", False),
        (NOW + 1, "adminConfirmedUserCompromised", False),
    ],
)
def test_who_has_a_detection_dated_after_the_verified_clean_up_is_flagged_again(transact, with_run, at, kind, again):
    def make(tx):
        announced(tx, with_run, Action.CONFIRM_SAFE)
        tx.outcomes.keep_outcomes(with_run, CLEARED)
        tx.detections.keep_detections(TENANT, [detection("ada", at=at, kind=kind), detection("cy", at=at)], NOW)

    transact(make)
    expected = {"ada": with_run.id} if again else {}
    assert transact(lambda tx: tx.cleared.flagged_again(TENANT, within=10)) == expected
    assert transact(lambda tx: tx.cleared.flagged_again(TENANT, within=10, run_id=with_run.id)) == expected
    assert transact(lambda tx: tx.cleared.flagged_again(TENANT, within=10, surge_id=with_run.surge_id)) == expected
    assert transact(lambda tx: tx.cleared.flagged_again(TENANT, within=10, run_id="none")) == {}
    assert transact(lambda tx: tx.cleared.flagged_again(TENANT, within=10, surge_id="none")) == {}


def test_only_those_who_wait_are_put_first(transact, with_run):
    transact(lambda tx: tx.runs.keep_intent(with_run, intent("ada")))
    transact(lambda tx: tx.outcomes.rank_first(with_run, ["ada", "bob", "nobody"]))
    assert {user: each.rank for user, each in outcomes(transact).items()} == {"ada": 1, "bob": 0, "cy": 1}


@pytest.mark.parametrize(
    ("known", "gives_way"),
    [
        ({}, True),
        ({"state": RunState.RUNNING}, True),
        ({"state": RunState.PAUSED}, False),
        ({"state": RunState.DONE}, False),
        ({"goes_first": False}, False),
        ({"not_before": NOW + 1}, False),
    ],
)
def test_a_run_gives_way_to_one_that_goes_first_and_has_somebody_to_write_to(transact, with_run, known, gives_way):
    made = replace(run(plan_hash=HASH, request_id="f" * 32), id="e" * 32, state=RunState.QUEUED, goes_first=True)
    first = replace(made, **known)

    def make(tx):
        tx.requests.add_request(request(id_="f" * 32, plan_hash=HASH, state=RequestState.APPROVED))
        tx.runs.add_run(first, ["dora"])

    transact(make)
    assert transact(lambda tx: tx.runs.gives_way(with_run, NOW)) is gives_way
    assert transact(lambda tx: tx.runs.gives_way(first, NOW)) is False
    transact(lambda tx: tx.outcomes.keep_outcomes(first, [Outcome("dora", ACCEPTED, sends=1, sent_at=NOW)]))
    assert transact(lambda tx: tx.runs.gives_way(with_run, NOW)) is False


def test_twenty_thousand_outcomes_are_written_and_read(store, transact, with_request):
    users = [f"user{number:05}" for number in range(20_000)]
    going = run(plan_hash=HASH)
    transact(lambda tx: tx.runs.add_run(going, users))
    verified = [Outcome(user, OutcomeState.VERIFIED, sends=1, sent_at=NOW) for user in users]
    transact(lambda tx: tx.outcomes.keep_outcomes(going, verified))
    assert transact(lambda tx: tx.outcomes.count_outcomes(TENANT, going.id))[OutcomeState.VERIFIED] == 20_000
    assert len(outcomes(transact, user_ids=users)) == 20_000


def test_nothing_of_a_batch_is_kept_when_its_transaction_fails(store, transact, with_run):
    def fails(tx):
        tx.runs.keep_intent(with_run, intent("ada"))
        tx.runs.keep_run(replace(with_run, note="changed"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        transact(fails)
    assert transact(lambda tx: tx.runs.run_by_id(TENANT, with_run.id)) == with_run
    assert outcomes(transact)["ada"].state is WAITING
    with store._engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(intents)).scalar() == 0
