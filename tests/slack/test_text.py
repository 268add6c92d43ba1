import re

from hypothesis import given
from hypothesis import strategies as st

from bot.slack.cards.text import clean, inert, length, mention, plain, sentence, shorten
from sim.workspace.reading import read_mrkdwn

HOSTILE = (
    "<!channel> <@U0ADA000001> <https://evil.example|click> @here #general *b* _i_ ~s~ `c` ```x``` :tada: "
    "https://evil.example www.evil.example evil.example a@evil.example \u202eTHGIR\u202c\u200b\x00\x1b\n> quote"
)


def test_no_outside_string_keeps_a_sign_that_slack_reads():
    shown = inert(HOSTILE, 500)
    assert not re.search(r"[<>*~`@#|]", shown)
    assert "://" not in shown
    assert ":tada:" not in shown
    assert "evil.example" not in shown
    assert not re.search(r"(?<!\w)_|_(?!\w)", shown)


def test_words_that_mean_nothing_to_slack_stay_as_they_are():
    assert inert("COUNTERSIGN_APPROVERS expired at 14:02, 0.3 left", 100) == (
        "COUNTERSIGN_APPROVERS expired at 14:02, 0.3 left"
    )


def test_bidi_control_and_line_breaks_do_not_come_through():
    assert clean("a\u202eb\u2066c\x00d\x1be\u200bf\nl\u2028m") == "abcdef l m"


def test_a_letter_keeps_two_marks_and_no_more():
    assert len(clean("z" + "\u0316" * 40)) == 3


def test_an_ampersand_is_escaped_once_and_first():
    assert inert("a & b < c", 50) == "a &amp; b &lt; c"


def test_only_a_user_id_is_mentioned():
    assert mention("U0ADA000001") == "<@U0ADA000001>"
    assert "<" not in mention("!channel")
    assert mention(None) == "somebody"


def test_a_sentence_keeps_its_mentions_and_times_and_nothing_else():
    said = sentence("Approved by <@U0ADA000001> at <!date^1745121600^{time}|2025-04-20 04:00 UTC>. <!channel> *x*")
    assert said.startswith("Approved by <@U0ADA000001> at <!date^1745121600^{time}|2025-04-20 04:00 UTC>. ")
    assert "<!channel>" not in said
    assert "*" not in said


@given(st.text(), st.integers(1, 200))
def test_nothing_is_longer_than_asked(value: str, most: int):
    assert length(shorten(value, most)) <= most
    assert length(plain(value, max(most, 9))) <= max(most, 9)
    assert plain(value, max(most, 9))


@given(st.text(alphabet="<>&*_~`@#|:/.ab1! \n-"))
def test_what_is_inert_reads_as_it_stands(value: str):
    shown = inert(value, 200)
    assert "<" not in shown
    assert ">" not in shown
    assert not re.search(r"[*~`@#|]", shown)
    assert not re.search(r":[^\s:]+:", shown)
    assert not re.search(r"&(?!amp;|lt;|gt;)", shown)
    assert read_mrkdwn(shown) == read_mrkdwn(shown.replace("*", ""))


@given(st.text(alphabet="<>@!dateU0AB^{}|1 ", max_size=60), st.integers(1, 80))
def test_a_sentence_holds_no_token_but_people_and_times(value: str, most: int):
    for token in re.findall(r"<[^>]*>", sentence(value, most)):
        assert re.fullmatch(r"<@[UW][A-Z0-9]+>|<!date\^\d+\^[^|]+\|[^>]+>", token)
