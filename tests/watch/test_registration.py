from hypothesis import given
from hypothesis import strategies as st

from bot.watch.registration import RegistrationReport


@given(st.dictionaries(st.text(max_size=40), st.booleans()), st.text(max_size=40))
def test_the_packed_report_says_of_everybody_what_it_was_told_and_of_others_nothing(told, other):
    report = RegistrationReport(told.items())
    assert len(report) == len(told)
    assert {user_id: report.get(user_id) for user_id in told} == told
    assert report.get(other) is told.get(other)
