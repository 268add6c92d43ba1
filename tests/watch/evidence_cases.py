"""The worked cases that the evidence is held against, as facts."""

from collections.abc import Iterable
from dataclasses import replace

from bot.watch.announcements import Announcement
from bot.watch.facts import (
    Act,
    Acts,
    Breach,
    Cause,
    Departments,
    EvidenceFacts,
    Known,
    NewApp,
    OtherTenants,
    Revocations,
    Share,
    UsualRate,
)

HOUR = 3_600_000_000
START = 20_198 * 24 * HOUR + 4 * HOUR
"""Sunday 20 April 2025, 04:00 UTC."""
END = START + 5 * HOUR
READ = END + HOUR
FLAGGED, TENANT = 1_200, 3_600
OTHERS = TENANT - FLAGGED


def known(value):
    return Known(value, READ)


def act(user, *, at=START + HOUR, cause=Cause.OWN, is_new=False, activity="User registered security info"):
    return Act(user, at, activity, "192.0.2.7", is_new, cause)


def acts(found: Iterable[Act] = (), *, unflagged_users=4, unflagged_new=None, flagged=FLAGGED, unflagged=OTHERS):
    return Acts(tuple(found), flagged, unflagged, unflagged_users, unflagged_new)


def announcement(title, text="", *, at=START + HOUR):
    return Announcement("EX1", title, ("Microsoft Entra",), text, at, is_resolved=False)


def detections_alone(**types: int) -> EvidenceFacts:
    """What can always be read."""
    found = types or {"leakedCredentials": FLAGGED}
    return EvidenceFacts(
        flagged=max(found.values()), types=found, window_start=START, window_end=END, types_read_at=READ
    )


def april() -> EvidenceFacts:
    """The wave of April 2025 on the Sunday: everything was read, Microsoft says nothing yet."""
    return replace(
        detections_alone(),
        passwordless=known(Share(86, 1_150, 0.08)),
        newer_passwords=known(Share(400, 1_000, 0.4)),
        unsynchronised=known(Share(248, 1_190, 0.2)),
        risky_sign_ins=known(UsualRate(3, 4.0)),
        bad_credentials=known(UsualRate(40, 35.0)),
        takeovers=known(acts()),
        risky_changes=known(acts()),
        new_apps=known((NewApp("app", "MACE Credential Revocation", START - 24 * HOUR, START - HOUR),)),
        revocations=known(Revocations(1_150, 1_150, "MACE Credential Revocation")),
        announcements=known(()),
        privileged=known(Share(4, FLAGGED, 0.004)),
        departments=known(Departments({"sales": 400, "it": 400, "hr": 400}, {"sales": 1200, "it": 1200, "hr": 1200})),
    )


def april_under_lock_and_forced_change() -> EvidenceFacts:
    """The same on Monday: thousands are locked out, half have changed their password because they had to."""
    forced = [act(f"user{n}", cause=Cause.FORCED, activity="Change password (self-service)") for n in range(600)]
    helped = [act(f"user{n}", cause=Cause.HELP_DESK, activity="Reset password (by admin)") for n in range(600, 700)]
    return replace(
        april(),
        newer_passwords=known(Share(240, 610, 0.4)),
        bad_credentials=known(UsualRate(60, 35.0)),
        risky_changes=known(acts((*forced, *helped))),
    )


def combination_list() -> EvidenceFacts:
    """Leaked credentials that are real, and being tried."""
    return replace(
        detections_alone(),
        passwordless=known(Share(10, 1_150, 0.08)),
        newer_passwords=known(Share(150, 1_000, 0.4)),
        unsynchronised=known(Share(60, 1_190, 0.2)),
        risky_sign_ins=known(UsualRate(25, 4.0)),
        bad_credentials=known(UsualRate(900, 35.0)),
        takeovers=known(acts([act("ada")])),
        risky_changes=known(acts()),
        new_apps=known(()),
        revocations=known(Revocations(0, 0, "")),
        announcements=known(()),
        privileged=known(Share(5, FLAGGED, 0.004)),
        departments=known(Departments({"sales": 400, "it": 400, "hr": 400}, {"sales": 1200, "it": 1200, "hr": 1200})),
        breach=known(Breach(50, 30)),
    )


def spray_with_takeovers() -> EvidenceFacts:
    """A spray that found passwords, and what was done with them."""
    taken = [act(f"user{n}", is_new=True) for n in range(12)]
    return replace(
        detections_alone(passwordSpray=108, unfamiliarFeatures=40),
        window_end=START + 36 * HOUR,
        risky_sign_ins=known(UsualRate(160, 4.0)),
        bad_credentials=known(UsualRate(4_000, 35.0)),
        takeovers=known(acts(taken, flagged=108)),
        risky_changes=known(acts(flagged=108)),
        new_apps=known(()),
        revocations=known(Revocations(0, 0, "")),
        announcements=known(()),
        privileged=known(Share(6, 108, 0.004)),
        departments=known(Departments({"it": 80, "hr": 20}, {"sales": 1200, "it": 1200, "hr": 1200})),
    )


def hidden_takeovers() -> EvidenceFacts:
    """The false wave, and a dozen real takeovers under its cover."""
    taken = [act(f"user{n}", is_new=True) for n in range(12)]
    return replace(april(), takeovers=known(acts(taken)))


def a_few_new_phones() -> EvidenceFacts:
    """The false wave in a tenant where a few people changed their phone at the weekend."""
    return replace(
        april(),
        takeovers=known(acts([act("ada", cause=Cause.FORCED), act("bob")])),
        risky_changes=known(acts([act("ada", activity="User deleted security info")])),
    )


def other_tenants(hit, watched, shared=""):
    return known(OtherTenants(hit, watched, shared))
