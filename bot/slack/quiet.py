"""Slack's libraries may say that something failed and where, never what: their words hold payloads, tickets, names."""

import logging

NAME = "bot.slack.library"
NEVER_BELOW = logging.WARNING


class OnlyWhere(logging.Filter):
    """Replaces a record's words by the place it comes from and the kind of its exception."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record pass, emptied."""
        failure = record.exc_info[0] if record.exc_info else None
        kind = f" ({failure.__name__})" if failure else ""
        record.msg = f"Slack's library: {record.module}.{record.funcName}{kind}"
        record.args = ()
        record.exc_info = None
        record.exc_text = None
        record.stack_info = None
        return record.levelno >= NEVER_BELOW


def quiet_logger() -> logging.Logger:
    """The logger to give to Slack's libraries; also tames the loggers that they make by themselves."""
    for name in (NAME, "slack_bolt", "slack_sdk"):
        logger = logging.getLogger(name)
        logger.setLevel(NEVER_BELOW)
        if not any(isinstance(each, OnlyWhere) for each in logger.filters):
            logger.addFilter(OnlyWhere())
    return logging.getLogger(NAME)
