"""One-time codes of the people of a story."""

import contextlib
import sqlite3
import time

import pyotp

from tests.journeys.story import Story


def enrol(story: Story, person: str) -> str:
    """As the operator does on the host; gives the secret."""
    secret = pyotp.random_base32()
    path = story.stage.folder / "countersign.sqlite3"
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection, connection:
        connection.execute(
            "INSERT INTO one_time_codes (tenant_id, user_id, secret, enrolled_at, last_step, failures, locked_until) "
            "VALUES ('', ?, ?, ?, 0, 0, 0)",
            (person, secret, int(time.time() * 1e6)),
        )
    return secret
