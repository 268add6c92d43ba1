"""countersign backtest: what the bot would have said about a file of past risk detections."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.operations.watching.backtest import Backtest, backtest
from bot.operations.watching.backtest_chart import ChartUnavailableError, draw_chart
from bot.operations.watching.history_file import BadLineError, History, format_time, read_history
from bot.watch.detector import DetectedSurge
from bot.watch.durations import HOUR, MINUTE, SECOND
from bot.watch.wording import span_in_words, usual_in_words

_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR}
_BAD_LINES_SHOWN = 20


def backtest_command(
    file: Annotated[Path, typer.Argument(help="One Graph riskDetection object per line.")],
    *,
    tenant_users: Annotated[int | None, typer.Option(help="How many users the tenant has.", min=1)] = None,
    poll_interval: Annotated[str, typer.Option(help="Time between two polls: 30s, 5m, 1h.")] = "10m",
    sensitivity: Annotated[float, typer.Option(help="False alarms a year that you accept.")] = 0.1,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first line that can't be read.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    chart: Annotated[Path | None, typer.Option(help="Also draw a chart into this PNG file.")] = None,
) -> None:
    """Run the detector over history and print the surges it would have told of.

    Lines that can't be read are named on standard error and left out; with --strict the first one ends the command
    with exit code 2, as does a file or an option that can't be used.
    """
    interval = _interval(poll_interval)
    history = _read(file, strict=strict)
    try:
        result = backtest(
            history,
            tenant_users=tenant_users,
            poll_interval=interval,
            sensitivity=sensitivity,
            with_hours=chart is not None,
        )
        if chart is not None:
            draw_chart(result, chart)
    except (ValueError, OSError, ChartUnavailableError) as fault:
        _refuse(str(fault))
    if as_json:
        typer.echo(json.dumps({"surges": [_as_json(surge) for surge in result.surges]}, indent=2))
    else:
        typer.echo(_table(result, len(history)))


def _read(file: Path, *, strict: bool) -> History:
    bad_lines = 0

    def on_bad_line(fault: BadLineError) -> None:
        nonlocal bad_lines
        if strict:
            raise fault
        bad_lines += 1
        if bad_lines <= _BAD_LINES_SHOWN:
            typer.echo(f"{file}: {fault}", err=True)

    try:
        history = read_history(file, on_bad_line)
    except (BadLineError, OSError) as fault:
        _refuse(f"{file}: {fault}" if isinstance(fault, BadLineError) else str(fault))
    if bad_lines:
        typer.echo(f"{file}: {bad_lines:,} {'line' if bad_lines == 1 else 'lines'} skipped", err=True)
    if history.duplicates:
        typer.echo(f"{file}: {history.duplicates:,} repeated detections counted once", err=True)
    now = datetime.now(UTC)
    if later := history.later_than(int(now.timestamp()) * SECOND):
        typer.echo(f"{file}: {later:,} dated after today; counted at their date", err=True)
    return history


def _interval(text: str) -> int:
    found = re.fullmatch(r"(\d+)([smh])", text)
    if found is None or int(found[1]) == 0:
        _refuse(f"--poll-interval: {text!r} is no span of time; write it like 30s, 5m or 1h")
    return int(found[1]) * _UNITS[found[2]]


def _as_json(surge: DetectedSurge) -> dict[str, object]:
    is_open = surge.ended_at is None
    return {
        "opened": format_time(surge.opened_at),
        "windowStart": format_time(surge.window_start),
        "windowEnd": None if is_open else format_time(surge.window_end),
        "closed": None if surge.ended_at is None else format_time(surge.ended_at),
        "riskEventTypes": list(surge.risk_event_types),
        "users": len(surge.users),
    }


def _table(result: Backtest, detections: int) -> str:
    if not result.surges:
        return f"No surge in {detections:,} detections."
    rows = [("opened (UTC)", "window start", "window end", "lasted", "closed", "users", "usual", "types")]
    for surge in result.surges:
        is_open = surge.ended_at is None
        rows.append(
            (
                _minute(surge.opened_at),
                _minute(surge.window_start),
                "still open" if is_open else _minute(surge.window_end),
                span_in_words(surge.window_end - surge.window_start),
                "still open" if surge.ended_at is None else _minute(surge.ended_at),
                f"{len(surge.users):,}",
                usual_in_words(surge.usual),
                ", ".join(surge.risk_event_types),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    count = "1 surge" if len(result.surges) == 1 else f"{len(result.surges)} surges"
    return "\n".join([*lines, f"{count} in {detections:,} detections."])


def _minute(time: int) -> str:
    return format_time(time // MINUTE * MINUTE)[:16].replace("T", " ")


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(2)
