"""Surges as words for a terminal: the same facts as on the card."""

from collections.abc import Iterator
from datetime import UTC, datetime

from bot.record.account import FigureMembers, RequestAccount, RunAccount, SurgeAccount
from bot.watch.briefing import Briefing
from bot.watch.durations import SECOND
from bot.watch.figure import Figure
from bot.watch.surge import Surge
from bot.watch.wording import usual_sentence

_CONTROL = dict.fromkeys((*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def clean(text: str) -> str:
    """A name from the directory without control and direction marks, which could forge lines on a terminal."""
    return text.translate(_CONTROL)


def when(at: int | None) -> str:
    """Microseconds UTC as people read it."""
    return "-" if at is None else datetime.fromtimestamp(at / SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def surge_line(surge: Surge) -> str:
    """One line for the list."""
    types = ", ".join(surge.risk_event_types)
    return f"{surge.short_name}  {surge.state.value:<8}  {when(surge.opened_at)}  {surge.users:>6,} users  {types}"


def surge_text(account: SurgeAccount, figures: tuple[FigureMembers, ...], *, names: bool) -> Iterator[str]:
    """A surge with its figures, requests and runs; with `names`, everybody in each figure."""
    yield from _what_happened(account)
    yield from _who(account.briefing)
    for request in account.requests:
        yield from _request_text(request)
    if names:
        for figure in figures:
            yield f"  {figure.name} ({len(figure.people):,})"
            for person in figure.people:
                yield f"    {clean(person.user_principal_name) or person.user_id}  {clean(person.fact)}"


def _what_happened(account: SurgeAccount) -> Iterator[str]:
    surge = account.surge
    yield f"{surge.short_name} ({surge.state.value})  {', '.join(surge.risk_event_types)}"
    yield f"  window    {when(surge.window_start)} to {when(surge.window_end)}, alarm at {when(surge.opened_at)}"
    yield f"  flagged   {surge.users:,}; {usual_sentence(surge.window_start, surge.usual)}"
    if account.watch_problem:
        yield f"  watching  does not work at the moment: {account.watch_problem}"
    if surge.acknowledged_by:
        yield f"  seen by   {surge.acknowledged_by} at {when(surge.acknowledged_at)}"


def _who(briefing: Briefing | None) -> Iterator[str]:
    if briefing is None:
        yield "  who       is still being read"
    else:
        at_risk = "not available" if briefing.at_risk is None else f"{briefing.at_risk:,}"
        if briefing.at_risk is not None and briefing.at_risk_unread:
            at_risk = f"at least {at_risk}"
        yield f"  at risk   {at_risk} (briefing {briefing.revision}, {when(briefing.made_at)})"
        if briefing.cohorts is not None:
            yield "  who       " + ", ".join(f"{cohort.value} {count:,}" for cohort, count in briefing.cohorts.items())
        if briefing.passwordless is not None:
            least = "at least " if briefing.passwordless_unread else ""
            yield f"            {Figure.PASSWORDLESS.value} {least}{briefing.passwordless:,}"
        yield from _stopped(briefing)
        for gap in briefing.gaps:
            yield f"            {gap.what}: not available: {clean(gap.why)}"
        yield from _weighed(briefing)


def _stopped(briefing: Briefing) -> Iterator[str]:
    """Who can't sign in, who is privileged, what is ahead."""
    impact = briefing.impact
    if impact is not None:
        since = f" since {when(impact.since)}" if impact.since is not None else ""
        yield (
            f"            {Figure.BLOCKED.value} {impact.blocked:,} (at least){since}, "
            f"{Figure.STUCK.value} {impact.stuck:,} (at least)"
        )
    if briefing.privileged is not None:
        yield f"            {Figure.PRIVILEGED.value} {len(briefing.privileged):,}"
    if briefing.standings:
        told = ", ".join(f"{effect.value} {count:,}" for effect, count in briefing.standings.items())
        yield f"  policies  {told}"
    if briefing.forecast is not None:
        yield f"  ahead     {clean(briefing.forecast.sentence)}"


def _weighed(briefing: Briefing) -> Iterator[str]:
    """The evidence, every row, and what follows from it."""
    evidence = briefing.evidence
    if evidence is not None:
        yield f"  evidence  {evidence.band.value}: {evidence.total:+.0f} decibans, {evidence.coverage:.0%} of it read"
        for row in evidence.rows:
            weight = f"{row.weight:+5.0f}" if row.is_read else "    ?"
            yield f"     {weight}  {row.name.value}: {clean(row.finding)} ({row.source})"
    for sentence in briefing.advice.sentences if briefing.advice else ():
        yield f"  advice    {clean(sentence)}"
    for sentence in briefing.changed:
        yield f"  changed   {clean(sentence)}"


def _request_text(account: RequestAccount) -> Iterator[str]:
    request, plan = account.request, account.plan
    yield (
        f"  request   {plan.action.value} for {plan.users:,} users: {request.state.value}; "
        f"asked by {request.requester} at {when(request.created_at)}"
    )
    yield f"            reason: {clean(request.reason)}"
    yield f"            plan {request.plan_hash[:16]}, {plan.held_back:,} held back"
    for reason, count in plan.reasons:
        yield f"              {count:,} {reason}"
    for vote in account.votes:
        yield f"            {vote.verdict.value}: {vote.user_id} at {when(vote.at)}"
    if account.run is not None:
        yield from _run_text(account.run)


def _run_text(account: RunAccount) -> Iterator[str]:
    counts = ", ".join(f"{state.value} {count:,}" for state, count in account.counts.items() if count)
    yield f"  run       {account.run.state.value}: {counts}"
    if account.run.note:
        yield f"            {clean(account.run.note)}"
    for reason, count in account.open_reasons:
        yield f"              {count:,} {clean(reason)}"
