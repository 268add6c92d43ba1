"""Sign-ins of flagged users as a group: what is counted, once, and beside what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.watch.facts import Known, Missing, UsualRate
from bot.watch.sign_in_count import SignInCount, SignInReading, bad_credentials, network_of, risky_sign_ins
from bot.watch.sign_ins import SignIn

HOUR = 3_600_000_000


def sign_in(number, user="ada", *, at=10, code=0, risk="none", address="192.0.2.7"):
    return SignIn(f"s{number}", user, at, code, address, "Office", risk)


def counted(*pages, users=("ada", "bob"), since=0, until=100, changed_at=None):
    reading = SignInReading(users, since=since, until=until, changed_at=changed_at)
    for page in pages:
        reading.take(page)
    return reading.count()


def test_only_flagged_users_within_the_span_count():
    page = [sign_in(1), sign_in(2, "eve"), sign_in(3, at=100), sign_in(4, at=-1), sign_in(5, at=0)]
    assert counted(page).sign_ins == 2


def test_only_wrong_passwords_and_lock_outs_after_them_are_bad_credentials():
    codes = (0, 50126, 50053, 53003, 53011, 530032, 50142, 53004, 50173, 50140)
    page = [sign_in(code, code=code) for code in codes]
    assert counted(page).bad_credentials == 2


def test_the_old_password_that_devices_send_after_a_forced_change_does_not_count():
    page = [sign_in(1, code=50126, at=20), sign_in(2, code=50126, at=40), sign_in(3, "bob", code=50126, at=40)]
    assert counted(page, changed_at={"ada": 30}).bad_credentials == 2


@given(st.permutations(range(8)), st.integers(0, 8))
def test_neither_order_nor_repetition_of_pages_changes_a_count(order, cut):
    page = [sign_in(n, ("ada", "bob")[n % 2], code=50126 * (n % 3 == 0), risk=("none", "high")[n % 2]) for n in order]
    assert counted(page[:cut], page[cut:], page) == counted(sorted(page, key=lambda each: each.id))


def test_risk_that_the_licence_hides_is_not_called_none():
    hidden = counted([sign_in(1, risk="hidden")])
    assert risky_sign_ins(hidden, counted(), read_at=1) == Missing(
        "the risk of sign-ins is hidden: needs Microsoft Entra ID P2"
    )


def test_what_is_usual_is_scaled_to_the_span():
    now = SignInCount(0, 5 * HOUR, risky=7, bad_credentials=3)
    week = SignInCount(-50 * HOUR, 0, risky=20, bad_credentials=10)
    assert risky_sign_ins(now, week, read_at=1) == Known(UsualRate(7, 2.0), 1)
    assert bad_credentials(now, week, read_at=1) == Known(UsualRate(3, 1.0), 1)


def test_who_signed_in_and_whence_is_kept_of_successes_alone():
    count = counted([sign_in(1), sign_in(2, "bob", code=53003)])
    assert (count.users, count.networks) == ({"ada"}, {("ada", "192.0.2")})


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.7", "192.0.2.200", True),
        ("192.0.2.7", "192.0.3.7", False),
        ("2001:db8:1::7", "2001:0DB8:0001:ffff::1", True),
        ("2001:db8:1::7", "2001:db8:2::7", False),
        ("", "", True),
        ("not an address", "not an address", True),
    ],
)
def test_addresses_of_one_network_are_told_to_be(one, other, is_same):
    assert (network_of(one) == network_of(other)) is is_same


@given(st.text())
def test_any_text_has_some_network(address):
    assert isinstance(network_of(address), str)
