"""What a command prints for programs stands on standard output alone; the log goes to standard error."""

import json
import subprocess
import sys

import pytest

from bot.record.ledger import Event
from tests.databases import new_sqlite_database, opened  # noqa: F401 - the fixture
from tests.values import TENANT

EVERY_TRANSACTION_IS_SLOW = (
    "from bot.cli import main; from bot.store import database; database._SLOW_SECONDS = 0; main()"
)


@pytest.fixture
def url(tmp_path, opened):  # noqa: F811 - the fixture
    """Of a database in which something was noted."""
    path = tmp_path / "countersign.sqlite3"
    new_sqlite_database(path)
    opened(f"sqlite:///{path}").transact_here(
        lambda tx: tx.ledger.append_entry(
            tenant_id=TENANT, at=1, event=Event.SURGE_OPENED, subject="s", actor="countersign", facts={}
        )
    )
    return f"sqlite:///{path}"


@pytest.mark.parametrize(
    "command", [["surges", "--json"], ["ledger", "verify", "--json"], ["people", "list", "--json"]], ids=" ".join
)
def test_what_is_logged_meanwhile_does_not_stand_in_what_a_command_prints(url, command):
    ended = subprocess.run(
        [sys.executable, "-c", EVERY_TRANSACTION_IS_SLOW, *command],
        env={"COUNTERSIGN_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert isinstance(json.loads(ended.stdout), list)
    assert "transaction_slow" in ended.stderr
