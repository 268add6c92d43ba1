"""Every event of the log is one word for a program to look for."""

import ast
import re
from pathlib import Path

import bot

HOUSE = Path(bot.__file__).parent
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def calls_of(module):
    """Where the log is written, and with which arguments: `log.warning(...)`, `self._log.info(...)`."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
            log = node.func.value
            name = log.id if isinstance(log, ast.Name) else log.attr if isinstance(log, ast.Attribute) else ""
            if name.lstrip("_") == "log":
                yield node, node.args[1 if node.func.attr == "log" else 0]


def names_of(event):
    """The one name of an event, or the two of which it takes one; no name where it is put together."""
    if isinstance(event, ast.IfExp):
        return [*names_of(event.body), *names_of(event.orelse)]
    return [event.value if isinstance(event, ast.Constant) else ""]


def test_every_event_of_the_log_is_one_snake_case_name_that_stands_where_it_is_logged():
    events = [
        (f"{module.relative_to(HOUSE)}:{call.lineno}", name)
        for module in HOUSE.rglob("*.py")
        for call, event in calls_of(module)
        for name in names_of(event)
    ]
    assert len(events) > 50
    assert [(where, name) for where, name in events if not SNAKE_CASE.fullmatch(name)] == []
