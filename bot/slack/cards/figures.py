"""The figures of a briefing, each beside its word. What could not be read says so, with the reason."""

from bot.slack.cards.text import clean, number
from bot.watch.briefing import Briefing, Cohort
from bot.watch.figure import Figure


def figures(briefing: Briefing, *, is_stale: bool = False) -> list[str]:
    """The first rows: flagged, still at risk, blocked, stuck, privileged, passwordless.

    is_stale: a clean-up changed who is at risk since then.
    """
    at_risk = Figure.AT_RISK_BEFORE if is_stale and briefing.at_risk is not None else Figure.AT_RISK
    shown = [f"{Figure.FLAGGED.value} {number(briefing.flagged)}", _read(briefing, at_risk, briefing.at_risk)]
    if briefing.at_risk is not None and briefing.at_risk_unread:
        shown[1] = f"{at_risk.value} at least {number(briefing.at_risk)}"
    shown += [*_stopped(briefing), _read(briefing, Figure.PRIVILEGED, _length(briefing.privileged))]
    if briefing.passwordless is None:
        shown.append(_read(briefing, Figure.PASSWORDLESS, None))
    else:
        least = "at least " if briefing.passwordless_unread else ""
        shown.append(f"{Figure.PASSWORDLESS.value} {least}{number(briefing.passwordless)}")
    return shown


def _stopped(briefing: Briefing) -> list[str]:
    """Sign-ins without a person at the screen are not in the log: more may be blocked than it names."""
    impact = briefing.impact
    if impact is None:
        return [_read(briefing, Figure.BLOCKED, None)]
    shown = [f"{Figure.BLOCKED.value} {number(impact.blocked)} (at least)"]
    if impact.stuck:
        shown.append(f"{Figure.STUCK.value} {number(impact.stuck)} (at least, by unsure codes)")
    if impact.cleared:
        shown.append(f"{Figure.BLOCKED_AFTER.value} {number(impact.blocked_after)}")
        shown.append(f"{Figure.SIGNED_IN_AFTER.value} {number(impact.succeeded_after)}")
    return shown


def _length(found: tuple[object, ...] | None) -> int | None:
    return None if found is None else len(found)


def cohorts(briefing: Briefing) -> list[str]:
    """One figure a cohort, in the order of their words."""
    if briefing.cohorts is None:
        return [_read(briefing, Figure.KINDS, None)]
    return [f"{cohort.value} {number(briefing.cohorts[cohort])}" for cohort in Cohort if briefing.cohorts.get(cohort)]


def other_gaps(briefing: Briefing) -> list[str]:
    """What else could not be read, and why."""
    shown_above = {
        name
        for name, value in (
            (Figure.AT_RISK, briefing.at_risk),
            (Figure.KINDS, briefing.cohorts),
            (Figure.PASSWORDLESS, briefing.passwordless),
            (Figure.BLOCKED, briefing.impact),
            (Figure.PRIVILEGED, briefing.privileged),
        )
        if value is None
    }
    return [f"{clean(gap.what)}: {clean(gap.why)}" for gap in briefing.gaps if gap.what not in shown_above]


def _read(briefing: Briefing, figure: Figure, value: int | None) -> str:
    if value is not None:
        return f"{figure.value} {number(value)}"
    why = next((clean(gap.why) for gap in briefing.gaps if gap.what == figure), "")
    return f"{figure.value} not available: {why}" if why else f"{figure.value} not available"
