"""What was read for the whole tenant: its directory, and readings by name."""

from dataclasses import replace

from bot.store.readings import TenantReading
from tests.values import HOUR, NOW, TENANT, directory_user

ADA = replace(
    directory_user("ada", "ada@contoso.example", synced=True),
    created_at=NOW - HOUR,
    password_changed_at=NOW,
    department="Finance",
    account_enabled=None,
)
BOB = directory_user("bob", "bob@contoso.example")


def test_users_come_back_as_they_were_kept_each_tenants_its_own(transact):
    transact(
        lambda tx: [
            tx.directory_users.keep_directory_users(TENANT, [ADA, BOB]),
            tx.directory_users.keep_directory_users("other", [BOB]),
        ]
    )
    assert transact(lambda tx: tx.directory_users.directory_users_by_id(TENANT, ["ada", "bob", "cy"])) == {
        "ada": ADA,
        "bob": BOB,
    }
    assert transact(lambda tx: tx.directory_users.directory_users_by_id("other", ["ada", "bob"])) == {"bob": BOB}
    assert transact(lambda tx: tx.directory_users.count_directory_users(TENANT)) == 2


def test_a_user_who_is_kept_again_is_updated(transact):
    married = replace(BOB, display_name="Bob Miller")
    transact(
        lambda tx: [
            tx.directory_users.keep_directory_users(TENANT, [BOB]),
            tx.directory_users.keep_directory_users(TENANT, [married]),
        ]
    )
    assert transact(lambda tx: tx.directory_users.directory_users_by_id(TENANT, ["bob"])) == {"bob": married}


def test_users_who_were_deleted_are_gone_in_their_tenant_alone(transact):
    transact(lambda tx: [tx.directory_users.keep_directory_users(each, [ADA, BOB]) for each in (TENANT, "other")])
    transact(lambda tx: tx.directory_users.remove_directory_users(TENANT, ["ada", "nobody"]))
    assert set(transact(lambda tx: tx.directory_users.directory_users_by_id(TENANT, ["ada", "bob"]))) == {"bob"}
    transact(lambda tx: tx.directory_users.forget_directory(TENANT))
    assert transact(lambda tx: tx.directory_users.count_directory_users(TENANT)) == 0
    assert transact(lambda tx: tx.directory_users.count_directory_users("other")) == 2


def test_the_whole_directory_can_be_gone_through(transact):
    many = [directory_user(f"user-{each}", f"user-{each}@contoso.example") for each in range(1_203)]
    transact(lambda tx: tx.directory_users.keep_directory_users(TENANT, many))
    found = transact(lambda tx: [user.user_id for user in tx.directory_users.everyone(TENANT)])
    assert sorted(found) == sorted(user.user_id for user in many)


def test_a_reading_comes_back_by_its_name(transact):
    transact(lambda tx: tx.readings.keep_reading(TENANT, "roles", b"\x00\xff", NOW))
    assert transact(lambda tx: tx.readings.reading_named(TENANT, "roles")) == TenantReading(
        "roles", NOW, b"\x00\xff", ""
    )
    assert transact(lambda tx: tx.readings.reading_named(TENANT, "policies")) is None
    assert transact(lambda tx: tx.readings.reading_named("other", "roles")) is None


def test_a_reading_that_fails_leaves_the_last_good_one_with_its_age(transact):
    transact(lambda tx: tx.readings.keep_problem(TENANT, "roles", "needs Role.Read"))
    assert transact(lambda tx: tx.readings.reading_named(TENANT, "roles")) == TenantReading(
        "roles", 0, b"", "needs Role.Read"
    )
    transact(lambda tx: tx.readings.keep_reading(TENANT, "roles", b"one", NOW))
    assert transact(lambda tx: tx.readings.reading_named(TENANT, "roles")) == TenantReading("roles", NOW, b"one", "")
    transact(lambda tx: tx.readings.keep_problem(TENANT, "roles", "no answer"))
    assert transact(lambda tx: tx.readings.reading_named(TENANT, "roles")) == TenantReading(
        "roles", NOW, b"one", "no answer"
    )


def test_an_older_reading_never_overwrites_a_newer_one(transact):
    transact(
        lambda tx: [
            tx.readings.keep_reading(TENANT, "roles", b"new", NOW),
            tx.readings.keep_reading(TENANT, "roles", b"old", 1),
        ]
    )
    assert transact(lambda tx: tx.readings.reading_named(TENANT, "roles")).body == b"new"
