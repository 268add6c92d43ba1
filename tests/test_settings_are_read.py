"""A setting that is declared and read by nothing would be taken, and do nothing."""

import ast
import functools
from pathlib import Path

import pytest

from bot.settings.options import Settings

BOT = Path(__file__).parents[1] / "bot"
OPTIONS = BOT / "settings" / "options.py"


def holds_settings(value: ast.expr, path: Path) -> bool:
    """Whether this is what holds the settings, by the name that it has everywhere."""
    if isinstance(value, ast.Attribute):
        return value.attr == "settings"
    names = {"settings", "options"} | ({"self"} if path == OPTIONS else set())
    return isinstance(value, ast.Name) and value.id in names


@functools.cache
def read() -> frozenset[str]:
    return frozenset(
        node.attr
        for path in BOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and holds_settings(node.value, path)
    )


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_is_read_by_something(name):
    assert name in read()
