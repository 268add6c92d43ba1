"""Accounts that are not simply a person's, each by a rule that is said."""

import pytest

from bot.watch.account_kind import AccountKind, account_kind, other_than_people
from bot.watch.privilege import DIRECTORY_SYNCHRONIZATION, Role, RoleReport
from tests.watch.people import person

SYNC = RoleReport({"ada": (Role(DIRECTORY_SYNCHRONIZATION, "Directory Synchronization Accounts"),)})


def kind(principal_name, *, report=None, emergency=()):
    return account_kind(person("ada", principal_name=principal_name), report, emergency)


@pytest.mark.parametrize(
    ("principal_name", "expected"),
    [
        ("ada.lovelace@contoso.example", AccountKind.PERSON),
        ("Sync_DC01_3f2a9c1b7d4e@contoso.onmicrosoft.example", AccountKind.DIRECTORY_SYNC),
        ("ADToAADSyncServiceAccount@contoso.onmicrosoft.example", AccountKind.DIRECTORY_SYNC),
        ("svc-scan-f3@contoso.example", AccountKind.SERVICE_LIKE),
        ("backup.svc@contoso.example", AccountKind.SERVICE_LIKE),
        ("kiosk-lobby@contoso.example", AccountKind.SERVICE_LIKE),
        ("noreply@contoso.example", AccountKind.SERVICE_LIKE),
        ("no-reply@contoso.example", AccountKind.SERVICE_LIKE),
        ("sync_the_cat@contoso.example", AccountKind.PERSON),
        ("roomila@contoso.example", AccountKind.PERSON),
        ("abbott@contoso.example", AccountKind.PERSON),
        ("", AccountKind.PERSON),
        ("@", AccountKind.PERSON),
        ("svc" * 5_000, AccountKind.PERSON),
        ("\u202esvc\u202c@contoso.example", AccountKind.PERSON),
    ],
)
def test_an_account_is_told_by_its_name(principal_name, expected):
    told = kind(principal_name)
    assert told.kind is expected
    assert told.why


def test_an_emergency_account_is_listed_by_id_or_principal_name_in_any_case():
    for listed in ("ADA", " svc-Break@Contoso.example "):
        told = kind("svc-break@contoso.example", emergency=[listed], report=SYNC)
        assert (told.kind, told.why) == (AccountKind.EMERGENCY, "listed as an emergency account")


def test_nobody_without_a_principal_name_is_an_emergency_account_by_an_empty_entry():
    assert kind("", emergency=[""]).kind is AccountKind.PERSON


def test_the_role_tells_a_synchronisation_account_whatever_its_name():
    assert kind("ada@contoso.example", report=SYNC).kind is AccountKind.DIRECTORY_SYNC


def test_people_are_left_out_of_the_list():
    names = {"ada": "ada@contoso.example", "bob": "svc-bob@contoso.example"}
    found = other_than_people(names, None, emergency=())
    assert set(found) == {"bob"}
