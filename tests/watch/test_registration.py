import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.watch.registration import Registered, RegistrationReport

REPORTS = st.dictionaries(st.text(max_size=40), st.integers(0, 255).map(Registered))


@given(REPORTS, st.text(max_size=40))
def test_the_packed_report_says_of_everybody_what_it_was_told_and_of_others_nothing(told, other):
    report = RegistrationReport(told.items())
    assert len(report) == len(told)
    assert {user_id: report.get(user_id) for user_id in told} == told
    assert report.get(other) == told.get(other)


@given(REPORTS)
def test_a_report_that_was_kept_says_the_same_when_it_is_read_again(told):
    again = RegistrationReport.unpack(RegistrationReport(told.items()).pack())
    assert {user_id: again.get(user_id) for user_id in told} == told


@pytest.mark.parametrize("body", [b"", b"\0" * 9, b"\0" * 7 + b"\1" + b"\0" * 8])
def test_bytes_that_are_no_report_are_refused(body):
    with pytest.raises(ValueError, match="no registration report"):
        RegistrationReport.unpack(body)


def test_the_share_of_a_registration_counts_everybody_in_the_report():
    report = RegistrationReport(
        [("a", Registered.MFA), ("b", Registered(0)), ("c", Registered.MFA), ("d", Registered.ADMIN)]
    )
    assert report.share(Registered.MFA) == 0.5
    assert RegistrationReport([]).share(Registered.MFA) is None
