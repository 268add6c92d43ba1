"""countersign backtest, as a person or a script at a terminal meets it."""

import json

import pytest
import typer
from typer.testing import CliRunner

from bot.commands.backtest import backtest_command
from bot.operations.watching.history_file import format_time
from tests.watch.streams import at, background, wave


def run(*arguments):
    app = typer.Typer()
    app.command("backtest")(backtest_command)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def lines_of(flags):
    return [
        json.dumps(
            {
                "id": one.detection_id,
                "userId": one.user_id,
                "riskEventType": one.risk_event_type,
                "detectedDateTime": format_time(one.detected_at),
                "observedDateTime": format_time(one.visible_at),
            }
        )
        for one in flags
    ]


@pytest.fixture
def history(tmp_path):
    path = tmp_path / "history.jsonl"
    flags = background(5, at(days=-40), at(days=4)) + wave(250, at(hours=4), at(hours=9))
    path.write_text("\n".join(lines_of(flags)))
    return path


def test_json_has_the_surges_with_times_in_utc(history):
    result = run(history, "--tenant-users", 5000, "--json")
    (surge,) = json.loads(result.stdout)["surges"]
    assert set(surge) == {"opened", "windowStart", "windowEnd", "closed", "riskEventTypes", "users"}
    assert surge["windowStart"] == "2025-04-21T04:00:00Z"
    assert surge["windowEnd"] == "2025-04-21T09:00:00Z"
    assert "2025-04-21T04:10:00Z" <= surge["opened"] <= "2025-04-21T04:30:00Z"
    assert "2025-04-21T12:00:00Z" <= surge["closed"] <= "2025-04-21T12:30:00Z"
    assert surge["riskEventTypes"] == ["leakedCredentials"]
    assert 250 <= surge["users"] <= 253
    assert result.exit_code == 0
    assert result.stderr == ""


def test_a_surge_that_runs_at_the_end_of_the_file_has_no_end(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join(lines_of(wave(250, at(hours=4), at(hours=9)))))
    (surge,) = json.loads(run(path, "--tenant-users", 5000, "--json").stdout)["surges"]
    assert surge["windowEnd"] is None
    assert surge["closed"] is None


def test_the_table_says_when_how_many_and_what_is_usual(history):
    output = run(history, "--tenant-users", 5000).stdout
    assert "2025-04-21 04:00  2025-04-21 09:00  5 hours" in output
    assert "usual" in output
    assert "1 surge in" in output


def test_a_quiet_history_says_so(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join(lines_of(background(5, at(days=-40), at()))))
    assert run(path, "--tenant-users", 5000).stdout.startswith("No surge in")
    assert json.loads(run(path, "--json").stdout) == {"surges": []}


def test_an_empty_file_is_a_quiet_history(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text("")
    assert json.loads(run(path, "--json").stdout) == {"surges": []}


def test_bad_lines_are_named_on_standard_error_and_counted(history):
    history.write_text("{broken\n" + history.read_text() + "\nnull\n")
    result = run(history, "--tenant-users", 5000, "--json")
    assert len(json.loads(result.stdout)["surges"]) == 1
    assert "line 1: " in result.stderr
    assert "2 lines skipped" in result.stderr
    assert result.exit_code == 0


def test_strict_stops_at_the_first_bad_line(history):
    history.write_text("{broken\n" + history.read_text())
    result = run(history, "--strict")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "line 1: " in result.stderr


def test_strict_accepts_a_clean_file(history):
    assert run(history, "--strict").exit_code == 0


def test_the_order_of_lines_and_repeated_lines_change_nothing(history):
    lines = history.read_text().splitlines()
    expected = run(history, "--tenant-users", 5000, "--json").stdout
    history.write_text("\n".join(reversed(lines + lines[:100])))
    result = run(history, "--tenant-users", 5000, "--json")
    assert result.stdout == expected
    assert "100 repeated detections" in result.stderr


def test_detections_dated_after_today_are_counted_and_said(history):
    history.write_text(history.read_text() + "\n" + lines_of(wave(2, at(days=30_000), at(days=30_000)))[0])
    result = run(history, "--tenant-users", 5000, "--json")
    assert len(json.loads(result.stdout)["surges"]) == 1
    assert "1 dated after today" in result.stderr


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_stray_date_changes_no_surge(history, tmp_path, date):
    expected = json.loads(run(history, "--tenant-users", 5000, "--json").stdout)
    stray = {"id": "stray", "userId": "u", "riskEventType": "leakedCredentials", "detectedDateTime": date}
    history.write_text(json.dumps(stray) + "\n" + history.read_text())
    result = run(history, "--tenant-users", 5000, "--json", "--chart", tmp_path / "chart.png")
    assert json.loads(result.stdout) == expected


def test_the_poll_interval_moves_the_opening(history):
    hourly, often = (run(history, "--tenant-users", 5000, "--poll-interval", every, "--json") for every in ("1h", "5m"))
    assert json.loads(hourly.stdout)["surges"][0]["opened"] == "2025-04-21T05:00:00Z"
    assert json.loads(often.stdout)["surges"][0]["opened"] < "2025-04-21T04:30:00Z"


@pytest.mark.parametrize(
    "arguments",
    [["--poll-interval", "soon"], ["--poll-interval", "0m"], ["--sensitivity", "0"], ["--tenant-users", "0"]],
)
def test_an_option_that_means_nothing_is_refused(history, arguments):
    result = run(history, *arguments)
    assert result.exit_code == 2
    assert "--" in result.stderr or "sensitivity" in result.stderr


def test_a_file_that_is_not_there_is_refused(tmp_path):
    result = run(tmp_path / "nothing.jsonl")
    assert result.exit_code == 2
    assert "nothing.jsonl" in result.stderr


def test_the_chart_is_a_png(history, tmp_path):
    chart = tmp_path / "chart.png"
    assert run(history, "--tenant-users", 5000, "--chart", chart).exit_code == 0
    assert chart.read_bytes().startswith(b"\x89PNG")
