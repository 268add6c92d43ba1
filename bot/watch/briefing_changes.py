"""What a revision of a briefing changed, as sentences for people who read the one before."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.watch.briefing import Briefing
from bot.watch.evidence import Evidence


def what_changed(before: Briefing | None, now: Briefing) -> tuple[str, ...]:
    """The sentences, what matters most first; none for the first revision."""
    if before is None:
        return ()
    return (
        *_evidence(before.evidence, now.evidence),
        *_figures(before, now),
        *_policies(before, now),
        *_gaps(before, now),
    )


def _evidence(before: Evidence | None, now: Evidence | None) -> Iterator[str]:
    if now is None:
        return
    if before is None:
        yield f"The evidence is there: {now.band.value}."
        return
    if before.band is not now.band:
        yield f"The evidence went from {before.band.value} to {now.band.value}."
    old = {row.name: row for row in before.rows}
    for row in now.rows:
        was = old.get(row.name)
        if was is None or was.reading is not row.reading or round(was.weight) != round(row.weight):
            yield f"{row.name.value.capitalize()}: {row.finding}"
    added = {each.user_id for each in now.suspects} - {each.user_id for each in before.suspects}
    if added:
        yield f"{len(added):,} more to look at one by one."


def _stopped(briefing: Briefing) -> dict[str, int | None]:
    impact = briefing.impact
    return {
        "Blocked": impact.blocked if impact else None,
        "Stuck at a prompt": impact.stuck if impact else None,
        "Blocked again after the clean-up": impact.blocked_after if impact else None,
        "Signed in since the clean-up": impact.succeeded_after if impact else None,
    }


def _figures(before: Briefing, now: Briefing) -> Iterator[str]:
    stopped = _stopped(now)
    for name, old, new in (
        ("Flagged", before.flagged, now.flagged),
        ("Still at risk", before.at_risk, now.at_risk),
        ("Whose risk was not read", before.at_risk_unread, now.at_risk_unread),
        ("Passwordless", before.passwordless, now.passwordless),
        ("Whom the registration report lacks", before.passwordless_unread, now.passwordless_unread),
        ("Without a second factor", before.mfa_unregistered, now.mfa_unregistered),
        ("Disabled", before.disabled, now.disabled),
        ("Deleted", before.deleted, now.deleted),
        ("Privileged", _length(before.privileged), _length(now.privileged)),
        *((name, was, stopped[name]) for name, was in _stopped(before).items()),
        ("Could be cleaned up", before.eligible, now.eligible),
    ):
        if old != new:
            yield f"{name}: {_in_words(old)} before, now {_in_words(new)}."
    if now.forecast is not None and before.forecast != now.forecast:
        yield now.forecast.sentence
    for name, counts, new_counts in (
        ("How they sign in", before.cohorts, now.cohorts),
        ("What the policies do to them", before.standings, now.standings),
        ("Accounts that are not a person's", before.account_kinds, now.account_kinds),
        ("Passwordless methods", dict(before.passwordless_methods), dict(now.passwordless_methods)),
        ("Held back", dict(before.held_back), dict(now.held_back)),
    ):
        if counts != new_counts:
            yield f"{name}: {_counts(new_counts)}."


def _policies(before: Briefing, now: Briefing) -> Iterator[str]:
    old = {change.policy_id: change for change in before.policy_changes}
    new = {change.policy_id: change for change in now.policy_changes}
    yield from (f"{change.sentence}." for key, change in new.items() if old.get(key) != change)
    yield from (f"{change.policy} is back as it was." for key, change in old.items() if key not in new)


def _gaps(before: Briefing, now: Briefing) -> Iterator[str]:
    yield from (f"Not available: {gap.what} ({gap.why})." for gap in now.gaps if gap not in before.gaps)
    missing = {gap.what for gap in now.gaps}
    yield from (f"Read now: {what}." for what in sorted({gap.what for gap in before.gaps} - missing))


def _length(found: tuple[object, ...] | None) -> int | None:
    return None if found is None else len(found)


def _in_words(figure: int | None) -> str:
    return "not available" if figure is None else f"{figure:,}"


def _counts(found: Mapping[Any, int] | None) -> str:
    if found is None:
        return "not available"
    return ", ".join(f"{name} {count:,}" for name, count in found.items()) or "none"
