"""Which test runs in which lane: `make quick`, `make test`, and what `make test-all` adds to it.

Every test is at home in one of three places. A lane takes the tests of some of them and says what it leaves out:
nothing is skipped, a test either runs or is counted as left out.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from fnmatch import fnmatch


class Lane(StrEnum):
    """What is asked for with `--lane`."""

    QUICK = "quick"
    TEST = "test"
    REST = "rest"
    """What `all` adds to `test`."""
    ALL = "all"


class Home(StrEnum):
    """Where a test is at home, in the words that a lane uses for what it leaves out."""

    VALUES = "the pure core, cards, decoding, settings"
    PARTS = "the store, the use cases, the doors, the invented services, journeys, the browser"
    POSTGRESQL_TOO = "the second database, PostgreSQL, where it matters little"
    AT_LENGTH = "kills at random moments and outages"


TAKES: dict[Lane, frozenset[Home]] = {
    Lane.QUICK: frozenset({Home.VALUES}),
    Lane.TEST: frozenset({Home.VALUES, Home.PARTS}),
    Lane.REST: frozenset({Home.POSTGRESQL_TOO, Home.AT_LENGTH}),
    Lane.ALL: frozenset(Home),
}

RUN_BY: dict[str, str] = {
    Home.VALUES: " (make test)",
    Home.PARTS: " (make test)",
    Home.POSTGRESQL_TOO: " (make test-all)",
    Home.AT_LENGTH: " (make test-all)",
}

VALUES = (
    "tests/act/*",
    "tests/decide/*",
    "tests/record/*",
    "tests/watch/*",
    "tests/graph/test_decode.py",
    "tests/graph/test_decode_anything.py",
    "tests/graph/test_manifest.py",
    "tests/graph/test_rate.py",
    "tests/graph/test_timestamps.py",
    "tests/slack/test_*_card.py",
    "tests/slack/test_*_cards.py",
    "tests/slack/test_limits.py",
    "tests/slack/test_manifest.py",
    "tests/slack/test_text.py",
    "tests/test_lanes.py",
    "tests/test_logs.py",
    "tests/test_operators_page.py",
    "tests/test_settings.py",
    "tests/test_settings_are_read.py",
    "tests/test_tenants_file.py",
    "tests/test_threat_model.py",
)
"""No database, no socket, no process."""

AT_LENGTH = (
    "tests/faults/test_outages.py",
    "tests/faults/test_random_kills.py",
)

WHERE_THE_DATABASE_MATTERS = (
    "tests/store/*",
    "tests/commands/test_people.py",
    "tests/operations/test_clicks.py",
    "tests/operations/test_many_plans.py",
    "tests/operations/test_second_door.py",
    "tests/operations/test_sending.py",
    "tests/operations/test_two_keys_machine.py",
    "tests/operations/test_voting.py",
)
"""Locks, races, leases and notices: these run on both databases in every lane that takes them."""


def home_of(path: str, parameters: Collection[object]) -> Home:
    """Where a test is at home, by its module's path from the root and the values that it is parametrised with."""
    if _is_among(path, VALUES):
        return Home.VALUES
    if _is_among(path, AT_LENGTH):
        return Home.AT_LENGTH
    if "postgresql" in {each for each in parameters if isinstance(each, str)}:
        return Home.PARTS if _is_among(path, WHERE_THE_DATABASE_MATTERS) else Home.POSTGRESQL_TOO
    return Home.PARTS


def takes_module(lane: Lane, path: str) -> bool:
    """Whether a lane takes any test of a module: what it can't take need not be imported."""
    return lane is not Lane.QUICK or _is_among(path, VALUES)


def in_words(lane: Lane, left_out: Mapping[str, int]) -> list[str]:
    """What a lane leaves out, line by line, and which command runs it. left_out: by why, and how many tests."""
    told = [(f"{count} tests of {why}", why) for why, count in left_out.items()]
    if lane is Lane.QUICK:  # whose other modules were not even looked at
        told = [(f"all tests of {home}", home) for home in Home if home not in TAKES[lane]]
    return [f"Left out: {what}{RUN_BY.get(why, '')}." for what, why in told]


def _is_among(path: str, patterns: Collection[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)
