"""One-time codes (TOTP, RFC 6238): pure judgement over what was enrolled, what was typed, and the time."""

from dataclasses import dataclass, replace

import pyotp

from bot.decide.refusal import Refusal
from bot.watch.durations import MINUTE, SECOND

STEP = 30 * SECOND
"""How long a code shows. RFC 6238's default, and what every authenticator takes."""
SKEW = 1
"""Steps by which the phone's clock may be off, either way."""
MOST_FAILURES = 5
"""Wrong codes in a row until the code is locked."""
LOCKED_FOR = 15 * MINUTE
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One person's code. Times in microseconds UTC."""

    user_id: str
    """Slack user id."""
    secret: str
    """Base32."""
    enrolled_at: int
    last_step: int = 0
    """The step of the newest code that was accepted: neither it nor an older one is accepted again."""
    failures: int = 0
    """Wrong codes since the last right one, or since the lock ended."""
    locked_until: int = 0


@dataclass(frozen=True, slots=True)
class JudgedCode:
    """What came of a code, and the enrolment as it is to be kept, whatever came of it."""

    refusal: Refusal | None
    enrolment: Enrolment


def new_secret() -> str:
    """A new secret: 160 random bits."""
    return pyotp.random_base32()


def enrolment_uri(enrolment: Enrolment, *, name: str, issuer: str) -> str:
    """The otpauth:// address that an authenticator scans."""
    return pyotp.TOTP(enrolment.secret).provisioning_uri(name=name, issuer_name=issuer)


def judge_code(enrolment: Enrolment, code: str, *, now: int) -> JudgedCode:
    """Judge what was typed. Every step is compared, in constant time, so that the time taken tells nothing."""
    if now < enrolment.locked_until:
        return JudgedCode(Refusal.CODE_LOCKED, enrolment)
    typed = "".join(character for character in code if not character.isspace() and character != "-")[: 2 * DIGITS]
    here = now // STEP
    totp = pyotp.TOTP(enrolment.secret, digits=DIGITS)
    matching = [
        step
        for step in range(here - SKEW, here + SKEW + 1)
        if pyotp.utils.strings_equal(totp.generate_otp(step), typed)
    ]
    if not matching:
        failures = enrolment.failures + 1
        if failures >= MOST_FAILURES:
            return JudgedCode(Refusal.CODE_LOCKED, replace(enrolment, failures=0, locked_until=now + LOCKED_FOR))
        return JudgedCode(Refusal.CODE_WRONG, replace(enrolment, failures=failures))
    if max(matching) <= enrolment.last_step:
        return JudgedCode(Refusal.CODE_USED, enrolment)
    return JudgedCode(None, replace(enrolment, last_step=max(matching), failures=0, locked_until=0))
