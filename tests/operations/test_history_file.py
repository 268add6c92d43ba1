import json

import pytest

from bot.operations.watching.history_file import BadLineError, format_time, history_writer, parse_time, read_history
from tests.watch.streams import at

GOOD = {"id": "1", "userId": "u", "riskEventType": "leakedCredentials", "detectedDateTime": "2025-04-21T00:00:00Z"}


def read(path, *lines):
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
    faults: list[BadLineError] = []
    return read_history(path, faults.append), faults


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2025-04-21T00:00:00Z", at()),
        ("2025-04-21T02:00:00+02:00", at()),
        ("2025-04-21T00:00:00.1234567Z", at() + 123_456),
        ("2025-04-21T00:00:00.5Z", at() + 500_000),
        ("2025-04-20T19:30:00.0000000-04:30", at()),
    ],
)
def test_times_of_every_form_that_graph_and_exports_write_are_read(text, time):
    assert parse_time(text) == time


def test_times_are_written_in_utc():
    assert format_time(at(hours=4)) == "2025-04-21T04:00:00Z"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"{", "not a risk detection"),
        (b"[]", "not a risk detection"),
        (b"\xff\xfe", "not a risk detection"),
        (b'{"userId": "\xff"}', "not a risk detection"),
        (b"null", "not a risk detection"),
        (GOOD | {"userId": None}, "userId"),
        (GOOD | {"userId": ""}, "must not be empty"),
        (GOOD | {"riskEventType": None}, "riskEventType"),
        (GOOD | {"detectedDateTime": None}, "detectedDateTime"),
        (GOOD | {"detectedDateTime": "2025-04-21T00:00:00"}, "names no time zone"),
        (GOOD | {"detectedDateTime": "2025-04-21"}, "names no time zone"),
        (GOOD | {"detectedDateTime": "yesterday"}, "is not an ISO 8601 time"),
        (GOOD | {"detectedDateTime": "2025-02-30T00:00:00Z"}, "is not an ISO 8601 time"),
        (GOOD | {"observedDateTime": "2025-04-20T00:00:00Z"}, "lies after observedDateTime"),
        (b'{"id": "' + b"x" * (2 << 20) + b'"}', "not a risk detection"),
    ],
)
def test_a_line_that_is_no_detection_is_named_and_left_out(tmp_path, line, fault):
    history, faults = read(tmp_path / "history", GOOD, line, GOOD | {"id": "3"})
    assert len(history) == 2
    assert [one.number for one in faults] == [2]
    assert fault in str(faults[0])


def test_what_counting_does_not_need_may_be_null_unknown_or_missing(tmp_path):
    lines = [
        {key: value for key, value in GOOD.items() if key != "id"},
        GOOD
        | {
            "userDisplayName": None,
            "location": {"city": None},
            "riskEventType": "neverHeardOf",
            "observedDateTime": None,
        },
    ]
    history, faults = read(tmp_path / "history", *lines)
    assert (len(history), faults) == (2, [])


def test_a_byte_order_mark_and_blank_lines_are_no_fault(tmp_path):
    history, faults = read(tmp_path / "history", b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r", b"", b"  \r")
    assert (len(history), faults) == (1, [])


def test_the_same_id_again_is_counted_as_a_repetition(tmp_path):
    history, faults = read(tmp_path / "history", GOOD, GOOD)
    assert (len(history), history.duplicates, faults) == (1, 1, [])


def test_detections_come_in_the_order_in_which_they_became_visible(tmp_path):
    late = GOOD | {"id": "2", "userId": "late", "observedDateTime": "2025-04-23T00:00:00Z"}
    next_day = GOOD | {"id": "3", "userId": "next", "detectedDateTime": "2025-04-22T00:00:00Z"}
    history, _ = read(tmp_path / "history", late, next_day, GOOD)
    assert [one.user_id for one in history.by_visibility()] == ["u", "next", "late"]


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "history.jsonl"
    with history_writer(path) as write:
        write(json.dumps(GOOD, indent=4).encode())
        write(json.dumps(GOOD | {"id": "2"}).encode())
    assert path.read_bytes().count(b"\n") == 2
    assert len(read_history(path, pytest.fail)) == 2


def test_a_file_that_was_not_finished_does_not_appear(tmp_path):
    def half_a_history():
        with history_writer(tmp_path / "history.jsonl") as write:
            write(json.dumps(GOOD).encode())
            raise ConnectionError

    with pytest.raises(ConnectionError):
        half_a_history()
    assert list(tmp_path.iterdir()) == []
