"""A length of time is written down once, so that no two parts of the house mean different ones by one name."""

import ast
from pathlib import Path

import bot
from bot.watch import durations

HOUSE = Path(bot.__file__).parent
LENGTHS = {name for name in vars(durations) if name.isupper()}


def named(statement):
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def test_the_lengths_of_time_are_defined_in_one_module_alone():
    elsewhere = [
        module.relative_to(HOUSE)
        for module in HOUSE.rglob("*.py")
        if module != Path(durations.__file__)
        for statement in ast.parse(module.read_text()).body
        if {name.lstrip("_") for name in named(statement)} & LENGTHS
    ]
    assert elsewhere == []
