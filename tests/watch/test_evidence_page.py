"""The page that people trust says what the code does."""

import re
from dataclasses import fields
from pathlib import Path

from bot.watch.advice import advise
from bot.watch.evidence import Band, Evidence
from bot.watch.rows.row import Group, RowName
from bot.watch.weights import Weights

PAGE = (Path(__file__).parents[2] / "docs" / "evidence.md").read_text(encoding="utf-8")


def table(heading):
    """The cells of the first table under a heading, without its head."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_page_has_every_number_of_the_table_with_its_default():
    listed = {name: float(default) for name, default, _ in table("Every number")}
    assert listed == {each.name: getattr(Weights(), each.name) for each in fields(Weights)}
    assert all(meaning for _, _, meaning in table("Every number"))


def test_the_page_has_every_row_in_its_group():
    rows = table("The rows")
    assert len(rows) == len(RowName)
    for name, cells in zip(RowName, rows, strict=True):
        assert cells[1].startswith(name.value)


def test_the_page_states_each_groups_cap():
    caps = {
        group: float(cap) for cells in table("The rows") for group, cap in re.findall(r"^([a-z ]+) \((\d+)\)", cells[0])
    }
    names = {Group.BREACH: "cap_breach"}
    assert caps == {each.value: getattr(Weights(), names.get(each, f"cap_{each.value}")) for each in Group}


def test_every_weight_of_the_rows_is_one_of_the_table():
    numbers = {abs(getattr(Weights(), each.name)) for each in fields(Weights)}
    for cells in table("The rows"):
        stated = {float(number) for cell in cells[2:4] for number in re.findall(r"[+-](\d+)", cell)}
        assert stated <= numbers


def test_the_page_states_the_advice_of_every_band():
    listed = {band: (advice, actions) for band, _, advice, actions in table("The bands, and the advice that follows")}
    assert listed == {
        band.value: (found.sentences[0], ", ".join(found.suggestions) or "none")
        for band in Band
        for found in [advise(Evidence((), 0, 1, band), profiles={}, privileged=())]
    }
