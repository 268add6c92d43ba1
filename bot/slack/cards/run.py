"""The run's card, a reply in the surge's thread: how far it is, and how it ended."""

from bot.act.canary import IN_TIME, must_close
from bot.act.outcome import OutcomeState
from bot.act.pause import WHAT_TO_DO
from bot.act.run import Run, RunState
from bot.ports.slack import ClickKind
from bot.record.account import RunAccount
from bot.slack.action_ids import BUTTONS
from bot.slack.cards import blocks
from bot.slack.cards.blocks import Json, Message
from bot.slack.cards.outcomes import asked_and_signed, counts, flagged_again, progress, top_reasons, waiting
from bot.slack.cards.text import counted, inert, mention, number
from bot.slack.cards.times import clock, date, span
from bot.watch.surge import short_name

MOST_REASONS = 10


def run_card(account: RunAccount) -> Message:
    """The card as it stands."""
    run = account.run
    what = f"{account.action.value} for {counted(account.planned, 'user')}"
    head = f"{what}: {run.state.value}"
    shown = [blocks.header(head), blocks.section(f"{progress(account)}\n{_status(account)}")]
    numbers = counts(account)
    left = waiting(account)
    if left:
        numbers.append(f"{'not sent' if run.state.is_over else 'waiting'} {number(left)}")
    shown += blocks.fields(numbers)
    if run.note:
        shown.append(blocks.paragraph(run.note[0].upper() + run.note[1:], 600))
    if run.state is RunState.PAUSED and run.paused_because is not None:
        shown.append(blocks.paragraph(WHAT_TO_DO[run.paused_because]))
    if account.flagged_again:
        shown.append(blocks.section(flagged_again(account.flagged_again)))
    if account.open_reasons:
        shown.append(blocks.listed("Skipped or failed, and why", top_reasons(account.open_reasons, MOST_REASONS), 250))
    shown.append(blocks.section(f"{asked_and_signed(account)}, {date(account.signed_at)}."))
    shown += blocks.actions(_buttons(account))
    shown.append(
        blocks.context(
            f"Surge {short_name(run.surge_id)} · run {inert(run.id, 40)} · plan {inert(run.plan_hash[:12], 12)}"
        )
    )
    return Message(shown, f"{inert(head, 200)}. {progress(account)}. {', '.join(counts(account))}.")


def _status(account: RunAccount) -> str:
    run = account.run
    steered = f" by {mention(run.steered_by)}" if run.steered_by else ""
    ended = f" {date(run.ended_at)}" if run.ended_at is not None else ""
    match run.state:
        case RunState.QUEUED:
            return "Approved, and about to start."
        case RunState.RUNNING:
            return _canary(account) if run.is_on_trial else f"Running.{_pace(account)}{_canary_passed(run)}"
        case RunState.PAUSED:
            how = "with a new signature" if run.needs_signature else "until somebody presses *Resume*"
            return f"Paused{steered}. Nothing is sent {'until it is resumed ' if run.needs_signature else ''}{how}."
        case RunState.STOPPED:
            return f"Stopped{steered}{ended}. Not sent: {counted(waiting(account), 'user')}."
        case RunState.DONE:
            return f"Done{ended}. {_last_word(account)}"


def _canary(account: RunAccount) -> str:
    """How the few who go first are doing."""
    run = account.run
    closed = account.counts.get(OutcomeState.VERIFIED, 0)
    said = (
        f"Canary: {counted(run.canary, 'user')} go first, {number(closed)} closed so far. The rest follows when "
        f"{number(must_close(run.canary))} are closed"
    )
    until = f"; if that takes until {clock(run.canary_since + IN_TIME)}, the run pauses" if run.canary_since else ""
    return f"{said}{until}."


def _canary_passed(run: Run) -> str:
    if not run.canary or run.canary_passed_at is None:
        return ""
    return f" The canary of {number(run.canary)} passed at {clock(run.canary_passed_at)}."


def _pace(account: RunAccount) -> str:
    said = ""
    if account.users_a_minute is not None:
        said += f" {counted(account.users_a_minute, 'user')} a minute."
    if account.seconds_left is not None:
        said += f" About {span(account.seconds_left)} left."
    return said


def _last_word(account: RunAccount) -> str:
    missing = account.planned - account.settled
    if missing > 0:
        return (
            f"{counted(missing, 'user')} not yet visible as done at Microsoft; they are read again for 48 hours, "
            "and this card is corrected."
        )
    return "Every user was read back from Microsoft."


def _buttons(account: RunAccount) -> list[Json]:
    run = account.run
    if run.state.is_over:
        return []
    stop = blocks.button(
        BUTTONS[ClickKind.STOP],
        "Stop",
        run.id,
        style="danger",
        question=blocks.confirm(
            "Stop for good?",
            f"{counted(waiting(account), 'user')} will not be sent. What was sent stays done.",
            "Stop",
            danger=True,
        ),
    )
    if run.state is RunState.PAUSED:
        label = "Resume with a new signature" if run.needs_signature else "Resume"
        return [blocks.button(BUTTONS[ClickKind.RESUME], label, run.id, style="primary"), stop]
    return [blocks.button(BUTTONS[ClickKind.PAUSE], "Pause", run.id), stop]
