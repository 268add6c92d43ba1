"""The log: one JSON object a line on standard error (words for a terminal), without tokens, secrets or payloads."""

import logging
import re
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

_SECRET = re.compile(r"(xox[a-z]-|xapp-|eyJ|[Bb]earer\s+)[A-Za-z0-9._~+/=-]{6,}")
_MOST = 2_000


def _shortened(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = value[:_MOST]
    return event


def _without_secrets(_logger: object, _name: str, line: str) -> str:
    """The finished line: whatever a value, an exception or a library put into it has become text by then."""
    return _SECRET.sub(r"\1[left out]", line)


class _Unfailing:
    """A log that can't be written, because its disk is full or its reader gone, stops nobody's work."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def set_up_logs() -> None:
    """Send structlog and the libraries' warnings to standard error."""
    to_people = sys.stderr.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # A plain traceback: the richer ones print local variables, and with them what nobody should read.
    words = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    last: list[Any] = [words if to_people else structlog.processors.JSONRenderer(), _without_secrets]
    tracebacks: list[Any] = [] if to_people else [structlog.processors.format_exc_info]
    structlog.configure(
        processors=[*shared, *tracebacks, _shortened, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=cast("TextIO", _Unfailing(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(_Unfailing(sys.stderr))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *tracebacks,
                _shortened,
                *last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
