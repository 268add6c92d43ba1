"""Who is who: one person, however many accounts."""

import pytest

from bot.decide.people import ListedPerson, entry_of, refuse_accounts
from bot.decide.refusal import Refusal
from tests.values import directory_user

BEN = ListedPerson(("UBEN", "WBENOLD"), "Ben", ("ben@contoso.example", "Ben.Admin@contoso.example"))
CARA = ListedPerson(("UCARA",), "Cara", ("account-of-cara",))


@pytest.mark.parametrize(
    ("user_id", "accounts", "found"),
    [
        ("UBEN", (), BEN),
        ("WBENOLD", (), BEN),
        ("UNEW", (directory_user("x", "ben.admin@CONTOSO.example"),), BEN),
        ("UNEW", (directory_user("account-of-cara", "cara@contoso.example"),), CARA),
        ("UNEW", (directory_user("x", "x@contoso.example"),), None),
        ("UBEN", (directory_user("account-of-cara", "cara@contoso.example"),), Refusal.ACCOUNT_AMBIGUOUS),
    ],
)
def test_a_slack_user_belongs_to_the_entry_that_names_them_or_their_account(user_id, accounts, found):
    assert entry_of((BEN, CARA), user_id, accounts) == found


@pytest.mark.parametrize(
    ("enabled", "refusal"),
    [
        ([], None),
        ([True], None),
        ([None], None),
        ([False, True], None),
        ([False], Refusal.ACCOUNT_DISABLED),
        ([False, False], Refusal.ACCOUNT_DISABLED),
    ],
)
def test_whoever_has_only_disabled_accounts_has_left(enabled, refusal):
    accounts = [directory_user(f"a{n}", f"a{n}@contoso.example", enabled=value) for n, value in enumerate(enabled)]
    assert refuse_accounts(accounts) is refusal
