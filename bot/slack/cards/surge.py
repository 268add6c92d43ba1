"""The surge's card: what happened, what to do, and what was done about it. One a surge and channel."""

from bot.act.outcome import OutcomeState
from bot.act.run import RunState
from bot.decide.request import RequestState
from bot.ports.slack import ClickKind
from bot.record.account import RequestAccount, RunAccount, SurgeAccount
from bot.slack.action_ids import BUTTONS
from bot.slack.cards import blocks
from bot.slack.cards.blocks import Json, Message
from bot.slack.cards.evidence import evidence_blocks, evidence_line, since_line
from bot.slack.cards.figures import cohorts, figures, other_gaps
from bot.slack.cards.offer import can_ask, can_recover, is_finished, is_read_since_the_run
from bot.slack.cards.outcomes import asked_and_signed, counts, flagged_again, progress, waiting
from bot.slack.cards.text import counted, inert, mention, number, shorten
from bot.slack.cards.times import date
from bot.watch.figure import Figure
from bot.watch.surge import Surge, SurgeState
from bot.watch.wording import span_in_words, usual_sentence

MOST_GAPS = 6
MOST_TYPES = 3
MOST_RUNS = 3


def surge_card(account: SurgeAccount) -> Message:
    """The card as it stands, and the words for notifications and screen readers."""
    surge, briefing = account.surge, account.briefing
    state = _state(account)
    head = f"{state} ({surge.short_name}, {surge.state.value})"
    shown = [
        blocks.header(head),
        blocks.paragraph(first_line(surge), 900),
        *_leaning(account),
        blocks.section(_advice(account)),
        blocks.section(_times(surge)),
    ]
    if briefing is None:
        shown.append(blocks.paragraph("Reading who they are. The breakdown follows here in a moment."))
    else:
        shown += blocks.fields(figures(briefing, is_stale=not is_read_since_the_run(account)))
        shown += blocks.fields(cohorts(briefing) or [f"{Figure.KINDS.value}: nobody to count"])
        shown += [blocks.section(line) for line in (since_line(briefing),) if line]
        if not is_finished(account):
            shown += evidence_blocks(briefing)
        gaps = other_gaps(briefing)
        if gaps:
            shown.append(_lines("Not available", gaps))
    if account.watch_problem:
        shown.append(_lines("Watching does not work at the moment", [account.watch_problem]))
    shown += [blocks.section(line) for line in (*_attention(surge), *_work(account), *_anew(account))]
    shown += blocks.actions(_buttons(account))
    shown.append(blocks.context(f"Passwordless: has registered a passwordless method · {inert(surge.id, 40)}"))
    said = "" if is_finished(account) else inert(evidence_line(briefing), 200)
    words = (f"{inert(head, 200)}.", f"{inert(_types_named(surge), 300)}.", said, _advice(account))
    return Message(shown, " ".join(each for each in words if each))


def _leaning(account: SurgeAccount) -> list[Json]:
    """Where the evidence leads, in one line."""
    said = "" if is_finished(account) else evidence_line(account.briefing)
    return [blocks.paragraph(said)] if said else []


def first_line(surge: Surge) -> str:
    """What happened: how many were flagged as what, in which time, and how many are usual."""
    width = span_in_words(surge.window_end - surge.window_start)
    usual = usual_sentence(surge.window_start, surge.usual)
    return f"{counted(surge.users, 'user')} flagged as {_types_named(surge)} in {width}; {usual}."


def _types_named(surge: Surge) -> str:
    types = list(surge.risk_event_types)
    named = ", ".join(shorten(each, 80) for each in types[:MOST_TYPES]) or "at risk"
    if len(types) > MOST_TYPES:
        named += f" and {counted(len(types) - MOST_TYPES, 'other type')}"
    return named


def _state(account: SurgeAccount) -> str:
    surge, run = account.surge, account.latest_run
    if account.pending is not None:
        return f"{counted(surge.users, 'user')} flagged, signature awaited"
    if run is not None and not run.run.state.is_over:
        return f"Clean-up {run.run.state.value}"
    if run is not None and not can_ask(account):
        verb = "Stopped" if run.run.state is RunState.STOPPED else "Done"
        verified = sum(each.counts.get(OutcomeState.VERIFIED, 0) for each in _runs(account))
        return f"{verb}: {counted(verified, 'user')} verified{_left_at_risk(account)}"
    if surge.state is SurgeState.CLOSED:
        return "Nobody is at risk any more"
    seen = ", acknowledged" if surge.acknowledged_by else ""
    snoozed = ", snoozed" if surge.snoozed_until else ""
    return f"{counted(surge.users, 'user')} flagged{seen}{snoozed}"


def _left_at_risk(account: SurgeAccount) -> str:
    at_risk = account.briefing.at_risk if account.briefing and is_read_since_the_run(account) else None
    least = "at least " if account.briefing and account.briefing.at_risk_unread else ""
    return f", {least}{number(at_risk)} {Figure.AT_RISK.value}" if at_risk else ""


def _advice(account: SurgeAccount) -> str:
    if account.pending is not None:
        return "A second person has to sign the request in the thread below."
    run = account.latest_run
    if run is not None and run.run.state is RunState.PAUSED:
        return "The approved clean-up is paused, and waits for somebody: the thread below says why."
    if run is not None and not run.run.state.is_over:
        return "The approved clean-up is under way. Its progress is in the thread below."
    if not is_read_since_the_run(account):
        return "The clean-up has ended. Who is left is being read from Microsoft."
    if is_finished(account):
        return _last_advice(account)
    again = " again for those who are left" if run is not None else ""
    evidence = account.briefing.evidence if account.briefing else None
    if evidence is not None and evidence.band.rank > 1:
        looks = "Do not wave it through as a false alarm. To act on the accounts"
    else:
        looks = "If this looks like a false alarm"
    return f"{looks}, press *Request remediation*{again}. Nothing is changed until a second person has signed."


def _last_advice(account: SurgeAccount) -> str:
    """Whom the clean-up left for people to look at."""
    held_back = account.briefing.held_back if account.briefing else ()
    if not held_back:
        return "There is nothing to do now. *Details* lists who stands behind each figure."
    total = sum(count for _, count in held_back)
    reasons = "; ".join(f"{inert(reason, 120)} ({number(count)})" for reason, count in held_back[:MOST_TYPES])
    more = "; and others" if len(held_back) > MOST_TYPES else ""
    return (
        f"Nothing is left to clear in bulk. {counted(total, 'user')} held back, to be looked at one by one in the "
        f"Entra admin center: {reasons}{more}. *Details* names them."
    )


def _runs(account: SurgeAccount) -> list[RunAccount]:
    return [request.run for request in account.requests if request.run is not None]


def _times(surge: Surge) -> str:
    said = f"Flagged from {date(surge.window_start)} to {date(surge.window_end)}. Noticed {date(surge.opened_at)}."
    if surge.state is SurgeState.ENDED and surge.ended_at is not None:
        said += f" No new flags: ended {date(surge.ended_at)}."
    return said


def _attention(surge: Surge) -> list[str]:
    said = []
    if surge.acknowledged_by:
        when = f", {date(surge.acknowledged_at)}" if surge.acknowledged_at is not None else ""
        said.append(f"Acknowledged by {mention(surge.acknowledged_by)}{when}.")
    if surge.snoozed_until is not None:
        said.append(f"Snoozed until {date(surge.snoozed_until)} by {mention(surge.snoozed_by)}.")
    return said


def _anew(account: SurgeAccount) -> list[str]:
    return [flagged_again(account.flagged_again)] if account.flagged_again else []


def _work(account: SurgeAccount) -> list[str]:
    """The newest runs and the newest request, a line each."""
    said = [_of_run(run) for run in _runs(account)[-MOST_RUNS:]]
    newest = account.requests[-1:]
    waiting = [each for each in account.requests if each.request.state is RequestState.PENDING][-MOST_RUNS:]
    said += [_of_request(each) for each in (*waiting, *newest) if each.run is None]
    return [*dict.fromkeys(said), *_shortage(account)]


def _shortage(account: SurgeAccount) -> list[str]:
    """How to go on when those who could sign are flagged themselves."""
    short = account.shortage
    if short is None:
        return []
    verb = "is" if short.flagged == 1 else "are"
    said = (
        f"{blocks.bold('Too few can sign.')} {counted(short.flagged, 'account')} of signers {verb} flagged; "
        f"{number(short.able)} of the {number(short.needed)} who must sign could."
    )
    if short.is_asked_for:
        return [f"{said} A recovery under break glass is asked for, in the thread below."]
    if short.break_glass:
        return [f"{said} Press *Request recovery*: two break-glass approvers clear the flagged signers first."]
    return [f"{said} No break-glass approvers are set: COUNTERSIGN_BREAK_GLASS_APPROVERS names them."]


def _of_request(account: RequestAccount) -> str:
    request = account.request
    what = f"{blocks.bold(account.plan.action.value)} for {counted(account.plan.users, 'user')}"
    if request.state is RequestState.PENDING:
        signed = request.approvals_needed - account.missing
        return (
            f"Request pending: {mention(request.requester)} asks to {what}. Signed {number(signed)} of "
            f"{number(request.approvals_needed)}; expires {date(request.expires_at)}."
        )
    who = f" by {mention(request.settled_by)}" if request.settled_by else ""
    when = f", {date(request.settled_at)}" if request.settled_at is not None else ""
    return f"The last request, {what}, asked by {mention(request.requester)}, is {request.state.value}{who}{when}."


def _of_run(run: RunAccount) -> str:
    state = run.run.state
    what = f"{blocks.bold(run.action.value)} for {counted(run.planned, 'user')}"
    numbers = ", ".join(counts(run))
    left = f", not sent {number(waiting(run))}" if state.is_over and waiting(run) else ""
    when = run.run.ended_at if state.is_over and run.run.ended_at is not None else run.signed_at
    bar = "" if state.is_over else f" {progress(run)}"
    return f"{what}: {state.value}.{bar}\n{numbers}{left}.\n{asked_and_signed(run)}, {date(when)}."


def _buttons(account: SurgeAccount) -> list[Json]:
    surge = account.surge
    offered = []
    if can_ask(account):
        offered.append(blocks.button(BUTTONS[ClickKind.OPEN_REQUEST], "Request remediation", surge.id, style="primary"))
    if can_recover(account):
        offered.append(blocks.button(BUTTONS[ClickKind.OPEN_RECOVERY], "Request recovery", surge.id, style="danger"))
    if not is_finished(account):
        if surge.acknowledged_by is None:
            offered.append(blocks.button(BUTTONS[ClickKind.ACKNOWLEDGE], "Acknowledge", surge.id))
        if surge.snoozed_until is None:
            offered.append(blocks.button(BUTTONS[ClickKind.SNOOZE], "Snooze", surge.id))
    offered.append(blocks.button(BUTTONS[ClickKind.DETAILS], "Details", surge.id))
    return offered


def _lines(title: str, values: list[str]) -> Json:
    rest = len(values) - MOST_GAPS
    more = [f"and {rest:,} more"] if rest > 0 else []
    return blocks.listed(title, [*values[:MOST_GAPS], *more], 250)
