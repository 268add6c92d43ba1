"""What every test may rely on: its lane, which says what it leaves out, and a place in the order of the modules."""

import asyncio
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog

from tests.lanes import TAKES, Home, Lane, home_of, in_words, takes_module

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LEAVE_NOTHING_OUT = os.environ.get("COUNTERSIGN_TESTS_LEAVE_NOTHING_OUT") == "1"
ROOT = Path(__file__).parent.parent
LONGEST_FIRST = ("tests/faults/", "tests/browser/", "tests/journeys/", "tests/operations/", "tests/store/")
"""Processes side by side are handed one module after the other: one that takes long must not be the last."""

COLLECTED: pytest.StashKey[list[pytest.Item]] = pytest.StashKey()
"""Every test that was found, before any was left out."""
LEFT_OUT: pytest.StashKey[dict[str, int]] = pytest.StashKey()
"""How many tests were left out, by why; it travels from a worker to the process that reports."""
WITHOUT_CHROMIUM = "what drives the page in Chromium, which is not on this machine"

hypothesis.settings.register_profile("no clock", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("no clock")
"""How long an example takes says how busy the machine is, and nothing of the code."""

*_BEFORE, _ = structlog.get_config()["processors"]
structlog.configure(
    [*_BEFORE, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)],
    logger_factory=structlog.PrintLoggerFactory(sys.stderr),
)
"""A traceback in colours with every local variable takes a quarter of a second, and nobody sees it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--lane",
        choices=[lane.value for lane in Lane],
        default=Lane.ALL.value,
        help="which tests are taken: quick, test, rest (what all adds to test), all",
    )


def pytest_configure(config: pytest.Config) -> None:
    if LEAVE_NOTHING_OUT and not CHROMIUM:
        raise pytest.UsageError("the browser tests need Chromium, and nothing may be left out here")


def pytest_unconfigure() -> None:
    if databases := sys.modules.get("tests.databases"):
        databases.at_the_end.close()


def lane_of(config: pytest.Config) -> Lane:
    return Lane(config.getoption("--lane"))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if collection_path.is_file() and not takes_module(lane_of(config), from_root(collection_path)):
        return True
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    config.stash[COLLECTED] = list(items)
    why = {item.nodeid: why_left_out(item, lane_of(config)) for item in items}
    config.stash[LEFT_OUT] = dict(Counter(each for each in why.values() if each))
    config.hook.pytest_deselected(items=[item for item in items if why[item.nodeid]])
    items[:] = sorted((item for item in items if not why[item.nodeid]), key=turn)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Function) -> Iterator[None]:
    """A coroutine that hangs is not on the stack: where it waits is told beside it."""
    try:
        yield
    except pytest.fail.Exception as failed:
        if "pytest-timeout" in str(failed):
            item.add_report_section("call", "tasks", _where_tasks_wait(item))
        raise


def _where_tasks_wait(item: pytest.Function) -> str:
    loops = [each.get_loop() for each in item.funcargs.values() if isinstance(each, asyncio.Runner)]
    tasks = [task for loop in loops for task in asyncio.all_tasks(loop)]
    return "\n".join(line for task in tasks for line in (f"{task.get_name()}:", *_awaited(task.get_coro())))


def _awaited(coroutine: Any) -> Iterator[str]:
    """Line by line, from the coroutine itself to what it waits for in the end."""
    while frame := getattr(coroutine, "cr_frame", None):
        yield f'  File "{frame.f_code.co_filename}", line {frame.f_lineno}, in {frame.f_code.co_name}'
        coroutine = coroutine.cr_await


def why_left_out(item: pytest.Item, lane: Lane) -> str:
    """In words; empty where it is not."""
    if home(item) not in TAKES[lane]:
        return home(item).value
    return WITHOUT_CHROMIUM if item.get_closest_marker("browser") and not CHROMIUM else ""


def home(item: pytest.Item) -> Home:
    call = getattr(item, "callspec", None)
    return home_of(from_root(item.path), call.params.values() if call else ())


def turn(item: pytest.Item) -> int:
    return next((n for n, folder in enumerate(LONGEST_FIRST) if item.nodeid.startswith(folder)), len(LONGEST_FIRST))


def from_root(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left out"] = session.config.stash.get(LEFT_OUT, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Every worker found the same tests and left out the same."""
    if hasattr(node, "workeroutput"):
        node.config.stash[LEFT_OUT] = node.workeroutput.get("left out", {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in in_words(lane_of(config), config.stash.get(LEFT_OUT, {})):
        terminalreporter.write_line(line, yellow=True)
