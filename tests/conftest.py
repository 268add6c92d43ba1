"""What every test may rely on: Chromium, or an honest word that the browser tests are left out."""

import os
import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LEAVE_NOTHING_OUT = os.environ.get("COUNTERSIGN_TESTS_LEAVE_NOTHING_OUT") == "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if CHROMIUM:
        return
    browser = [item for item in items if item.get_closest_marker("browser")]
    if browser and LEAVE_NOTHING_OUT:
        raise pytest.UsageError("the browser tests need Chromium, and nothing may be left out here")
    if browser:
        config.hook.pytest_deselected(items=browser)
        items[:] = [item for item in items if item not in browser]
        config.stash[LEFT_OUT] = len(browser)


LEFT_OUT: pytest.StashKey[int] = pytest.StashKey()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(
            f"{config.stash[LEFT_OUT]} browser tests were left out: Chromium is not on this machine.", yellow=True
        )
