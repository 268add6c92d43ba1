"""The chain: whatever is done to the rows is found, the head kept apart."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.record.ledger import GENESIS, Entry, Event, entry_hash, first_break, next_entry

FACTS = st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.lists(st.text()))
ROWS = st.lists(
    st.tuples(st.integers(0, 2**52), st.sampled_from(Event), st.text(), st.text(), FACTS), min_size=1, max_size=6
)


def chain(rows) -> list[Entry]:
    made, previous = [], GENESIS
    for number, (at, event, subject, actor, facts) in enumerate(rows, 1):
        entry = next_entry(
            tenant_id="t",
            number=number,
            previous=previous,
            at=at,
            event=event,
            subject=subject,
            actor=actor,
            facts=facts,
        )
        made.append(entry)
        previous = entry.hash
    return made


def broken(entries, whole):
    head = whole[-1]
    return first_break(entries, head_number=head.number, head_hash=head.hash, tenant_id="t")


CHAINS = ROWS.map(chain)


@given(CHAINS)
def test_an_untouched_chain_is_whole(whole):
    assert broken(whole, whole) is None


def test_a_tenant_without_rows_has_a_whole_chain():
    assert first_break([], head_number=0, head_hash=GENESIS, tenant_id="t") is None


CHANGES = st.one_of(
    st.tuples(st.just("at"), st.integers(0, 2**52)),
    st.tuples(st.sampled_from(["event", "subject", "actor", "tenant_id", "previous", "hash"]), st.text()),
    st.tuples(st.just("body"), st.binary()),
    st.tuples(st.just("number"), st.integers(0, 20)),
)


@settings(deadline=None)
@given(CHAINS, st.integers(0), CHANGES)
def test_any_change_of_any_field_is_found_at_its_row(whole, place, change):
    place %= len(whole)
    changed = replace(whole[place], **dict([change]))
    if changed == whole[place]:
        return
    found = broken([*whole[:place], changed, *whole[place + 1 :]], whole)
    assert found is not None
    assert found.number == place + 1


@given(CHAINS, st.integers(0))
def test_a_removed_row_is_found(whole, place):
    place %= len(whole)
    found = broken([*whole[:place], *whole[place + 1 :]], whole)
    assert found is not None
    if place < len(whole) - 1:
        assert (found.number, "is missing" in found.why) == (place + 1, True)


@given(CHAINS, st.text(alphabet="0123456789abcdef", min_size=64, max_size=64))
def test_a_row_that_was_hashed_anew_over_another_past_is_found_at_its_place(whole, past):
    """The forger can compute hashes: the row bears its own, and the next one follows it."""
    if len(whole) < 2 or past == whole[0].hash:
        return
    forged = replace(whole[1], previous=past)
    forged = replace(forged, hash=entry_hash(forged))
    head = {"head_number": 2, "head_hash": forged.hash, "tenant_id": "t"}
    assert first_break([whole[0], forged], **head) is not None


@given(CHAINS, st.integers(0), st.integers(0))
def test_an_inserted_row_is_found(whole, place, which):
    place %= len(whole) + 1
    assert broken([*whole[:place], whole[which % len(whole)], *whole[place:]], whole) is not None


@given(CHAINS, st.integers(0))
def test_two_rows_that_changed_places_are_found(whole, place):
    if len(whole) < 2:
        return
    place %= len(whole) - 1
    swapped = [*whole[:place], whole[place + 1], whole[place], *whole[place + 2 :]]
    assert broken(swapped, whole) is not None


@given(CHAINS, st.integers(1, 6))
def test_a_tail_that_was_cut_off_is_found_by_the_head(whole, rows):
    kept = whole[: max(0, len(whole) - rows)]
    found = broken(kept, whole)
    assert found is not None
    assert found.number == len(whole)


@given(CHAINS, ROWS)
def test_a_chain_written_anew_from_some_row_on_is_found_by_the_head(whole, rows):
    forged = chain(rows)
    if forged[-1].hash != whole[-1].hash:
        assert broken(forged, whole) is not None


@given(CHAINS, CHAINS)
def test_rows_of_another_chain_do_not_pass_for_this_ones(whole, other):
    if whole != other:
        head = whole[-1]
        assert first_break(other, head_number=head.number, head_hash=head.hash, tenant_id="t") is not None


@given(st.text(), st.text(), st.text())
def test_fields_can_not_flow_into_each_other(one, two, three):
    def digest(subject, actor):
        return entry_hash(Entry("t", 1, 1, "e", subject, actor, b"{}", GENESIS, ""))

    if two:
        assert digest(one + two, three) != digest(one, two + three)


def test_the_same_facts_give_the_same_row_in_whatever_order_they_stand():
    def row(facts):
        return next_entry(
            tenant_id="t", number=1, previous=GENESIS, at=1, event=Event.RUN_DONE, subject="s", actor="a", facts=facts
        )

    assert row({"a": 1, "b": 2}) == row({"b": 2, "a": 1})
