"""One-time codes: none counts twice, guessing is slow, and a phone's clock may be a little off."""

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.codes import (
    LOCKED_FOR,
    MOST_FAILURES,
    STEP,
    Enrolment,
    enrolment_uri,
    judge_code,
    new_secret,
)
from bot.decide.refusal import Refusal
from tests.values import NOW

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ENROLLED = Enrolment("UBEN", SECRET, NOW)


def code_at(at, secret=SECRET):
    return pyotp.TOTP(secret).at(at // 1_000_000)


def wrong_at(at):
    """A code that is none of the three that would be taken."""
    right = {code_at(at + skew * STEP) for skew in (-1, 0, 1)}
    return next(f"{number:06}" for number in range(10) if f"{number:06}" not in right)


def refused(enrolment, code, now=NOW):
    return judge_code(enrolment, code, now=now).refusal


def test_the_reference_values_of_the_standard_are_met():
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B: "12345678901234567890", the last six digits
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert refused(Enrolment("UBEN", secret, 0), code, now=seconds * 1_000_000) is None


@pytest.mark.parametrize("skew", [-1, 0, 1])
def test_a_clock_that_is_one_step_off_is_forgiven(skew):
    assert refused(ENROLLED, code_at(NOW + skew * STEP)) is None


@pytest.mark.parametrize("skew", [-2, 2])
def test_a_clock_that_is_two_steps_off_is_not(skew):
    code = code_at(NOW + skew * STEP)
    assert code not in {code_at(NOW + near * STEP) for near in (-1, 0, 1)}
    assert refused(ENROLLED, code) is Refusal.CODE_WRONG


@pytest.mark.parametrize("later", [0, STEP])
def test_no_code_is_taken_twice(later):
    used = judge_code(ENROLLED, code_at(NOW), now=NOW).enrolment
    assert refused(used, code_at(NOW), now=NOW + later) is Refusal.CODE_USED


def test_a_code_older_than_the_last_one_taken_is_not_taken_either():
    used = judge_code(ENROLLED, code_at(NOW), now=NOW).enrolment
    assert refused(used, code_at(NOW - STEP)) is Refusal.CODE_USED


def test_the_next_code_is_taken():
    used = judge_code(ENROLLED, code_at(NOW), now=NOW).enrolment
    assert refused(used, code_at(NOW + STEP), now=NOW + STEP) is None


def test_five_wrong_codes_in_a_row_lock_even_the_right_one_out_for_a_quarter_of_an_hour():
    enrolment = ENROLLED
    for attempt in range(1, MOST_FAILURES + 1):
        judged = judge_code(enrolment, wrong_at(NOW), now=NOW)
        assert judged.refusal is (Refusal.CODE_LOCKED if attempt == MOST_FAILURES else Refusal.CODE_WRONG)
        enrolment = judged.enrolment
    end = NOW + LOCKED_FOR
    assert refused(enrolment, code_at(end - 1), now=end - 1) is Refusal.CODE_LOCKED
    assert refused(enrolment, code_at(end), now=end) is None


def test_after_a_lock_five_more_may_be_wrong():
    enrolment = Enrolment("UBEN", SECRET, 0, failures=0, locked_until=NOW)
    judged = judge_code(enrolment, wrong_at(NOW), now=NOW)
    assert (judged.refusal, judged.enrolment.failures) == (Refusal.CODE_WRONG, 1)


def test_a_right_code_forgets_the_wrong_ones():
    enrolment = Enrolment("UBEN", SECRET, 0, failures=MOST_FAILURES - 1)
    assert judge_code(enrolment, code_at(NOW), now=NOW).enrolment.failures == 0


@pytest.mark.parametrize("form", ["{} {}", " {}{} ", "{}-{}", "{}\n{}"])
def test_spaces_and_a_hyphen_do_not_matter(form):
    code = code_at(NOW)
    assert refused(ENROLLED, form.format(code[:3], code[3:])) is None


@given(st.text(max_size=40))
def test_no_other_text_is_a_code(text):
    typed = "".join(each for each in text if not each.isspace() and each != "-")
    near = {code_at(NOW + skew * STEP) for skew in (-1, 0, 1)}
    if not any(each in near for each in (typed, typed[:6])):
        judged = judge_code(ENROLLED, text, now=NOW)
        assert (judged.refusal, judged.enrolment.failures) == (Refusal.CODE_WRONG, 1)


@pytest.mark.parametrize("typed", ["{}0", "0{}", "{}{}"])
def test_digits_beside_the_right_ones_make_a_wrong_code(typed):
    code = code_at(NOW)
    assert refused(ENROLLED, typed.replace("{}", code)) is Refusal.CODE_WRONG


def test_another_persons_code_is_not_taken():
    assert refused(ENROLLED, code_at(NOW, "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU")) is Refusal.CODE_WRONG


def test_secrets_are_long_and_never_the_same():
    secrets = {new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert all(len(secret) >= 32 for secret in secrets)


def test_the_address_names_the_person_and_the_issuer():
    uri = enrolment_uri(ENROLLED, name="Ben", issuer="Countersign")
    found = pyotp.parse_uri(uri)
    assert (found.name, found.issuer, found.secret) == ("Ben", "Countersign", SECRET)
