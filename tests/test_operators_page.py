"""The page for operators explains every outcome and every pause that the code knows."""

import re
from pathlib import Path

from bot.act.judge import ANOTHER_DETECTION, CONFIRMED_COMPROMISED, DELETED, NOT_LISTED
from bot.act.outcome import OutcomeState
from bot.act.pause import PauseReason

PAGE = (Path(__file__).parents[1] / "docs" / "operators.md").read_text()


def rows(heading: str) -> dict[str, list[str]]:
    """The table below a heading, by its first column."""
    section = re.split(r"^#+ ", PAGE.split(f"{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {row[0]: row[1:] for row in cells[2:]}


def test_every_outcome_is_explained_and_no_other():
    found = rows("## What an outcome means")
    assert list(found) == [state.value for state in OutcomeState]
    assert all(all(cells) and len(cells) == 2 for cells in found.values())


def test_every_pause_is_explained_and_no_other():
    found = rows("## Why a run is paused")
    assert list(found) == [reason.value for reason in PauseReason]
    assert all(all(cells) and len(cells) == 2 for cells in found.values())


def test_a_pause_that_needs_a_signature_is_told_to_need_one():
    found = rows("## Why a run is paused")
    for reason in PauseReason:
        assert ("signature" in found[reason.value][-1]) is reason.needs_signature


def test_the_reasons_to_skip_somebody_are_explained():
    found = rows("### Why users are skipped")
    assert {ANOTHER_DETECTION, CONFIRMED_COMPROMISED, DELETED, NOT_LISTED} <= set(found)
