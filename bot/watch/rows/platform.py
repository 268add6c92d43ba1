"""What Microsoft and the other tenants did at the same time. Coincidence in time, never the cause."""

import re
from collections.abc import Iterable

from bot.watch.announcements import Announcement
from bot.watch.durations import HOUR
from bot.watch.facts import EvidenceFacts, NewApp, OtherTenants, Revocations
from bot.watch.rows.likelihood import percent, users
from bot.watch.rows.row import Group, Heading, Row, RowName
from bot.watch.weights import Weights

BEFORE = 72 * HOUR
"""How long before a surge a new app or an advisory still coincides with it."""
_NAMED = re.compile(
    r"risk detection|risky user|leaked credential|identity protection|user risk|flagged (as|for) risk", re.IGNORECASE
)
_GENERAL = re.compile(r"sign[- ]?in|entra|authenticat|conditional access|azure active directory", re.IGNORECASE)
_LONGEST = 80


def platform_rows(facts: EvidenceFacts, weights: Weights) -> tuple[Row, ...]:
    """New apps, mass revocation, advisories, other tenants."""
    return (
        _new_apps(facts, weights),
        _revocations(facts, weights),
        _advisories(facts, weights),
        _other_tenants(facts, weights),
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _new_apps(facts: EvidenceFacts, weights: Weights) -> Row:
    def judge(apps: tuple[NewApp, ...]) -> tuple[float, str]:
        start, end = facts.window_start - BEFORE, facts.window_end
        found = [app for app in apps if app.before > start and app.after < end]
        if not found:
            return 0.0, "No new Microsoft-owned app came in the 72 hours before."
        names = ", ".join(_short(app.name) for app in found[:3]) + (", ..." if len(found) > 3 else "")  # noqa: PLR2004
        tenants = max(app.tenants for app in found)
        elsewhere = f", in {tenants} tenants" if tenants > 1 else ""
        weight = weights.new_app_elsewhere if tenants > 1 else weights.new_app
        return (
            weight,
            f"New from Microsoft in the 72 hours before{elsewhere}: {names}. A coincidence in time, no cause.",
        )

    heading = Heading(RowName.NEW_APPS, Group.PLATFORM, "snapshots of service principals", weights.new_app_elsewhere)
    return heading.of(facts.new_apps, judge)


def _revocations(facts: EvidenceFacts, weights: Weights) -> Row:
    def judge(found: Revocations) -> tuple[float, str]:
        unsure = f" Of {users(found.undecided)} it is not known whose app did it." if found.undecided else ""
        if found.users < max(weights.least_events, 0.1 * facts.flagged) or not found.flagged:
            return 0.0, f"No mass revocation of tokens by Microsoft just before.{unsure}"
        finding = f"{_short(found.app)} of Microsoft's revoked the tokens of {users(found.users)}"
        return weights.revocation, f"{finding}, {found.flagged:,} of them flagged.{unsure}"

    heading = Heading(RowName.REVOCATIONS, Group.PLATFORM, "directory audit log", abs(weights.revocation))
    return heading.of(facts.revocations, judge)


def _advisories(facts: EvidenceFacts, weights: Weights) -> Row:
    def judge(announcements: Iterable[Announcement]) -> tuple[float, str]:
        recent = [each for each in announcements if each.started_at >= facts.window_start - BEFORE]
        for pattern, weight, words in (
            (_NAMED, weights.advisory_named, "Microsoft speaks of risk detections"),
            (_GENERAL, weights.advisory_general, "Microsoft speaks of signing in, not of risk detections"),
        ):
            found = [each for each in recent if pattern.search(f"{each.title} {each.text}")]
            if found:
                return weight, f"{words}: {_short(found[0].title)} ({_short(found[0].id)})."
        return 0.0, "Microsoft says nothing of it. No advisory is no evidence: it may come a day later."

    heading = Heading(RowName.ADVISORIES, Group.PLATFORM, "service announcements", abs(weights.advisory_named))
    return heading.of(facts.announcements, judge)


def _other_tenants(facts: EvidenceFacts, weights: Weights) -> Row:
    def judge(others: OtherTenants) -> tuple[float, str]:
        finding = f"{others.hit:,} of {others.watched:,} other tenants ({percent(others.hit, others.watched)})"
        if others.hit and others.shared:
            return 0.0, f"{finding} have the same surge, but share {_short(others.shared)} with this one."
        if others.hit >= 3:  # noqa: PLR2004 - the row's own steps
            is_many = others.hit >= 0.1 * others.watched
            return weights.many_tenants if is_many else weights.three_tenants, f"{finding} have the same surge."
        weight = weights.two_tenants if others.hit == 2 else 0.0  # noqa: PLR2004
        return weight, f"{finding} have the same surge."

    heading = Heading(RowName.OTHER_TENANTS, Group.PLATFORM, "the other watched tenants", abs(weights.many_tenants))
    return heading.of(facts.other_tenants, judge)
