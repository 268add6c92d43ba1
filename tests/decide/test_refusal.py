"""Every refusal has a sentence for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.refusal import _SENTENCES, Refusal, explain


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_has_a_sentence_that_leaves_no_placeholder(refusal):
    for sentence in (explain(refusal), explain(refusal, "by <@UBEN>")):
        assert sentence
        assert "{" not in sentence
        assert sentence.endswith(".")


def test_no_two_refusals_say_the_same():
    assert len({explain(refusal) for refusal in Refusal}) == len(Refusal)


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal.AMONG_THE_FLAGGED,
        Refusal.RISK_UNREADABLE,
        Refusal.NOT_THE_REQUESTER,
        Refusal.ALREADY_SETTLED,
        Refusal.EXPIRED,
        Refusal.REQUEST_OPEN,
        Refusal.NOT_READ_YET,
        Refusal.TRY_AGAIN,
    ],
)
def test_a_refusal_that_depends_on_a_fact_names_it(refusal):
    assert "by <@UBEN> at 12:00" in explain(refusal, "by <@UBEN> at 12:00")


@given(st.sampled_from(Refusal), st.text())
def test_a_detail_with_braces_in_it_stands_as_it_came(refusal, detail):
    sentence = explain(refusal, detail + "{0}{detail}")
    if "{detail}" in _SENTENCES[refusal]:
        assert detail + "{0}{detail}" in sentence
    else:
        assert sentence == _SENTENCES[refusal]
