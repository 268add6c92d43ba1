"""What a revision of a briefing changed, as sentences for people who read the one before."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.watch.briefing import Briefing
from bot.watch.evidence import Evidence
from bot.watch.figure import Figure


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


def _stopped(briefing: Briefing) -> dict[Figure, int | None]:
    impact = briefing.impact
    return {
        Figure.BLOCKED: impact.blocked if impact else None,
        Figure.STUCK: impact.stuck if impact else None,
        Figure.BLOCKED_AFTER: impact.blocked_after if impact else None,
        Figure.SIGNED_IN_AFTER: impact.succeeded_after if impact else None,
    }


def _figures(before: Briefing, now: Briefing) -> Iterator[str]:
    stopped = _stopped(now)
    for figure, old, new in (
        (Figure.FLAGGED, before.flagged, now.flagged),
        (Figure.AT_RISK, before.at_risk, now.at_risk),
        (Figure.RISK_UNREAD, before.at_risk_unread, now.at_risk_unread),
        (Figure.PASSWORDLESS, before.passwordless, now.passwordless),
        (Figure.REPORT_LACKS, before.passwordless_unread, now.passwordless_unread),
        (Figure.WITHOUT_MFA, before.mfa_unregistered, now.mfa_unregistered),
        (Figure.DISABLED, before.disabled, now.disabled),
        (Figure.DELETED, before.deleted, now.deleted),
        (Figure.PRIVILEGED, _length(before.privileged), _length(now.privileged)),
        *((figure, was, stopped[figure]) for figure, was in _stopped(before).items()),
        (Figure.ELIGIBLE, before.eligible, now.eligible),
    ):
        if old != new:
            yield f"{figure.at_the_start}: {_in_words(old)} before, now {_in_words(new)}."
    if now.forecast is not None and before.forecast != now.forecast:
        yield now.forecast.sentence
    for name, counts, new_counts in (
        (Figure.KINDS.at_the_start, before.cohorts, now.cohorts),
        (f"{Figure.POLICY_EFFECTS.at_the_start} to them", before.standings, now.standings),
        (Figure.ACCOUNTS.at_the_start, before.account_kinds, now.account_kinds),
        (Figure.METHODS.at_the_start, dict(before.passwordless_methods), dict(now.passwordless_methods)),
        (Figure.HELD_BACK.at_the_start, dict(before.held_back), dict(now.held_back)),
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
