"""A set of texts in eight bytes each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.watch.hashed_texts import HashedTexts, hash_of

TEXTS = st.sets(st.text(max_size=20), max_size=30)


@given(TEXTS, st.text(max_size=20))
def test_it_tells_what_it_was_made_of_also_after_it_was_packed(texts, other):
    again = HashedTexts.unpack(HashedTexts(texts).pack())
    assert all(text in again for text in texts)
    assert (other in again) == (other in texts)
    assert len(again) == len(texts)


@given(TEXTS, TEXTS)
def test_those_of_both_are_those_of_each(first, second):
    both = HashedTexts(first).joined(HashedTexts(second))
    assert len(both) == len(first | second)
    assert all(text in both for text in first | second)
    assert HashedTexts.of(hash_of(text) for text in [*first, *second]).pack() == both.pack()


def test_it_takes_eight_bytes_a_text_and_refuses_what_is_no_such_set():
    assert len(HashedTexts(["ada", "bob"]).pack()) == 16
    with pytest.raises(ValueError, match="no hashes"):
        HashedTexts.unpack(b"seven b")
    assert 7 not in HashedTexts(["7"])
