"""Who is privileged: by role, and by another account of the same person."""

from bot.watch.privilege import GLOBAL_ADMINISTRATOR, Role, RoleReport
from bot.watch.privileged_users import Privileged, privileged_users

GLOBAL = Role(GLOBAL_ADMINISTRATOR, "Global Administrator")
READER = Role("88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "Directory Readers")
REPORT = RoleReport({"ada-admin": (GLOBAL, READER), "bob": (GLOBAL,), "cy": (READER,)})
PEOPLE = {"UADA": ("ada", "ada-admin"), "UCY": ("cy",)}


def test_whoever_holds_a_role_of_power_is_privileged_and_so_is_the_persons_other_account():
    assert privileged_users(REPORT, ["cy", "bob", "ada", "dee", "bob"], PEOPLE) == (
        Privileged("ada", ("Global Administrator",), through="ada-admin"),
        Privileged("bob", ("Global Administrator",)),
    )


def test_the_admin_account_itself_is_privileged_by_itself():
    assert privileged_users(REPORT, ["ada-admin"], PEOPLE) == (Privileged("ada-admin", ("Global Administrator",)),)


def test_roles_that_were_not_read_are_not_called_none():
    assert privileged_users(None, ["bob"], PEOPLE) is None
    assert privileged_users(RoleReport({}), ["bob"], {}) == ()
