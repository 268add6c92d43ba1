"""The run's card, a reply in the surge's thread: how far it is, and how it ended."""

from bot.act.run import RunState
from bot.ports.slack import ClickKind
from bot.record.account import RunAccount
from bot.slack.action_ids import BUTTONS
from bot.slack.cards import blocks
from bot.slack.cards.blocks import Card, Json
from bot.slack.cards.outcomes import asked_and_signed, counts, progress, top_reasons, waiting
from bot.slack.cards.text import counted, inert, mention, number
from bot.slack.cards.times import date, span
from bot.watch.surge import short_name

MOST_REASONS = 10


def run_card(account: RunAccount) -> Card:
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
        shown.append(blocks.paragraph(run.note, 600))
    if account.open_reasons:
        shown.append(
            blocks.rich_text(
                blocks.line(blocks.words("Skipped or failed, and why", bold=True)),
                blocks.bullets(top_reasons(account.open_reasons, MOST_REASONS), most=250),
            )
        )
    shown.append(blocks.section(f"{asked_and_signed(account)}, {date(account.signed_at)}."))
    shown += blocks.actions(_buttons(account))
    shown.append(
        blocks.context(
            f"Surge {short_name(run.surge_id)} · run {inert(run.id, 40)} · plan {inert(run.plan_hash[:12], 12)}"
        )
    )
    return Card(shown, f"{inert(head, 200)}. {progress(account)}. {', '.join(counts(account))}.")


def _status(account: RunAccount) -> str:
    run = account.run
    steered = f" by {mention(run.steered_by)}" if run.steered_by else ""
    ended = f" {date(run.ended_at)}" if run.ended_at is not None else ""
    match run.state:
        case RunState.QUEUED:
            return "Approved, and about to start."
        case RunState.RUNNING:
            return f"Running.{_pace(account)}"
        case RunState.PAUSED:
            return f"Paused{steered}. Nothing is sent until somebody presses *Resume*."
        case RunState.STOPPED:
            return f"Stopped{steered}{ended}. Not sent: {counted(waiting(account), 'user')}."
        case RunState.DONE:
            return f"Done{ended}. {_last_word(account)}"


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
        return [blocks.button(BUTTONS[ClickKind.RESUME], "Resume", run.id, style="primary"), stop]
    return [blocks.button(BUTTONS[ClickKind.PAUSE], "Pause", run.id), stop]
