import pytest

from bot.watch.durations import DAY, HOUR, MINUTE
from bot.watch.wording import span_in_words, usual_in_words, usual_sentence

SUNDAY_4_UTC = 20_198 * DAY + 4 * HOUR


def test_the_card_says_what_is_usual_there_and_then():
    assert usual_sentence(SUNDAY_4_UTC, 0.31) == "usual for a Sunday at this hour: 0.3"


@pytest.mark.parametrize(
    ("span", "words"),
    [(0, "1 minute"), (20 * MINUTE, "20 minutes"), (3 * HOUR, "3 hours"), (36 * HOUR, "36 hours"), (5 * DAY, "5 days")],
)
def test_spans_read_as_people_say_them(span, words):
    assert span_in_words(span) == words


@pytest.mark.parametrize(("usual", "words"), [(0.0, "less than 0.1"), (0.3, "0.3"), (9.96, "10"), (1234.5, "1,234")])
def test_what_is_usual_is_never_a_bare_zero(usual, words):
    assert usual_in_words(usual) == words
