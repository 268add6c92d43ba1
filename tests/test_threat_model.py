"""The threat model names, for each line, tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = [
    line
    for line in (ROOT / "docs" / "threat-model.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| who |", "| --- |"))
]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@cache
def names_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text())
    functions = (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(each.name for each in functions)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_each_line_says_what_remains_and_names_the_tests_that_hold_it(row):
    who, tries, stops, remains, held = (cell.strip() for cell in row.strip("|").split(" | "))
    assert all((who, tries, stops, remains))
    found = NAMED.findall(held)
    assert found
    assert not NAMED.sub("", held).strip()
    assert [f"{path}::{name}" for path, name in found if name not in names_of(path)] == []


def test_there_are_lines_to_check():
    assert len(ROWS) > 20
