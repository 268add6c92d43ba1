"""countersign people: enrolled on the host, with a first code as proof, and written into the ledger."""

import json
import time

import pyotp
import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.commands import people
from bot.record.ledger import Event
from tests.databases import database_url, opened, postgresql_url, sqlite_url, store  # noqa: F401 - fixtures
from tests.values import TENANT

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def host(store, database_url, monkeypatch):  # noqa: F811 - the fixtures
    """A host that finds the database of a tenant with a ledger, and knows what the next secret will be."""
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", database_url)
    monkeypatch.delenv("AZURE_TENANT_ID", raising=False)
    monkeypatch.setattr(people, "new_secret", lambda: SECRET)
    store.transact_here(
        lambda tx: tx.ledger.append_entry(
            tenant_id=TENANT, at=1, event=Event.SURGE_OPENED, subject="s", actor="countersign", facts={}
        )
    )
    return store


def run(*arguments, codes=()):
    return CliRunner().invoke(app, ["people", *arguments], input="".join(f"{code}\n" for code in codes))


def code():
    return pyotp.TOTP(SECRET).now()


def events(host):
    entries = host.look_here(lambda tx: list(tx.ledger.entries_of(TENANT)))
    return [(entry.event, entry.subject, entry.actor) for entry in entries[1:]]


def test_who_proves_the_first_code_is_enrolled_and_it_does_not_count_again(host):
    answer = run("enrol", "UBEN", "--name", "Ben", codes=[code()])
    assert (answer.exit_code, f"secret={SECRET}" in answer.output) == (0, True)
    kept = host.look_here(lambda tx: tx.codes.enrolment_of("UBEN"))
    assert (kept.secret, kept.last_step > 0) == (SECRET, True)
    assert events(host) == [(Event.CODE_ENROLLED.value, "UBEN", "host")]


def test_without_a_right_code_nobody_is_enrolled(host):
    answer = run("enrol", "UBEN", codes=["1", "2", "3"])
    assert answer.exit_code == 1
    assert "Nobody was enrolled" in answer.output
    assert (host.look_here(lambda tx: tx.codes.all_enrolments()), events(host)) == ((), [])


def test_a_code_that_stands_is_not_replaced(host):
    run("enrol", "UBEN", codes=[code()])
    answer = run("enrol", "UBEN", codes=[code()])
    assert (answer.exit_code, "Remove it first" in answer.output) == (1, True)


def test_removing_is_written_down_and_ends_the_code(host):
    run("enrol", "UBEN", codes=[code()])
    assert run("remove", "UBEN").exit_code == 0
    assert host.look_here(lambda tx: tx.codes.enrolment_of("UBEN")) is None
    assert events(host)[-1] == (Event.CODE_REMOVED.value, "UBEN", "host")
    assert run("remove", "UBEN").exit_code == 1


def test_the_list_tells_who_and_since_when_and_never_the_secret(host):
    assert "Nobody is enrolled" in run("list").output
    run("enrol", "UBEN", codes=[code()])
    for arguments in (["list"], ["list", "--json"]):
        assert "UBEN" in run(*arguments).output
        assert SECRET not in run(*arguments).output
    ((told),) = json.loads(run("list", "--json").stdout)
    assert told["lockedUntil"] is None


def test_a_locked_code_is_said_to_be(host):
    run("enrol", "UBEN", codes=[code()])

    def lock(tx):
        kept = tx.codes.enrolment_of("UBEN")
        tx.codes.keep_enrolment(
            type(kept)(kept.user_id, kept.secret, kept.enrolled_at, locked_until=time.time_ns() // 1000 + 10**9)
        )

    host.transact_here(lock)
    assert "locked until" in run("list").output


@pytest.mark.parametrize("user", ["ben", "S0ADMINS", "<@UBEN>", ""])
def test_only_a_persons_slack_id_can_be_enrolled(host, user):
    answer = run("enrol", user, codes=[code()])
    assert (answer.exit_code, "Slack user id" in answer.output) == (1, True)
