"""The people file: which Slack and directory accounts belong to one person.

[[people]]
slack = "U0ADA000001"                      # or a list
name = "Ada Admin"
accounts = ["ada@contoso.example", "ada.admin@contoso.example"]
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from bot.decide.people import ListedPerson
from bot.settings.faults import UnusableError
from bot.settings.values import parse_ids

_KEYS = {"slack", "name", "accounts"}


def read_toml(path: Path) -> dict[str, object]:
    """A TOML file. Raises ValueError in words."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise UnusableError(f"{path} can't be read ({problem.strerror}). Name a file that this user may read") from None
    except UnicodeDecodeError:
        raise UnusableError(f"{path} is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as problem:
        raise UnusableError(f"{path} is no TOML: {problem}") from None


def read_people_file(path: Path) -> tuple[ListedPerson, ...]:
    """The people of a file. Raises ValueError in words."""
    found = read_toml(path)
    unknown = sorted(set(found) - {"people"})
    if unknown:
        raise UnusableError(f"{unknown[0]!r} is not known there. Write [[people]] entries")
    return check_people(parse_people(found.get("people", [])))


def parse_people(value: object) -> tuple[ListedPerson, ...]:
    """[[people]] entries. Raises ValueError in words."""
    if not isinstance(value, list):
        raise UnusableError("people is no list. Write [[people]] before each person")
    return tuple(_person(entry, number) for number, entry in enumerate(value, start=1))


def _person(entry: object, number: int) -> ListedPerson:
    if not isinstance(entry, dict):
        raise UnusableError(f"person {number} is no table. Write [[people]] before each person")
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise UnusableError(f"person {number}: {unknown[0]!r} is not known. Write slack, name and accounts")
    name, accounts = entry.get("name", ""), entry.get("accounts", [])
    try:
        slack = parse_ids(entry.get("slack", ""))
    except ValueError as problem:
        raise UnusableError(f"person {number}: {problem}") from None
    if not slack or any(each.startswith("S") for each in slack):
        raise UnusableError(f"person {number}: slack names nobody. Write the person's Slack user id (U...)")
    if not isinstance(accounts, list) or not accounts or not all(isinstance(each, str) and each for each in accounts):
        raise UnusableError(
            f"person {number}: accounts names none. Write object ids or user principal names in brackets"
        )
    return ListedPerson(slack, str(name), tuple(accounts))


def check_people(people: Iterable[ListedPerson]) -> tuple[ListedPerson, ...]:
    """Whatever is one person's is nobody else's. Raises ValueError in words."""
    found = tuple(people)
    owners: dict[str, int] = {}
    for number, person in enumerate(found):
        for known_by in (*person.slack, *(account.casefold() for account in person.accounts)):
            if owners.setdefault(known_by, number) != number:
                raise UnusableError(f"{known_by} stands with two people. Write each Slack id and each account once")
    return found
