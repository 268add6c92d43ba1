"""Risk detections in a file, one Graph riskDetection object a line, and what of it counting needs.

A line needs userId, riskEventType and detectedDateTime; id and observedDateTime (when the detection became visible) may
be missing, and every other property is left alone. Times are ISO 8601 with a zone: Graph writes seven fractional
digits and Z. A line that can't be read is named by its number and left out.
"""

import os
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import msgspec

from bot.watch.detector import Flag
from bot.watch.durations import MINUTE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_MICROSECOND = timedelta(microseconds=1)
_CLOCK_SKEW = 10 * MINUTE
_LONGEST_LINE = 1 << 20


class BadLineError(ValueError):
    """One line that is not a detection: its number, and what is wrong with it."""

    def __init__(self, number: int, fault: str) -> None:
        super().__init__(f"line {number}: {fault}")
        self.number = number
        self.fault = fault


class _Line(msgspec.Struct, rename="camel"):
    user_id: str
    risk_event_type: str
    detected_date_time: str
    id: str | None = None
    observed_date_time: str | None = None


class History:
    """Detections in the order in which they became visible, packed: 24 bytes each beside the users' names."""

    def __init__(self) -> None:
        self._visible = array("q")
        self._detected = array("q")
        self._user_of = array("I")
        self._type_of = array("I")
        self._users: dict[str, int] = {}
        self._types: dict[str, int] = {}
        self._seen: set[int] = set()
        self.duplicates = 0

    def __len__(self) -> int:
        return len(self._visible)

    def add(self, flag: Flag) -> None:
        """Keep one detection; the same id again is only counted."""
        name = hash(flag.detection_id)
        if name in self._seen:
            self.duplicates += 1
            return
        self._seen.add(name)
        self._visible.append(flag.visible_at)
        self._detected.append(flag.detected_at)
        self._user_of.append(self._users.setdefault(flag.user_id, len(self._users)))
        self._type_of.append(self._types.setdefault(flag.risk_event_type, len(self._types)))

    def by_visibility(self) -> Iterator[Flag]:
        """Every detection, those that became visible first before the others."""
        users, types = list(self._users), list(self._types)
        for i in sorted(range(len(self._visible)), key=self._visible.__getitem__):
            user, type_ = users[self._user_of[i]], types[self._type_of[i]]
            yield Flag(str(i), user, type_, self._detected[i], self._visible[i])

    def later_than(self, time: int) -> int:
        """How many detections are dated after this time."""
        return sum(1 for detected in self._detected if detected > time)


def read_history(path: Path, on_bad_line: Callable[[BadLineError], None]) -> History:
    """Read a file line by line. on_bad_line may raise to stop. OSError when the file can't be read."""
    history = History()
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), 1):
            text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
            if not text:
                continue
            try:
                history.add(_flag(text))
            except ValueError as fault:
                on_bad_line(BadLineError(number, str(fault)))
    return history


@contextmanager
def history_writer(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Take JSON objects as they come and write one a line. The file appears only when all are written, and is
    readable for its owner alone.
    """
    unfinished = path.with_name(path.name + ".part")
    try:
        with open(unfinished, "wb", opener=_for_the_owner_alone) as file:
            yield lambda detection: _write_line(file, detection)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _for_the_owner_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _write_line(file: BinaryIO, detection: bytes) -> None:
    file.write(msgspec.json.format(detection, indent=-1) + b"\n")


def parse_time(text: str) -> int:
    """Microseconds UTC of an ISO 8601 time with a zone; digits after the sixth are cut. ValueError otherwise."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an ISO 8601 time") from None
    if time.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone")
    return (time - _EPOCH) // _ONE_MICROSECOND


def format_time(time: int) -> str:
    """ISO 8601 in UTC, as Graph writes it, without a fraction where there is none."""
    return (_EPOCH + time * _ONE_MICROSECOND).replace(tzinfo=None).isoformat() + "Z"


_decode = msgspec.json.Decoder(_Line).decode


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := file.readline(_LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield b"?"  # read as a fault: nothing that Graph sends is so long
        else:
            yield line


def _flag(line: bytes) -> Flag:
    try:
        found = _decode(line)
    except msgspec.MsgspecError as fault:
        raise ValueError(f"not a risk detection: {fault}") from None
    except UnicodeDecodeError:
        raise ValueError("not a risk detection: not UTF-8") from None
    if not found.user_id or not found.risk_event_type:
        raise ValueError("userId and riskEventType must not be empty")
    detected = parse_time(found.detected_date_time)
    visible = detected if found.observed_date_time is None else parse_time(found.observed_date_time)
    if detected > visible + _CLOCK_SKEW:
        raise ValueError("detectedDateTime lies after observedDateTime")
    name = found.id or f"{found.user_id}/{found.risk_event_type}/{detected}"
    return Flag(name, found.user_id, found.risk_event_type, detected, max(visible, detected))
